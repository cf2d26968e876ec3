"""Imports the queues of django-post_office and django-mailer.

Here live two commands and the readers of the old tables, which use SQL only: neither package has to
be installed, and nothing here imports one. E-mails are written by `emails.batch`, as any others.
"""
