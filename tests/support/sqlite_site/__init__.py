"""A site whose tests run on SQLite: Django's applications, the queue and the parts around it."""
