"""Rules about the processes: none, silent ones, stuck ones, those that lack something."""

from collections.abc import Callable, Iterator
from typing import Final

from postroom.shared.waits_for import WaitsFor
from postroom.web.emails.operating.health.figures import Figures
from postroom.web.emails.operating.health.processes import REPLACED_AFTER, Process, since_of
from postroom.web.emails.operating.health.rule import Alert, Limits, Rule
from postroom.web.emails.operating.health.rules import whom, words
from postroom.web.emails.operating.health.verdict import Finding, Verdict, finding

_Find = Callable[[Figures, Limits], Iterator[Finding]]
_PATIENCE: Final = 30.0  # seconds; a relay normally publishes within one


def _no_mailer(figures: Figures, _: Limits) -> Iterator[Finding]:
    if any(one.kind == "mailer" for one in figures.processes) or figures.not_sent:
        return
    yield finding(
        Verdict.CRITICAL if whom.anybody_waits(figures) else Verdict.WARNING,
        "No mailer is running.",
        hurts=whom.hurt(figures),
        recovers=whom.after_the_fix(figures, "a mailer runs"),
        do="Start postroom-mailer run.",
        place="processes",
    )


def _no_relay(figures: Figures, _: Limits) -> Iterator[Finding]:
    """Only where mail waits for it: `relay_emails --once` by cron writes no heartbeat."""
    flow = figures.flow
    if any(one.kind == "relay" for one in figures.processes) or figures.not_sent:
        return
    if flow.unpublished and flow.oldest_seconds > _PATIENCE:
        yield finding(
            Verdict.CRITICAL,
            "No relay is running: due e-mails are not handed to RabbitMQ.",
            hurts=whom.hurt(figures),
            recovers=whom.after_the_fix(figures, "a relay runs"),
            do="Start manage.py relay_emails.",
            place="processes",
        )


def _unpublished(figures: Figures, _: Limits) -> Iterator[Finding]:
    """A relay reports, and due mail waits for it; not if it says itself what it waits for."""
    relays = figures.of_kind("relay")
    waiting = [lane for lane in figures.flow.lanes if lane.unpublished and not lane.paused]
    oldest = max((lane.oldest_seconds for lane in waiting), default=0.0)
    if relays and oldest > 2 * _PATIENCE and not any(one.waiting_for for one in relays):
        count = sum(lane.unpublished for lane in waiting)
        yield finding(
            Verdict.WARNING,
            f"Not yet handed to RabbitMQ: {words.emails(count)}, though a relay reports.",
            hurts=whom.hurt(figures, [lane.lane for lane in waiting]),
            recovers=whom.by_itself(figures, "as fast as the relay can publish"),
            do="Look at the relay's log; start a second relay if there is much to publish.",
            place="processes",
        )


def _silent(kind: str, nothing_runs: str, do: str, *, worst: Verdict) -> _Find:
    def find(figures: Figures, _: Limits) -> Iterator[Finding]:
        live = figures.of_kind(kind)
        silent = figures.of_kind(kind, silent=True)
        if live:
            silent = [one for one in silent if one.age < REPLACED_AFTER.total_seconds()]
        if not silent:
            return
        last = max(one.last_seen_at for one in silent)
        names = words.listing([one.name for one in silent])
        report = "has" if len(silent) == 1 else "have"
        what = f"{kind.capitalize()} {names} {report} stopped reporting: frozen, killed or cut off."
        rest = "Another one works." if len(live) == 1 else f"{len(live)} others work."
        yield finding(
            Verdict.WARNING if live else worst,
            f"{what} {rest if live else nothing_runs}",
            since=last,
            hurts=whom.hurt(figures) if kind != "scheduler" else "",
            recovers=_recovers(figures, kind, live),
            do=do,
            place="processes",
        )

    return find


def _recovers(figures: Figures, kind: str, live: list[Process]) -> str:
    if kind == "scheduler":
        if live:
            return "What is due runs: another scheduler starts it."
        return "What is due meanwhile runs when a scheduler is back, unless its job says to skip."
    if live:
        return "Mail goes out by itself; what a silent mailer holds is taken back after its lease."
    return whom.after_the_fix(figures, f"a {kind} runs")


def _stuck(figures: Figures, _: Limits) -> Iterator[Finding]:
    for one in figures.of_kind("mailer"):
        if one.waits_for(WaitsFor.THREAD):
            yield finding(
                Verdict.WARNING,
                f"Mailer {one.name} is stuck: {one.reasons.get(WaitsFor.THREAD.value, '')}.",
                since=one.since_of(WaitsFor.THREAD),
                recovers="Another mailer takes over what it holds when its lease ends.",
                do="Restart it, and report its log.",
                place="processes",
            )


def _template(figures: Figures, _: Limits) -> Iterator[Finding]:
    waiting = [one for one in figures.of_kind("mailer") if one.waits_for(WaitsFor.TEMPLATE)]
    reasons = dict.fromkeys(one.reasons.get(WaitsFor.TEMPLATE.value, "") for one in waiting)
    if waiting:
        names = words.listing([one.name for one in waiting])
        yield finding(
            Verdict.CRITICAL if len(waiting) == len(figures.of_kind("mailer")) else Verdict.WARNING,
            f"A template is missing: {words.clause('; '.join(reasons))} (mailer {names}).",
            since=since_of(waiting, WaitsFor.TEMPLATE),
            hurts="E-mails of this template wait; all others go out.",
            recovers=whom.by_itself(figures, "within a minute after the template is there"),
            do="Deploy the templates to the mailer, and check its EMAIL_TEMPLATE_DIRS.",
            place="emails",
            query="status=pending&error=template",
        )


def _dropped(figures: Figures, _: Limits) -> Iterator[Finding]:
    if count := figures.flow.dropped:
        verb = "is" if count == 1 else "are"
        yield finding(
            Verdict.WARNING,
            f"{words.emails(count)} {verb} held by mailers that have stopped responding.",
            recovers="A relay takes them back within seconds, or the mailer records them.",
            do="Check that a relay runs. One that has just started waits 15 s.",
            place="emails",
            query="status=processing",
        )


RULES = (
    Rule(
        "no_mailer",
        "no-mailer",
        "no mailer sends",
        _no_mailer,
        Alert("PostroomNoMailer", "either", "No mailer is running", wait="2m"),
    ),
    Rule(
        "mailer_silent",
        "no-mailer",
        "a mailer has stopped reporting",
        _silent(
            "mailer",
            "No other mailer runs: no mail is sent.",
            "Restart it. If it is frozen, end it with SIGKILL first.",
            worst=Verdict.CRITICAL,
        ),
        Alert("PostroomMailerSilent", "either", "A mailer has stopped reporting", wait="2m"),
    ),
    Rule(
        "no_relay",
        "unpublished",
        "no relay publishes",
        _no_relay,
        Alert("PostroomNoRelay", "critical", "No relay is running, and mail waits", wait="1m"),
    ),
    Rule(
        "relay_silent",
        "unpublished",
        "a relay has stopped reporting",
        _silent(
            "relay",
            "No other relay runs: no mail is sent.",
            "Restart it. If it is frozen, end it with SIGKILL first.",
            worst=Verdict.CRITICAL,
        ),
        Alert("PostroomRelaySilent", "either", "A relay has stopped reporting", wait="2m"),
    ),
    Rule(
        "unpublished",
        "unpublished",
        "the relay does not publish",
        _unpublished,
        Alert(
            "PostroomUnpublished",
            "critical",
            "Due e-mails have had no message in RabbitMQ for five minutes",
            expression="min_over_time(sum(max by (lane) (postroom_queue_unpublished))[5m:30s]) > 0",
        ),
    ),
    Rule(
        "scheduler_silent",
        "scheduler-silent",
        "the scheduler has stopped reporting",
        _silent(
            "scheduler",
            "No other scheduler runs: no job starts.",
            "Restart manage.py run_jobs.",
            worst=Verdict.WARNING,
        ),
        Alert("PostroomSchedulerSilent", "warning", "A scheduler has stopped reporting", wait="2m"),
    ),
    Rule(
        "mailer_stuck",
        "no-mailer",
        "a part of a mailer is stuck",
        _stuck,
        Alert("PostroomMailerStuck", "warning", "A part of a mailer has ended or is stuck"),
    ),
    Rule(
        "template_missing",
        "template-missing",
        "a mailer does not have a template",
        _template,
        Alert(
            "PostroomTemplateMissing",
            "either",
            "E-mails wait for a template that a mailer does not have",
        ),
    ),
    Rule(
        "held_by_the_dead",
        "dropped",
        "a dead mailer's e-mails are not taken back",
        _dropped,
        Alert(
            "PostroomDropped", "warning", "E-mails of a dead mailer are not taken back", wait="2m"
        ),
    ),
)
