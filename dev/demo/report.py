"""What the demo prints: the e-mails as a table, what is wrong with them, and the addresses."""

import shutil
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from dev.demo.mails import ArrivedMail
from dev.demo.site import ADMIN, Site
from dev.rabbitmq_elsewhere import GivenRabbitMQ

_HEAD = ("Subject", "To", "Status", "Attempts", "Took")
_NUMBERS = {3, 4}
_GAP = "  "


def table(mails: Sequence[ArrivedMail]) -> str:
    """One line per e-mail; `Took` is the time from sending the form to the e-mail's acceptance."""
    rows = [_HEAD, *map(_row, mails)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    if sys.stdout.isatty():
        others = sum(widths[1:]) + len(_GAP) * (len(widths) - 1)
        widths[0] = max(20, min(widths[0], shutil.get_terminal_size().columns - others))
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], _GAP.join("-" * width for width in widths), *lines[1:]])


def complaints(mails: Sequence[ArrivedMail]) -> str:
    """What is missing or wrong, or an empty text."""
    wrong = [mail for mail in mails if mail.problem]
    if not wrong:
        return ""
    lines = [f"  {m.expected.email_type} to {m.expected.recipient} {m.problem}" for m in wrong]
    return "\n".join([f"{len(wrong)} of {len(mails)} e-mails are wrong:", *lines])


def addresses(site: Site, page_port: int) -> str:
    """The addresses of the pages, and the logins."""
    lines = [
        ("Site", f"{site.url}/", ""),
        ("Console", f"{site.url}/postroom/", f"{ADMIN} / {site.admin_password}"),
        ("Admin", f"{site.url}/admin/", "the same login"),
        ("Mailbox", f"http://127.0.0.1:{page_port}/", ""),
        ("RabbitMQ", *_management(site)),
    ]
    width = max(len(address) for _, address, _ in lines)
    return "\n".join(f"{name:<10}{url:<{width}}  {login}".rstrip() for name, url, login in lines)


def _row(mail: ArrivedMail) -> tuple[str, ...]:
    accepted_at = mail.accepted_at
    subject = mail.copies[0].subject if mail.copies else f"({mail.expected.email_type})"
    waited = "never"
    if accepted_at is not None:
        waited = f"{(accepted_at - mail.expected.submitted.at).total_seconds() * 1000:.0f} ms"
    return subject, mail.expected.recipient, mail.status, str(mail.attempts), waited


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = []
    for column, (text, width) in enumerate(zip(row, widths, strict=True)):
        short = _cut(text, width)
        cells.append(short.rjust(width) if column in _NUMBERS else short.ljust(width))
    return _GAP.join(cells)


def _cut(text: str, width: int) -> str:
    """Shortened in the middle: subjects differ at both ends."""
    if len(text) <= width:
        return text
    half = (width - 3) // 2
    return f"{text[: width - 3 - half]}...{text[-half:]}"


def _management(site: Site) -> tuple[str, str]:
    if site.services.management_url is None:
        return "(no management UI: set RABBITMQ_MANAGEMENT_URL)", ""
    url = urlsplit(site.services.management_url)
    login = url.username or ""
    # Never print the password of a given broker: output may end in a log.
    if login and not isinstance(site.services.rabbitmq, GivenRabbitMQ):
        login = f"{login} / {url.password}"
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{host}{port}{url.path or '/'}", login
