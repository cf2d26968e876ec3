"""The recipients of one run: who gets an e-mail, and in words who does not."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from postroom.web.emails.batch import EmailBatch
from postroom.web.emails.errors import EmailRequestError
from postroom.web.people import account_of, address_of
from postroom.web.reporting.models import ReportSchedule, ReportScheduleRecipient

_MOST_NAMED: Final = 20

_Row = ReportScheduleRecipient


@dataclass(slots=True)
class Readers:
    """A schedule's recipients, sorted by whether they can be mailed.

    Attributes:
        mailed: subscribed, with an active account and an address.
        unseeing: of these, those who may see nothing of the report.
        refused: of these, those whose e-mail the queue refuses, with the reason.
    """

    mailed: list[_Row] = field(default_factory=list)
    unaddressed: list[_Row] = field(default_factory=list)
    inactive: list[_Row] = field(default_factory=list)
    unseeing: list[_Row] = field(default_factory=list)
    refused: list[tuple[_Row, str]] = field(default_factory=list)

    @classmethod
    def of(cls, schedule: ReportSchedule) -> "Readers":
        """The subscribed recipients, sorted."""
        found = cls()
        rows = schedule.recipients.filter(is_subscribed=True).select_related("user", "schedule")
        for row in rows:
            user: Any = row.user
            if not user.is_active:
                found.inactive.append(row)
            elif not address_of(user):
                found.unaddressed.append(row)
            else:
                found.mailed.append(row)
        return found

    def remarks(self) -> str:
        """Who gets nothing and why, in lines; empty if all subscribed recipients get it."""
        lines = [
            f"{words}: {_names(rows)}."
            for words, rows in (
                ("Without an e-mail address", self.unaddressed),
                ("With an inactive account", self.inactive),
                ("May see nothing of this report", self.unseeing),
            )
            if rows
        ]
        by_reason: dict[str, list[_Row]] = {}
        for row, why in self.refused:
            by_reason.setdefault(why, []).append(row)
        lines += [f"Refused by the queue: {_names(rows)}. {why}" for why, rows in by_reason.items()]
        return "\n".join(lines)


def why_refused(mail: dict[str, Any]) -> str:
    """The queue's reason not to take this e-mail; empty if it takes it.

    Checked before it is queued, so that the reason is stored with the run; without the file, which
    its edition checks once for all.
    """
    try:
        EmailBatch().send_email_task(**mail | {"attachments": None})  # a batch that is not stored
    except EmailRequestError as error:
        return str(error)
    return ""


def _names(rows: Iterable[_Row]) -> str:
    names = [account_of(row.user) for row in rows]
    more = len(names) - _MOST_NAMED
    shown = ", ".join(names[:_MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
