"""Pages that apps add to the console: each may have a module `console_pages`, which registers them.

    register(Section("jobs", "Jobs", 50, "postroom_jobs.view_scheduledjob",
                     (path("jobs/", pages.jobs, name="jobs"),)))

The console imports these modules when its URLs are loaded. Views are made with `access.page`, and
show their templates with `layout.render`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from django.contrib.auth.models import AnonymousUser, User
from django.urls import URLPattern
from django.utils.module_loading import autodiscover_modules

MODULE: Final = "console_pages"


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the navigation, and its pages.

    Args:
        name: the route of its first page, unique among all sections.
        label: in the navigation.
        order: place in the navigation, least first; e-mails have 10.
        permission: users without it do not see the entry.
        routes: its URL patterns.
        key: the letter after `g` that leads to it; empty for none.
    """

    name: str
    label: str
    order: int
    permission: str
    routes: Sequence[URLPattern] = field(default=(), repr=False)
    key: str = ""


_sections: Final[dict[str, Section]] = {}


def register(section: Section) -> None:
    """Add a section.

    Raises:
        ValueError: another section has this name.
    """
    known = _sections.setdefault(section.name, section)
    if known is not section and known != section:
        raise ValueError(f"the console has a section {section.name!r} already")


def sections() -> list[Section]:
    """All sections in the order of the navigation."""
    return sorted(_sections.values(), key=lambda one: (one.order, one.label))


def is_known(name: str) -> bool:
    """Whether a section of this name is registered."""
    return name in _sections


def opens(name: str, user: User | AnonymousUser) -> bool:
    """Whether this user may open the section, if there is one of this name."""
    section = _sections.get(name)
    return section is None or user.has_perm(section.permission)


def routes() -> list[URLPattern]:
    """The URL patterns of all apps' sections, after each app's `console_pages` was imported."""
    autodiscover_modules(MODULE)
    return [route for section in sections() for route in section.routes]
