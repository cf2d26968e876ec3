"""Claims, leases and results in PostgreSQL.

Here: all SQL of the mailer (queries.sql), and what its rows look like in Python. Not here: SMTP and
AMQP, and decisions about an e-mail.
"""
