"""Records which settings the services read: names, types, bounds and defaults."""

import importlib
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from unittest import mock

from postroom.mailer.settings import read_settings
from postroom.shared.env import YEAR, Environment, SettingsError
from postroom.web import conf as conf  # loaded before `asked_for` replaces Environment

# The minimum to start with; then all values that make a reader read more settings.
_PLAIN = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "SECRET_KEY": "only for listing the settings, never to sign anything",
    "ALLOWED_HOSTS": "postroom.example.org",
}
_MORE = _PLAIN | {
    "DKIM_PRIVATE_KEY": "none",
    "DKIM_DOMAIN": "example.org",
    "DKIM_SELECTOR": "mail",
    "EMAIL_USE_SSL": "1",
    "HTTPS_ONLY": "1",
    "RABBITMQ_URL": "amqps://rabbitmq.example.org",
}


@dataclass(slots=True)
class Asked:
    """How one setting is read; `readers` are the services that read it."""

    kind: str
    default: object = ""
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    readers: set[str] = field(default_factory=set)


class _Recorder(Environment):
    """An environment that records every read. The first read of a name counts.

    The typed readers of `Environment` call `text`, which then finds the name already recorded.
    """

    def __init__(self, values: Mapping[str, str], asked: dict[str, Asked], service: str) -> None:
        super().__init__(values)
        self._asked = asked
        self._service = service

    def text(
        self, name: str, default: str = "", *, lines: bool = False, blanks: bool = False
    ) -> str:
        self._note(name, Asked("text", default))
        return super().text(name, default, lines=lines, blanks=blanks)

    def required(self, name: str, example: str) -> str:
        self._note(name, Asked("text", None))
        return super().required(name, example)

    def integer(self, name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
        self._note(name, Asked("integer", default, least, most))
        return super().integer(name, default, least=least, most=most)

    def seconds(
        self, name: str, default: float, *, least: float = 0.0, most: float = YEAR
    ) -> float:
        self._note(name, Asked("seconds", default, least, most))
        return super().seconds(name, default, least=least, most=most)

    def boolean(self, name: str, default: bool = False) -> bool:
        self._note(name, Asked("boolean", default))
        return super().boolean(name, default)

    def choice(self, name: str, default: str, allowed: Iterable[str]) -> str:
        words = tuple(allowed)
        self._note(name, Asked("choice", default, choices=words))
        return super().choice(name, default, words)

    def listing(self, name: str, default: str = "") -> list[str]:
        self._note(name, Asked("listing", default))
        return super().listing(name, default)

    def _note(self, name: str, asked: Asked) -> None:
        self._asked.setdefault(name, asked).readers.add(self._service)


def asked_for() -> dict[str, Asked]:
    """The settings of web and mailer, by name. Needs its own process: it loads web's settings."""
    asked: dict[str, Asked] = {}
    for values in (_PLAIN, _MORE):
        sys.modules.pop("postroom.web.site.settings", None)
        with mock.patch(
            "postroom.shared.env.Environment", partial(_Recorder, values, asked, "web")
        ):
            importlib.import_module("postroom.web.site.settings")
        with suppress(SettingsError):  # the DKIM key is not a key; it is checked last
            read_settings(_Recorder(values, asked, "mailer"))
    return asked
