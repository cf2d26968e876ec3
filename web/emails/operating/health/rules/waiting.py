"""Rules about e-mails that wait: too long, paused, or for a person's decision."""

from collections.abc import Iterator

from postroom.shared.status import Status
from postroom.web.emails.operating.health.figures import Figures
from postroom.web.emails.operating.health.rule import Alert, Limits, Rule
from postroom.web.emails.operating.health.rules import whom, words
from postroom.web.emails.operating.health.verdict import Finding, Verdict, finding


def _waits(figures: Figures, limits: Limits) -> Iterator[Finding]:
    """By lane; paused lanes are left out."""
    limit = limits.max_age.total_seconds()
    late = [
        lane for lane in figures.flow.lanes if not lane.paused and lane.oldest_seconds > limit / 2
    ]
    if not late:
        return
    oldest = max(late, key=lambda lane: lane.oldest_seconds)
    others = [lane.lane.value for lane in late if lane is not oldest]
    beside = f"; lane {words.listing(others)} is late as well" if others else ""
    yield finding(
        Verdict.CRITICAL if oldest.oldest_seconds > limit else Verdict.WARNING,
        f"The longest wait is {words.span(oldest.oldest_seconds)}, in lane {oldest.lane.value}"
        f"{beside}; at most {words.span(limit)} is right.",
        hurts=whom.hurt(figures, [lane.lane for lane in late]),
        recovers=whom.by_itself(figures, "as fast as mailers can send"),
        do="If nothing else is wrong here: more mailers, or a mail server that takes more.",
        place="emails",
        query=f"status=pending&priority={oldest.lane.value}&sort=age",
    )


def _paused(figures: Figures, _: Limits) -> Iterator[Finding]:
    if not figures.pauses:
        return
    every = any(pause.lane == "all" for pause in figures.pauses)
    names = "all mail" if every else words.listing([f"lane {p.lane}" for p in figures.pauses])
    first = figures.pauses[0]
    by = f" by {first.paused_by}" if first.paused_by else ""
    reason = f", because: {words.clause(first.reason)}" if first.reason else ""
    yield finding(
        Verdict.WARNING,
        f"Sending is paused: {names}{by}{reason}.",
        since=first.since,
        hurts=whom.hurt(figures, figures.flow.paused),
        recovers=whom.after_the_fix(figures, "somebody resumes it"),
        do="Resume it in the console, or by postroom-mailer resume.",
        place="pauses",
    )


def _unknown(figures: Figures, _: Limits) -> Iterator[Finding]:
    if count := figures.flow.attention[Status.UNKNOWN]:
        verb = "waits" if count == 1 else "wait"
        others = {
            status.value: figures.flow.attention[status]
            for status in (Status.FAILED, Status.PARTIAL)
            if figures.flow.attention[status]
        }
        yield finding(
            Verdict.WARNING,
            f"{words.emails(count)} {verb} for a decision: whether they arrived is unknown.",
            hurts=f"Others to look at: {words.counts(others)}." if others else "",
            recovers="They stay as they are until somebody decides.",
            do="Look in the mail server's log, then mark them as arrived or requeue them.",
            place="emails",
            query="status=unknown",
        )


RULES = (
    Rule(
        "mail_waits",
        "mail-waits",
        "a due e-mail has waited ten minutes",
        _waits,
        Alert(
            "PostroomMailWaits",
            "critical",
            "{{ $labels.lane }} mail waits {{ $value | humanizeDuration }}",
            wait="2m",
            expression="max by (lane) (postroom_queue_oldest_due_seconds"
            " unless on (lane) postroom_queue_paused == 1) > 600",
        ),
    ),
    Rule(
        "paused",
        "paused",
        "paused for an hour",
        _paused,
        Alert(
            "PostroomPausedLong",
            "warning",
            "{{ $labels.lane }} mail has been paused for an hour",
            wait="1h",
            expression="max by (lane) (postroom_queue_paused) == 1",
        ),
    ),
    Rule(
        "unknown",
        "unknown",
        "e-mails wait for a decision",
        _unknown,
        Alert(
            "PostroomUnknown",
            "warning",
            "{{ $value }} e-mails wait for a decision",
            wait="15m",
            expression='max(postroom_queue_attention{status="unknown"}) > 0',
        ),
    ),
)
