"""Rules about PostgreSQL. `/readyz` of web goes by these alone."""

from collections.abc import Iterator

from postroom.web.emails.operating.health.figures import Figures
from postroom.web.emails.operating.health.rule import Alert, Limits, Rule
from postroom.web.emails.operating.health.rules import words
from postroom.web.emails.operating.health.verdict import Finding, Verdict, finding

PAGE = "database"


def _away(figures: Figures, _: Limits) -> Iterator[Finding]:
    if figures.database_error:
        yield finding(
            Verdict.CRITICAL,
            f"The database cannot be queried: {words.clause(figures.database_error)}.",
            hurts="Nothing can be queued, and no mail is sent.",
            recovers="Everything continues by itself when it is back; nothing is lost.",
            do="Start PostgreSQL, or make its host, user and password right.",
        )


def _read_only(figures: Figures, _: Limits) -> Iterator[Finding]:
    if figures.read_only:
        yield finding(
            Verdict.CRITICAL,
            f"The database takes no writes ({figures.read_only}): no mail is sent.",
            hurts="Nothing can be queued, and no result can be recorded.",
            recovers="Everything continues by itself when it takes writes again.",
            do="Point DATABASE_URL to the primary, or switch default_transaction_read_only off.",
        )


RULES = (
    Rule(
        "database_away",
        PAGE,
        "the database cannot be queried",
        _away,
        Alert(
            "PostroomNoMetrics",
            "critical",
            "The web service has no metrics: it is away, or its database is",
            wait="2m",
            expression='max(postroom_health{rule="database_away"}) == 2 or absent(postroom_health)',
        ),
    ),
    Rule(
        "database_read_only",
        PAGE,
        "the database takes no writes",
        _read_only,
        Alert("PostroomDatabaseReadOnly", "critical", "The database takes no writes"),
    ),
)
