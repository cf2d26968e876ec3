"""What the e-mails of several systems have in common: language, links to pages, whom to answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils import translation

from postroom.shared.errors import TemplateNotFoundError
from postroom.shared.rendering.folders import TEMPLATES, TemplateFolders
from postroom.web.conf import conf
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.queueing.addresses import check_list

# What Postroom's own templates are written in; their variants name their language.
_OURS: Final = "en"
_SHIPPED: Final = (TEMPLATES, Path(__file__).parent)


def language_for(template_path: str, wanted: str = "") -> str:
    """The language in which a template's e-mail will be written: `de`, or `en`.

    `wanted` is the reader's language, if it is known; else the site's counts (LANGUAGE_CODE). What
    is put into the context (dates, labels) must be in the same language as the template, so this is
    a language that the template has: that of a variant such as `body.de.html`, or else that of the
    plain files, which is English in Postroom's own and the site's language in a site's.
    """
    for tag in (wanted, settings.LANGUAGE_CODE):
        name = tag.lower().replace("_", "-")
        for language in (name, name.partition("-")[0]):
            if language and language in languages_of(template_path):
                return language
    return plain_language(template_path)


def languages_of(template_path: str) -> frozenset[str]:
    """The languages of a template's files."""
    return _found(template_path, conf.email_template_dirs, settings.LANGUAGE_CODE)[1]


def plain_language(template_path: str) -> str:
    """The language of the files without one in their name."""
    return _found(template_path, conf.email_template_dirs, settings.LANGUAGE_CODE)[0]


@lru_cache(maxsize=256)
def _found(path: str, _own: tuple[Path, ...], site: str) -> tuple[str, frozenset[str]]:
    """`_own`: the folders of the site, so that another setting is looked up again."""
    try:
        place = TemplateFolders((*conf.template_dirs, TEMPLATES)).find(path)
    except TemplateNotFoundError:
        return _OURS, frozenset({_OURS})  # the call that sends it reports what is missing
    shipped = any(folder in place.parents for folder in _SHIPPED)
    plain = _OURS if shipped else site.lower()
    variants = {file.name.split(".")[1].lower() for file in place.glob("body.*.html")}
    return plain, frozenset({plain, *variants})


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
