"""`Rule`: one thing that can be wrong, how it is found, its alert and its runbook."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final, Literal

from postroom.web.emails.operating.health.figures import Figures
from postroom.web.emails.operating.health.verdict import Finding

_LINK: Final = (
    '{{ with query "max by (url) (postroom_runbooks_info)" }}'
    '{{ . | first | label "url" }}{{ else }}docs/runbooks{{ end }}'
)


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on figures count as trouble; half of a limit warns.

    Attributes:
        max_age: longest wait of a due e-mail.
        max_failed: most e-mails that failed through a fault of ours within the period.
        within: that period.
    """

    max_age: timedelta = timedelta(minutes=10)
    max_failed: int = 5
    within: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert of Prometheus that fires when its rule has found something for a while.

    Attributes:
        name: as Prometheus shows it.
        severity: of a "critical" alert only findings count that are critical; "either" is an alert
            of the severity that the finding has.
        wait: for so long, as Prometheus writes it.
        summary: one line.
        expression: instead of the verdict of the rule, if that says more (by lane, with a value).
    """

    name: str
    severity: Literal["critical", "warning", "either"]
    summary: str
    wait: str = "1m"
    expression: str = ""

    def entries(self, rule: str, runbook: str) -> list[dict[str, Any]]:
        """The alert as entries of a rules file: one for each severity."""
        verdict = f'max(postroom_health{{rule="{rule}"}})'
        by_severity = {
            "critical": {"critical": f"{verdict} == 2"},
            "warning": {"warning": f"{verdict} >= 1"},
            "either": {"critical": f"{verdict} == 2", "warning": f"{verdict} == 1"},
        }
        return [
            {
                "alert": self.name,
                "expr": self.expression or expression,
                "for": self.wait,
                "labels": {"severity": severity},
                "annotations": {"summary": self.summary, "runbook": f"{_LINK}/{runbook}.md"},
            }
            for severity, expression in by_severity[self.severity].items()
        ]


@dataclass(frozen=True, slots=True)
class Rule:
    """A pure function of the figures, and what is written about its findings.

    Attributes:
        name: as in the metric `postroom_health`.
        runbook: page in docs/runbooks, without `.md`; several rules may share one.
        short: what it means, for the table of runbooks.
        find: yields what is wrong, made by `finding()`.
        alert: None if another rule's alert covers it.
    """

    name: str
    runbook: str
    short: str
    find: Callable[[Figures, Limits], Iterable[Finding]]
    alert: Alert | None = field(default=None)

    def findings(self, figures: Figures, limits: Limits) -> list[Finding]:
        """What is wrong by this rule."""
        return [
            replace(found, rule=self.name, runbook=self.runbook)
            for found in self.find(figures, limits)
        ]
