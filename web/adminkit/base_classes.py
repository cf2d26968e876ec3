"""The classes that our admin pages build on: django-unfold's where it is installed, else Django's.

No other module of Postroom imports unfold. Not in `look`: unfold loads the template tags of all
apps while it is imported, and ours use `look`.
"""

from importlib import import_module
from typing import Any

from django.contrib import admin
from django.contrib.admin.views import main

from postroom.web.adminkit.look import IN_UNFOLD


def _classes() -> tuple[Any, Any, Any]:
    if not IN_UNFOLD:
        return admin.ModelAdmin, admin.TabularInline, main.ChangeList
    theirs = import_module("unfold.admin")
    return theirs.ModelAdmin, theirs.TabularInline, import_module("unfold.views").ChangeList


ModelAdminBase, TabularInlineBase, ChangeListBase = _classes()
