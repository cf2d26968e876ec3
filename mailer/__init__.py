"""The mailer: consumes, renders, sends, records, acknowledges.

Here: the process, its threads and the steps between them. SMTP, AMQP, SQL, messages and decisions
have a folder each. Not here: Django, and anything of postroom.web.
"""
