"""The site that `make demo` runs: settings, URLs, WSGI."""
