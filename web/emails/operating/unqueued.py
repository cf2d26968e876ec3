"""What apps stored although its e-mails could not be queued: each app registers how to count it.

Nothing is lost: the app keeps what is needed to queue the e-mails later, and its admin page has the
button. Each is a rule of health.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from postroom.web.emails.operating import health
from postroom.web.emails.operating.health import Alert, Figures, Finding, Limits, Rule, Verdict


def register(
    name: str,
    one: str,
    many: str,
    advice: str,
    how_many: Callable[[], int],
    *,
    runbook: str,
    place: str,
    query: str = "",
) -> None:
    """Ask `how_many` what waits; called when the app is ready, once for each `name`.

    Args:
        one, many: the things, after their number: "submission has an e-mail that is not queued".
        advice: what to do, as a clause.
        how_many: a cheap query or a few.
        runbook: page in docs/runbooks, without `.md`.
        place, query: where to look, as in Finding.
    """

    def find(figures: Figures, _: Limits) -> Iterator[Finding]:
        number = figures.parts.get(name, 0)
        if number:
            yield health.finding(
                Verdict.WARNING,
                f"{number} {one if number == 1 else many}: {advice}.",
                recovers="They are not queued by themselves; nothing is lost.",
                place=place,
                query=query,
            )

    def read(_now: datetime) -> int:
        return how_many()

    alert = Alert(
        f"PostroomUnqueued{name.capitalize()}", "warning", f"E-mails of {name} are not queued"
    )
    rule = Rule(f"unqueued_{name}", runbook, f"e-mails of {name} are not queued", find, alert)
    health.register(rule, figures=name, read=read)
