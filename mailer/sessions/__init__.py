"""Which e-mail goes over which SMTP session, and how many sessions there are.

Here: the line of e-mails, the pool of sessions, the learned limit of the server, and the other
mailers that share it. Not here: the dialogue of one session (smtp/) and attempts.
"""
