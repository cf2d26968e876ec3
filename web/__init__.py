"""The Django site: records e-mails and publishes their messages."""
