"""The system checks of Postroom's own settings, wherever a site sets them."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from postroom.shared.env import Environment, SettingsError
from postroom.shared.rendering.folders import TEMPLATES, TemplateFolders
from postroom.shared.rendering.wording.translations import translations
from postroom.shared.setting_names import OF_MAILERS
from postroom.web.conf import SiteSettings, conf
from postroom.web.settings_layers import own
from postroom.web.startup_checks import TAG

# Names of this machine and of tests (RFC 6761): no reply from elsewhere arrives there.
_NOWHERE: Final = (".localhost", ".localdomain", ".invalid", ".test")
_HINT: Final = "Set DEFAULT_FROM_EMAIL, for example Postroom <office@example.org>."


@register(TAG)
def check_values(**_kwargs: Any) -> list[CheckMessage]:
    """Each setting makes sense."""
    # A wrong POSTROOM or RABBITMQ_URL would be named once for each setting that needs it.
    found = dict.fromkeys(str(error) for error in conf.problems())
    return [Error(text, id="postroom.E001") for text in (*found, *_of_backend())]


def _of_backend() -> Iterator[str]:
    from postroom.web.backend.options import defaults
    from postroom.web.backend.rules import own_rules
    from postroom.web.emails.errors import EmailRequestError

    for read in (defaults, own_rules):
        try:
            read()
        except EmailRequestError as error:
            yield str(error)
        except SettingsError:
            return  # POSTROOM itself, which is among the others


@register(TAG)
def check_names(**_kwargs: Any) -> list[CheckMessage]:
    """`POSTROOM` has no name that nothing reads, such as a misspelt one."""
    try:
        given = own()
    except SettingsError:
        return []  # postroom.E001
    known = _names()
    found: list[CheckMessage] = []
    for name in given:
        if name not in known and str(name).removesuffix("_FILE") not in known:
            near = get_close_matches(str(name), known, 1)
            hint = f"Did you mean {near[0]}?" if near else "docs/settings.md has all names."
            text = f"POSTROOM has {name!r}, which is not the name of a setting."
            found.append(Error(text, hint=hint, id="postroom.E002"))
    return found


@register(TAG)
def check_sender(**_kwargs: Any) -> list[CheckMessage]:
    """DEFAULT_FROM_EMAIL is an address that the queue takes, and that people can answer."""
    # Commands without checks need not load the library that validates addresses.
    from postroom.web.emails.errors import EmailRequestError
    from postroom.web.emails.queueing.addresses import message_domain

    try:
        message_domain(settings.DEFAULT_FROM_EMAIL)
    except EmailRequestError as error:
        text = str(error).removeprefix("from_email: ")
        return [Error(f"DEFAULT_FROM_EMAIL: {text}", hint=_HINT, id="postroom.E003")]
    return [Warning(_problem(), hint=_HINT, id="postroom.W001")] if _unanswerable() else []


@register(TAG, deploy=True)
def check_sender_before_deployment(**_kwargs: Any) -> list[CheckMessage]:
    """The same as an error, for `check --deploy`: Django's default, `webmaster@localhost`, too."""
    return [Error(_problem(), hint=_HINT, id="postroom.E004")] if _unanswerable() else []


@register(TAG)
def check_translations(**_kwargs: Any) -> list[CheckMessage]:
    """No template has half a variant in a language: such a variant is not used."""
    try:
        folders = TemplateFolders((*conf.template_dirs, TEMPLATES))
        half = translations(folders, conf.language_code).half
    except SettingsError:
        return []  # postroom.E001
    return [Error(f"Template {problem}.", id="postroom.E005") for problem in half]


def _unanswerable() -> bool:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ").lower()
    return "." not in domain or domain.endswith(_NOWHERE)


def _problem() -> str:
    return f"DEFAULT_FROM_EMAIL is {settings.DEFAULT_FROM_EMAIL}: replies cannot reach it."


class _Recorder(Mapping[str, str]):
    """An empty environment that keeps which names were looked up."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _names() -> set[str]:
    """All that `POSTROOM` may have."""
    recorder = _Recorder()
    for error in SiteSettings(Environment(recorder)).problems():
        raise error  # a default that makes no sense
    return recorder.names | OF_MAILERS | {"BACKEND_DEFAULTS", "BACKEND_RULES"}
