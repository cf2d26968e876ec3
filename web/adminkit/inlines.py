"""Tables of related rows on an admin page, without a title for each row."""

from unfold.admin import TabularInline


class UntitledInline(TabularInline):
    """django-unfold's table without the row's title, which only repeats the columns."""

    show_title = False
    # Releases for Python 3.11 have only the old name, and newer ones warn about it.
    if not hasattr(TabularInline, "show_title"):
        hide_title = True
