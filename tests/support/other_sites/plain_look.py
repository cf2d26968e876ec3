"""Prints what cards, buttons, badges and columns are in a site with this look."""

import json

import django


def main() -> None:
    """One JSON object."""
    django.setup()
    from django.contrib import admin
    from django.template import engines

    from postroom.web.adminkit import base_classes, look
    from postroom.web.adminkit.model_admin import ModelAdmin

    column = look.display(description="State", label={"bad": "danger"})(lambda row: row)
    page = engines["django"].from_string(
        "{% load postroom_admin %}{% card title=title %}{% badge text 'info' hint=text %}"
        "{% button 'Requeue' 'requeue' %}{% endcard %}"
    )
    found = {
        "bases": base_classes.ModelAdminBase is admin.ModelAdmin,
        "ours": issubclass(ModelAdmin, admin.ModelAdmin),
        "pair": column(("bad", "Bad <b>")),
        "text": column("other"),
        "empty": column(""),
        "title": column.short_description,
        "page": page.render({"title": "A <title>", "text": "<i>"}),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
