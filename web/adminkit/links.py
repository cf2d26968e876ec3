"""Addresses of admin pages, in the admin site that shows the page at hand."""

from typing import Any

from django.urls import reverse


def page_of(model_admin: Any, name: str, *arguments: Any) -> str:
    """The path of the page `name`, such as `postroom_emailqueue_change`.

    A site may have several admin sites, each with our pages.
    """
    return reverse(f"admin:{name}", args=arguments, current_app=model_admin.admin_site.name)
