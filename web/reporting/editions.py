"""The editions of one report: each reader gets what they may see, each file is made once."""

from datetime import date, datetime
from typing import Any, NamedTuple

from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.queueing.attachments import read_attachments
from postroom.web.reporting import exports, registry
from postroom.web.reporting.formats import Format
from postroom.web.reporting.models import ReportSchedule
from postroom.web.reporting.report import Report, ReportType

File = tuple[str, bytes, str]


class Edition(NamedTuple):
    """One edition; `refusal`: the queue's reason not to take its file, empty if it takes it."""

    report: Report
    file: File
    refusal: str


class Editions:
    """A schedule's report, by what its readers may see; at most `limit` rows each.

    `moment`: the report is made for its day in the schedule's time zone.
    """

    def __init__(
        self, schedule: ReportSchedule, moment: datetime, *, limit: int | None = None
    ) -> None:
        self._kind: ReportType = registry.all_types()[schedule.report_type]
        self._format = Format(schedule.export_format)
        self._day: date = moment.astimezone(schedule.rule.zone).date()
        self._limit = limit
        # The type is kept beside its report, so that its id is not used for another.
        self._made: dict[int, tuple[ReportType, Edition]] = {}

    def of(self, user: Any) -> Edition | None:
        """The report as `user` may see it; None: they may see nothing of it."""
        seen = self._kind.for_recipient(user)
        if seen is None:
            return None
        if id(seen) not in self._made:
            report = registry.build(seen, self._day, limit=self._limit)
            file = exports.export(report, self._format)
            self._made[id(seen)] = (seen, Edition(report, file, _why_refused(file)))
        return self._made[id(seen)][1]

    @property
    def unshown(self) -> list[str]:
        """The scripts whose letters the files could not show."""
        return sorted({one for _, made in self._made.values() for one in made.report.unshown})

    @property
    def rows(self) -> int:
        """The rows of the largest edition."""
        return max((made.report.count for _, made in self._made.values()), default=0)


def _why_refused(file: File) -> str:
    """Checked once for all who get this file: it may be large."""
    try:
        read_attachments([file])
    except EmailRequestError as error:
        return str(error)
    return ""
