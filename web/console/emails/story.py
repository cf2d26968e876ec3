"""What became of an e-mail, on one line of time; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from postroom.shared.status import Status
from postroom.web.console import badges, formats


@dataclass(frozen=True, slots=True)
class Event:
    """One point of the line: `title`, then `text` as the server or a person wrote it, `quiet`."""

    at: datetime
    title: str
    colour: str = badges.QUIET
    text: str = ""
    quiet: str = ""


def story(email: Any, attempts: Iterable[Any], decisions: Iterable[Any]) -> list[Event]:
    """Oldest first."""
    attempts = list(attempts)
    events = [Event(email.created_at, "Queued", quiet=_source(email))]
    if email.scheduled_at is not None:
        events.append(Event(email.scheduled_at, "Not before this time"))
    if email.published_at is not None:
        events.append(Event(email.published_at, "Handed to RabbitMQ"))
    events += [_attempt(row) for row in attempts]
    events += [
        Event(
            row.action_time,
            row.get_change_message() or "Changed",
            badges.INFO,
            quiet=f"by {row.user}",
        )
        for row in decisions
    ]
    if email.status in (Status.COMPLETED, Status.PARTIAL) and email.sent_at is not None:
        text = "Sent" if email.status == Status.COMPLETED else "Sent to some of its recipients"
        # The attempt is recorded a moment after the time at which the server accepted it.
        accepted = [row.created_at for row in attempts if row.outcome in ("accepted", "partial")]
        events.append(Event(max([email.sent_at, *accepted]), text, badges.colour(email.status)))
    if email.expires_at is not None and email.status in (Status.PENDING, Status.EXPIRED):
        events.append(Event(email.expires_at, "Not after this time"))
    # Stable: of events of one time, the order above is that of cause and effect.
    return sorted(events, key=lambda event: event.at)


def _source(email: Any) -> str:
    return f"by {email.source_app}" if email.source_app else ""


def _attempt(row: Any) -> Event:
    reply = f"{row.smtp_code or ''} {row.smtp_reply}".strip()
    error = row.error if row.error.strip() not in reply else ""
    took = row.duration_ms
    quiet = [
        f"phase {row.phase}" if row.phase else "",
        f"took {formats.length(timedelta(milliseconds=took))}" if took is not None else "",
        f"mailer {row.mailer}" if row.mailer else "",
        "it may have arrived, and is sent again" if row.possible_repeat else "",
    ]
    return Event(
        row.created_at,
        f"Attempt {row.attempt}: {row.get_outcome_display().lower()}",
        badges.colour(row.outcome),
        text="\n".join(filter(None, (reply, error))),
        quiet=", ".join(filter(None, quiet)),
    )
