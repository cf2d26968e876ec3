"""`postroom-mailer check`: do database, RabbitMQ, SMTP server and templates work?"""

import sys
from collections.abc import Callable
from functools import partial

from postroom.mailer.cli import check_broker, check_database, check_templates
from postroom.mailer.cli.check_smtp import check_smtp
from postroom.mailer.errors import CheckFailedError
from postroom.mailer.settings import MailerSettings


def everything(settings: MailerSettings, recipient: str = "") -> int:
    """Check them all, one line each; exit status 0 when all work.

    `recipient`: an address that the SMTP server is asked to take; nothing is sent to it.
    """
    checks: dict[str, Callable[[MailerSettings], str]] = {
        "database": check_database.check,
        "RabbitMQ": check_broker.check,
        "SMTP": partial(check_smtp, recipient=recipient),
        "templates": check_templates.templates,
    }
    if rule := settings.recipient_rule.sentence():
        checks["recipients"] = lambda _: rule
    if settings.dkim:  # its libraries take memory and time, and few use it
        from postroom.mailer.cli.check_dkim import dkim

        checks["DKIM"] = dkim
    failed = False
    for name, check in checks.items():
        try:
            sys.stdout.write(f"ok    {name}: {check(settings)}\n")
        except CheckFailedError as problem:
            failed = True
            sys.stdout.write(f"FAIL  {name}: {problem}\n")
    return int(failed)
