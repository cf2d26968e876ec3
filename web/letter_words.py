"""What the e-mails of several systems have in common: language, links to pages, whom to answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils import translation

from postroom.shared.errors import TemplateNotFoundError
from postroom.shared.rendering import languages
from postroom.shared.rendering.renderer import Renderer
from postroom.web.conf import conf
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.queueing.addresses import check_list
from postroom.web.emails.queueing.content import renderer


def language_for(template_path: str, wanted: str = "") -> str:
    """The language in which a template's e-mail will be written: `de`, or `en`.

    `wanted` is the reader's language, if it is known; else the site's counts (LANGUAGE_CODE). What
    is put into the context (dates, labels) must be in the same language as the template, so this is
    the language of the files that the renderer chooses: a complete variant such as `body.de.html`,
    or else the plain files.
    """
    plain, *variants = _languages_of(renderer(), template_path)
    return languages.choose((wanted, conf.language_code), variants, plain) or plain


@lru_cache(maxsize=256)
def _languages_of(found: Renderer, path: str) -> tuple[str, ...]:
    """That of the plain files first. `found`: another one after a setting has changed."""
    try:
        return tuple(found.languages(path))
    except TemplateNotFoundError:
        return (languages.PLAIN,)  # the call that sends it reports what is missing


@contextmanager
def written_in(language: str) -> Iterator[None]:
    """Within this block dates, numbers and labels are in `language`."""
    with translation.override(language):
        yield


@contextmanager
def written_for(template_path: str) -> Iterator[None]:
    """The same in the language of a template for the site; also a decorator of a function."""
    with translation.override(language_for(template_path)):
        yield


def page(name: str, *parts: Any, **query: Any) -> str:
    """The absolute URL of a page, for a link in an e-mail; '' if there is none.

    There is none without SITE_URL, or if the site does not have the page, for example because it
    leaves out the admin. `query` becomes the URL's query.
    """
    if not conf.site_url:
        return ""
    try:
        path = reverse(name, args=parts)
    except NoReverseMatch:
        return ""
    return f"{conf.site_url}{path}" + (f"?{urlencode(query)}" if query else "")


def usable(mailbox: str) -> bool:
    """Whether the queue takes this address, so that it can be named as the one to answer."""
    try:
        return bool(mailbox) and bool(check_list([mailbox], "reply_to"))
    except EmailRequestError:
        return False


def answers() -> dict[str, Any]:
    """The argument `reply_to` of an e-mail that no person in particular writes: CONTACT_EMAIL.

    Empty if there is nobody who reads replies: then the e-mail must not ask for one.
    """
    return {"reply_to": [conf.contact_email]} if usable(conf.contact_email) else {}
