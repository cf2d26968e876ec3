"""From the arguments of a call to the rows of one transaction.

Here live the checks of `send_email_task` and the statement that inserts. Nothing here publishes,
and nothing changes an e-mail that exists.
"""
