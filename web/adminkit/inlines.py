"""Tables of related rows on an admin page, without a title for each row."""

from postroom.web.adminkit.base_classes import TabularInlineBase


class UntitledInline(TabularInlineBase):
    """A table without the row's title, which only repeats the columns."""

    # Django's own table: postroom/admin.css hides the title.
    classes = ("email-untitled",)
    show_title = False
    # Releases of unfold for Python 3.11 have only the old name, and newer ones warn about it.
    if not hasattr(TabularInlineBase, "show_title"):
        hide_title = True

    class Media:
        css = {"all": ["postroom/admin.css"]}
