"""Tables of related rows on an admin page, without a title for each row."""

from unfold.admin import TabularInline


class UntitledInline(TabularInline):
    """django-unfold's table, with the row's title left out; the columns say it all."""

    show_title = False
    # Releases for Python 3.11 know only the old name, and the newer ones warn of it.
    if not hasattr(TabularInline, "show_title"):
        hide_title = True
