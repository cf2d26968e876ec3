"""`postroom.backend.EmailBackend`: what Django sends goes through the queue.

Here lives the way from Django's message to the arguments of `send_email_task`, one module for each
part of a message. Nothing here writes rows: the queue does. What cannot be carried raises
`UnsupportedMessageError`, and nothing is left out silently.
"""
