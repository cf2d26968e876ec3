"""`postroom-mailer check`: do database, RabbitMQ and SMTP server work?"""

import sys
from collections.abc import Callable

from postroom.mailer.cli import check_broker, check_database
from postroom.mailer.coroutines import finish
from postroom.mailer.errors import CheckFailedError, SmtpUnavailableError
from postroom.mailer.settings import MailerSettings
from postroom.mailer.smtp.session import Session


def everything(settings: MailerSettings) -> int:
    """Check all three, one line each; exit status 0 when all work."""
    checks: dict[str, Callable[[MailerSettings], str]] = {
        "database": check_database.check,
        "RabbitMQ": check_broker.check,
        "SMTP": _smtp,
    }
    failed = False
    for name, check in checks.items():
        try:
            sys.stdout.write(f"ok    {name}: {check(settings)}\n")
        except CheckFailedError as problem:
            failed = True
            sys.stdout.write(f"FAIL  {name}: {problem}\n")
    return int(failed)


def _smtp(settings: MailerSettings) -> str:
    smtp = settings.smtp
    session = Session(smtp)
    try:
        finish(session.probe())
    except SmtpUnavailableError as trouble:
        advice = (
            "see EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS and EMAIL_USE_SSL"
            if trouble.configuration
            else "see EMAIL_HOST and EMAIL_PORT, and whether the server runs"
        )
        raise CheckFailedError(f"{trouble.error} ({advice})") from trouble
    finally:
        finish(session.close())
    login = f", logged in as {smtp.username}" if smtp.username else ""
    return f"{smtp.host}:{smtp.port}{login}"
