"""Takes over the mail of other queues: django-post_office and django-mailer, read by SQL alone."""
