"""The environment of a mailer that `consume_emails` starts: what the site's settings say."""

import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from postroom.shared.env import SettingsError
from postroom.shared.setting_names import OF_MAILERS
from postroom.web.backend.email_backend import SMTP
from postroom.web.conf import conf
from postroom.web.settings_layers import as_text, of_site

_BACKEND: Final = "postroom.backend.EmailBackend"


def mailer_environment() -> dict[str, str]:
    """This process's environment, with the site's database, broker, SMTP server and templates.

    What the site's settings do not say stays as it is in the environment.

    Raises:
        SettingsError: the mailer cannot work with a setting; the message names it.
    """
    found = dict(os.environ)
    for name, value in _own():
        found.pop(f"{name}_FILE", None)  # else it would win
        found[name] = value
    return found


def _own() -> Iterator[tuple[str, str]]:
    yield "DATABASE_URL", _database()
    folders = [str(folder) for folder in conf.template_dirs]
    yield "EMAIL_TEMPLATE_DIRS", as_text("EMAIL_TEMPLATE_DIRS", folders)
    yield "DEFAULT_FROM_EMAIL", str(settings.DEFAULT_FROM_EMAIL)
    # The mailer must find the packages that this process has found, whatever its folder is.
    yield "PYTHONPATH", os.pathsep.join(os.path.abspath(part) for part in sys.path)  # noqa: PTH100
    smtp = _options()
    for name in sorted(OF_MAILERS - {"DATABASE_URL", "EMAIL_TEMPLATE_DIRS"}):
        value = of_site(name)
        value = smtp.get(name) if value is None else value
        if value is not None:
            yield name, as_text(name, value)


def _options() -> Mapping[str, Any]:
    """What `MAILERS` says about the SMTP server. Several aliases must mean the same one."""
    found: dict[str, Any] = {}
    for alias, mailer in (getattr(settings, "MAILERS", None) or {}).items():
        if mailer.get("BACKEND") != _BACKEND:
            continue
        options = mailer.get("OPTIONS", {})
        for option, name in SMTP.items():
            if (value := options.get(option)) is None:
                continue
            if found.setdefault(name, value) != value:
                raise SettingsError(
                    f"MAILERS[{alias!r}] names another {option} than the other aliases of "
                    f"{_BACKEND}; a mailer sends to one SMTP server"
                )
    return found


def _database() -> str:
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        raise SettingsError(
            f"DATABASES[{DEFAULT_DB_ALIAS!r}] is {connection.display_name}; "
            "a mailer needs PostgreSQL"
        )
    parts = connection.get_connection_params()
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    return make_conninfo(**{name: value for name, value in parts.items() if name in known})
