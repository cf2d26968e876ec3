"""The SMTP dialogue (RFC 5321).

Here: all SMTP of the mailer, from the socket to the outcome of each recipient. Not here: database
rows, queues, and whether an e-mail is tried again.
"""
