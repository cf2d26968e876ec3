"""The site that `make demo` runs: settings, URL routes, WSGI, deployment checks.

Here: only what binds engine and systems together into one site. Nothing imports it; a site of your
own replaces it.
"""
