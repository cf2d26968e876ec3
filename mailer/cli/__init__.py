"""Commands of `postroom-mailer` beside `run`."""
