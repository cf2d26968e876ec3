"""What operators need besides one e-mail: figures, search, bulk actions, pauses, clean-up.

Here live the functions behind pages, commands and metrics. They know no request and no template
of a page; those are in `admin` and in `postroom.web.console`.
"""
