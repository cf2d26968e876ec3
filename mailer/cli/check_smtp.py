"""The SMTP part of `postroom-mailer check`: how far does the server take an e-mail?"""

from postroom.mailer.coroutines import finish
from postroom.mailer.errors import CheckFailedError, SmtpUnavailableError
from postroom.mailer.message.mailboxes import sender
from postroom.mailer.outcomes.outcome import Accepted, Failed, Phase
from postroom.mailer.settings import MailerSettings
from postroom.mailer.smtp.greeting import SmtpSettings
from postroom.mailer.smtp.rehearsal import Rehearsal, rehearse
from postroom.shared.addresses import wire_address
from postroom.shared.header_rules import HeaderError

_SERVER = "EMAIL_HOST and EMAIL_PORT, and whether the server runs"


def check_smtp(settings: MailerSettings, recipient: str = "") -> str:
    """What works, in words: the login, and that the server takes sender and `recipient`.

    Args:
        recipient: an address to try by RCPT; empty: only the sender is tried. No e-mail is sent.

    Raises:
        CheckFailedError: what does not work, and what to look at.
    """
    smtp = settings.smtp
    try:
        to = wire_address(recipient) if recipient else ""
        own = _own_address(settings) or to
    except HeaderError as error:
        raise CheckFailedError(str(error)) from error
    try:
        found = finish(rehearse(smtp, own, to))
    except SmtpUnavailableError as trouble:
        raise CheckFailedError(f"{trouble.error} (see {trouble.see or _SERVER})") from trouble
    _check_taken(found, own)
    parts = [f"{smtp.host}:{smtp.port}"]
    if smtp.username:
        parts.append(f"logged in as {smtp.username}")
    if own:
        parts.append(f"takes mail from {own}" + (f" to {to}" if to else ""))
    return ", ".join(parts) + _hint(smtp, found, to)


def _own_address(settings: MailerSettings) -> str:
    """The address to try as sender; empty if none is known."""
    if settings.default_from:
        try:
            return sender(settings.default_from)[1]
        except HeaderError as error:
            raise HeaderError(f"DEFAULT_FROM_EMAIL: {error}") from error
    return settings.smtp.username if "@" in settings.smtp.username else ""


def _check_taken(found: Rehearsal, own: str) -> None:
    refusal = found.refusal
    if refusal is None or isinstance(refusal, Accepted):
        return
    where = "the address after --to"
    if refusal.phase is Phase.MAIL:
        where = f"DEFAULT_FROM_EMAIL, and whether the server lets you send as {own}"
    again = "" if isinstance(refusal, Failed) else "; e-mails are tried again"
    raise CheckFailedError(f"{refusal.error}{again} (see {where})")


def _hint(smtp: SmtpSettings, found: Rehearsal, to: str) -> str:
    """What may be missing although all that was tried works."""
    if found.features.auth and not smtp.username:
        return (
            "; the server offers AUTH, and EMAIL_HOST_USER is not set: if it wants a login, it will"
            " refuse mail to other domains"
            + ("" if to else ", which check --to someone@example.org shows")
        )
    return ""
