"""Rules about attempts that ended: faults of ours by number and share; refusals apart."""

from collections.abc import Iterator
from typing import Final

from postroom.web.emails.operating.health.ended import OURS
from postroom.web.emails.operating.health.figures import Figures
from postroom.web.emails.operating.health.rule import Alert, Limits, Rule
from postroom.web.emails.operating.health.rules import words
from postroom.web.emails.operating.health.verdict import Finding, Verdict, finding

LARGE_SHARE: Final = 0.1  # of what ended: from here on mail does not go out as it should
MANY_REFUSED: Final = 20  # and more than a fifth: the addresses are bad, or our reputation is
_LARGE_SHARE_REFUSED: Final = 0.2
MANY_LOST: Final = 5


def _failures(figures: Figures, limits: Limits) -> Iterator[Finding]:
    ended = figures.ended
    if ended.failed <= limits.max_failed / 2:
        return
    critical = ended.failed > limits.max_failed and ended.share > LARGE_SHARE
    worst = max(ended.ours, key=lambda kind: ended.ours[kind])
    causes = words.counts({OURS[kind]: count for kind, count in ended.ours.items()})
    yield finding(
        Verdict.CRITICAL if critical else Verdict.WARNING,
        f"{words.emails(ended.failed)} failed in the last {_period(ended.within.total_seconds())} "
        f"through a fault on our side, {ended.share:.0%} of those that ended: {causes}.",
        recovers="A failed e-mail is not sent again by itself.",
        do="Fix the cause, then requeue them.",
        place="emails",
        query=f"status=failed&error={worst}" if worst != "given_up" else "status=failed",
    )


def _refused(figures: Figures, _: Limits) -> Iterator[Finding]:
    """Receivers that do not take mail to an address. Never says that mail does not go out."""
    ended = figures.ended
    share = ended.refused / max(1, ended.refused + ended.sent)
    if ended.refused > MANY_REFUSED and share > _LARGE_SHARE_REFUSED:
        yield finding(
            Verdict.WARNING,
            f"Receivers refused {words.count_of(ended.refused, 'address', 'addresses')} in the "
            f"last {_period(ended.within.total_seconds())}, {share:.0%} of those mailed.",
            hurts="All other mail goes out.",
            do="Check where these addresses come from. If the replies speak of your server or "
            "domain, receivers distrust it: ask the mail server's operator.",
            place="emails",
            query="status=failed&error=address",
        )


def _lost(figures: Figures, _: Limits) -> Iterator[Finding]:
    lost = figures.ended.lost
    if lost > MANY_LOST:
        yield finding(
            Verdict.WARNING,
            f"{words.emails(lost)} were taken back from mailers that did not report back, in the "
            f"last {_period(figures.ended.within.total_seconds())}.",
            recovers="They are sent again by themselves; some may arrive twice, as their log says.",
            do="Find out why mailers end: memory limits, kill -9, restarts without MAILER_DRAIN"
            "_SECONDS.",
            place="processes",
        )


def _period(seconds: float) -> str:
    return "hour" if seconds == 3600 else words.span(seconds)


RULES = (
    Rule(
        "failures",
        "failures",
        "e-mails fail through a fault on our side",
        _failures,
        Alert(
            "PostroomFailures",
            "either",
            "E-mails fail through a fault on our side",
        ),
    ),
    Rule(
        "refusals",
        "refusals",
        "receivers refuse many addresses",
        _refused,
        Alert("PostroomRefusals", "warning", "Receivers refuse many addresses", wait="15m"),
    ),
    Rule(
        "mailers_lost",
        "dropped",
        "mailers end without reporting back",
        _lost,
        Alert("PostroomMailersLost", "warning", "Mailers end without reporting back", wait="5m"),
    ),
)
