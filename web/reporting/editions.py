"""The editions of one report: each reader gets what they may see, each file is made once."""

from datetime import date, datetime
from typing import Any

from postroom.web.reporting import exports, registry
from postroom.web.reporting.formats import Format
from postroom.web.reporting.models import ReportSchedule
from postroom.web.reporting.report import Report, ReportType

File = tuple[str, bytes, str]


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
        self._made: dict[int, tuple[ReportType, Report, File]] = {}

    def of(self, user: Any) -> tuple[Report, File] | None:
        """The report as `user` may see it; None: they may see nothing of it."""
        seen = self._kind.for_recipient(user)
        if seen is None:
            return None
        if id(seen) not in self._made:
            report = registry.build(seen, self._day, limit=self._limit)
            self._made[id(seen)] = (seen, report, exports.export(report, self._format))
        _, report, file = self._made[id(seen)]
        return report, file

    @property
    def unshown(self) -> list[str]:
        """The scripts whose letters the files could not show."""
        return sorted({one for _, report, _ in self._made.values() for one in report.unshown})

    @property
    def rows(self) -> int:
        """The rows of the largest edition."""
        return max((report.count for _, report, _ in self._made.values()), default=0)
