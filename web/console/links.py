"""Addresses of the console's pages, and of the page to go back to."""

from typing import Any

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def to(request: HttpRequest, name: str, *parts: Any) -> str:
    """The address of a page of the console, where this request's console is mounted."""
    match = request.resolver_match
    current = match.namespace if match is not None else None
    return reverse(f"postroom_console:{name}", args=parts, current_app=current)


def back(request: HttpRequest, otherwise: str = "") -> HttpResponseRedirect:
    """To the page of this site that the form names in `back`, or `otherwise`, or the home."""
    path = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        path = otherwise or to(request, "home")
    return HttpResponseRedirect(path)
