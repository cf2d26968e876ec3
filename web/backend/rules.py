"""What kind of e-mail a message is, by what the site already puts into it.

A password reset holds a link to the site's own view for it, whatever its language, subject and
template are; so a link is resolved by the site's URL configuration. Error mails go from
SERVER_EMAIL to exactly the ADMINS. A site adds `POSTROOM["BACKEND_RULES"]`:

    [{"link": "order_detail", "email_type": "order"}, {"subject": "^Invoice", "priority": "high"}]

A rule matches if all its conditions do; the first that matches counts. Conditions: `link` (the name
of a URL), and regular expressions for `subject`, `body`, `from_email` and `to`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve
from django.utils import translation
from django.utils.translation import get_language

from postroom.web.backend.mailboxes import key
from postroom.web.backend.options import COMMON, check_names
from postroom.web.emails.errors import EmailRequestError
from postroom.web.settings_layers import own

_SECRET: Final = {"email_type": "password_reset", "priority": "high", "sensitive": True}
_CONFIRM: Final = {"email_type": "email_confirmation", "priority": "high"}
# Names of URLs in Django and django-allauth.
LINKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "password_reset_confirm": _SECRET,
    "account_reset_password_from_key": _SECRET,
    "account_confirm_email": _CONFIRM,
}
# An error storm must not delay the site's own e-mails.
ERRORS: Final = {"email_type": "admin_error", "priority": "bulk"}
NOTICES: Final = {"email_type": "manager_notice"}

_CONDITIONS: Final = frozenset({"link", "subject", "body", "from_email", "to"})
_URL: Final = re.compile(r"https?://[^\s\"'<>]+")
_MOST_LINKS: Final = 200


def options_by_rule(message: Any, html: str) -> dict[str, Any]:
    """The options of the first rule that matches, or none.

    Raises:
        EmailRequestError: a rule of POSTROOM["BACKEND_RULES"] is not usable.
    """
    body = f"{message.body}\n{html}"
    links = list(islice(_link_names(body), _MOST_LINKS))
    for rule in own_rules():
        if _matches(rule, message, body, links):
            return {name: value for name, value in rule.items() if name not in _CONDITIONS}
    for name in links:
        if name in LINKS:
            return dict(LINKS[name])
    return _by_addresses(message)


def own_rules() -> list[Mapping[str, Any]]:
    """`POSTROOM["BACKEND_RULES"]`.

    Raises:
        EmailRequestError: a rule has no condition, or a name that is neither that nor an option.
    """
    rules = own().get("BACKEND_RULES", ())
    for rule in rules:
        check_names(rule, COMMON | _CONDITIONS, 'a rule of POSTROOM["BACKEND_RULES"]')
        if not _CONDITIONS.intersection(rule):
            raise EmailRequestError(
                'a rule of POSTROOM["BACKEND_RULES"]',
                f"has none of {', '.join(sorted(_CONDITIONS))}",
            )
    return list(rules)


def _matches(rule: Mapping[str, Any], message: Any, body: str, links: Iterable[str]) -> bool:
    texts = {
        "subject": str(message.subject),
        "body": body,
        "from_email": str(message.from_email),
        "to": ", ".join(map(str, message.to)),
    }
    if "link" in rule and rule["link"] not in links:
        return False
    try:
        return all(re.search(rule[name], text) for name, text in texts.items() if name in rule)
    except (re.error, TypeError) as error:
        raise EmailRequestError('a rule of POSTROOM["BACKEND_RULES"]', str(error)) from error


def _link_names(body: str) -> Iterator[str]:
    """Names of the site's URLs in the text; a link to another site resolves to none of them."""
    for url in dict.fromkeys(_URL.findall(body)):
        try:
            path = _below_the_site(unquote(urlsplit(url).path.rstrip(".,;:!?)")))
            # A reader's language may differ from the request's.
            with translation.override(translation.get_language_from_path(path) or get_language()):
                match = resolve(path)
        except (Resolver404, NoReverseMatch, ImproperlyConfigured, ImportError, ValueError):
            continue
        yield from {match.url_name or "", match.view_name or ""} - {""}


def _below_the_site(path: str) -> str:
    """The path as the site's URL configuration has it: without WSGI's SCRIPT_NAME."""
    prefix = get_script_prefix()
    return f"/{path.removeprefix(prefix)}" if path.startswith(prefix) else path


def _by_addresses(message: Any) -> dict[str, Any]:
    if key(str(message.from_email)) == key(settings.SERVER_EMAIL):
        to = {key(str(one)) for one in message.to}
        for found, people in ((ERRORS, settings.ADMINS), (NOTICES, settings.MANAGERS)):
            if people and to == {key(_address(one)) for one in people}:
                return dict(found)
    return {}


def _address(person: Any) -> str:
    """An entry of ADMINS: an address, before Django 6.0 (name, address)."""
    return str(person[1] if isinstance(person, list | tuple) else person)
