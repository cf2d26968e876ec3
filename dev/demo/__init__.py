"""`make demo`: the whole system once, from a form to the delivered e-mail."""
