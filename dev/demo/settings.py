"""The environment of the demo's processes: its own settings, and no conflicting ones."""

import os
import secrets

from dev.keeper import ROOT
from dev.services import Services

TEAM = "team@example.org"
EVENT = "Open day"
# These would send the demo's e-mails elsewhere, sign them, or change how Django starts.
_FOREIGN = ("EMAIL_", "MAILER_", "DKIM_", "DJANGO_")


def own_settings(services: Services, *, smtp_port: int, health_port: int) -> dict[str, str]:
    """For web, relay and mailer; they win over a `.env` file."""
    return services.environment | {
        "SECRET_KEY": secrets.token_urlsafe(32),
        "DEBUG": "0",
        "HTTPS_ONLY": "0",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "STAFF_EMAILS": TEAM,
        "DEFAULT_FROM_EMAIL": "Postroom <postroom@example.org>",
        "SUBMISSION_EVENTS": f"{EVENT},Annual conference",
        # A given database may hold submissions of earlier demos.
        "SUBMISSIONS_PER_ADDRESS_HOUR": "0",
        "SUBMISSIONS_PER_ADDRESS_DAY": "0",
        "SUBMISSIONS_PER_IP_HOUR": "0",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(smtp_port),
        "EMAIL_EHLO_NAME": "localhost",
        # `.env` may name a real server's user.
        "EMAIL_HOST_USER": "",
        "EMAIL_USE_TLS": "0",
        "EMAIL_USE_SSL": "0",
        "EMAIL_TEMPLATE_DIRS": f"{ROOT}/web/systems/*/postroom_templates",
        "MAILER_HEALTH_PORT": str(health_port),
        "LOG_LEVEL": "INFO",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def environment(own: dict[str, str]) -> dict[str, str]:
    """The demo's settings, with those around it that do not change them."""
    # NAME_FILE would win over NAME.
    hidden = {f"{name}_FILE" for name in own}
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and name not in hidden
    }
    return inherited | own
