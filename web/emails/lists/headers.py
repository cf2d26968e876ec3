"""The header fields that a call adds: of a mailing list, and of a thread."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from django.urls import NoReverseMatch, reverse
from django.utils.encoding import iri_to_uri

from postroom.shared.addresses import ascii_domain, comparison_key
from postroom.shared.errors import HeaderError
from postroom.shared.header_rules import MAX_WORD
from postroom.shared.telemetry.logs import logger
from postroom.web.conf import conf
from postroom.web.emails.lists.tokens import Subscription, token_of
from postroom.web.emails.queueing.addresses import Address

ONE_CLICK: Final = "List-Unsubscribe=One-Click"  # RFC 8058 3.1
LIST_FIELDS: Final = frozenset({"list-unsubscribe", "list-unsubscribe-post"})

log = logger("postroom.web.emails")
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST: Final = 60  # characters of a label
_warned: set[str] = set()


def of_list(
    given: Mapping[str, str], list_id: str, people: Sequence[Address], domain: str
) -> dict[str, str]:
    """`given` with `List-Id`, and the two fields of one-click where one person can leave.

    A field that the caller gave is left as it is. Without SITE_URL or the page's URL, and for an
    e-mail to several people, who would share one link, there is only `List-Id`; the log says so
    once for each reason.
    """
    have = {name.lower() for name in given}
    added = {"List-Id": f"<{list_name(list_id, domain)}>"}
    if not LIST_FIELDS & have:
        link, reason = _link(list_id, people)
        if link:
            added |= {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": ONE_CLICK}
        elif reason not in _warned:
            _warned.add(reason)
            log.warning("list_without_unsubscribe", list_id=list_id, reason=reason)
    return {**given, **{name: one for name, one in added.items() if name.lower() not in have}}


def of_thread(given: Mapping[str, str], thread: str, domain: str) -> dict[str, str]:
    """`given` with `References` and `In-Reply-To`, by which mail programs put e-mails together.

    Both name a message that nobody has got (RFC 5322 3.6.4 allows it): the same for each e-mail
    of the thread, so that none of them has to know another.
    """
    have = {name.lower() for name in given}
    if have & {"references", "in-reply-to"}:
        return dict(given)
    root = f"<thread.{_label(thread)}@{domain}>"
    return {**given, "In-Reply-To": root, "References": root}


def header_link(url: str) -> str:
    """An http or https URL as a header field carries it, between angle brackets.

    That is ASCII: the host by IDNA 2008, the path percent-encoded (RFC 3986). '' if there is no
    such form, or if it is longer than fits on one line (`MAX_WORD`), so that the field is left out.
    """
    if not url.isascii():
        parts = urlsplit(url)
        host, colon, port = parts.netloc.partition(":")
        try:
            place = parts.netloc if host.isascii() else f"{ascii_domain(host)}{colon}{port}"
        except HeaderError:
            return ""
        url = iri_to_uri(parts._replace(netloc=place).geturl())
    return url if len(url) <= MAX_WORD - 2 else ""


def list_name(list_id: str, domain: str) -> str:
    """The list's name below the sender's domain, as RFC 2919 3 wants it: `news.example.org`."""
    own = ".".join(domain.lower().split(".")[-2:])
    bare = list_id.lower()
    if bare.endswith(f".{own}"):
        bare, domain = bare.removesuffix(f".{own}"), own
    labels = [_label(part) for part in bare.split(".") if part] or [_label(bare)]
    name = ".".join([*labels, domain.strip("[]").replace(":", "-").lower()])
    return name if len(name) <= 255 else f"{_digest(list_id)}.{domain}"


def _link(list_id: str, people: Sequence[Address]) -> tuple[str, str]:
    """The unsubscribe link; or '' and why there is none."""
    if len(people) != 1:
        return "", "the e-mail has several recipients; queue one e-mail for each"
    if not conf.site_url:
        return "", "SITE_URL is not set"
    token = token_of(Subscription(comparison_key(people[0].address), list_id))
    try:
        path = reverse("postroom_lists:unsubscribe", args=[token])
    except NoReverseMatch:
        return "", "the site's urlpatterns do not include postroom.web.emails.lists.urls"
    if link := header_link(f"{conf.site_url}{path}"):
        return link, ""
    return "", "the address and the list_id are too long for one header line"


def _label(text: str) -> str:
    """Letters, digits and hyphens; a digest keeps two texts apart that would become one."""
    label = _UNFIT.sub("-", text).strip("-")
    if label == text and len(label) <= _LONGEST:
        return label
    return f"{label[:_LONGEST]}-{_digest(text)}".lstrip("-")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
