"""Rules about RabbitMQ, as relays, mailers and its management API report it."""

from collections.abc import Iterator

from postroom.shared.waits_for import WaitsFor
from postroom.web.emails.operating.health.figures import Figures
from postroom.web.emails.operating.health.processes import Process, since_of
from postroom.web.emails.operating.health.rule import Alert, Limits, Rule
from postroom.web.emails.operating.health.rules import whom, words
from postroom.web.emails.operating.health.verdict import Finding, Verdict, finding

PAGE = "rabbitmq"
MANY_DEAD_LETTERS = 1000


def _away(figures: Figures, _: Limits) -> Iterator[Finding]:
    waiting = _who_waits(figures, WaitsFor.RABBITMQ)
    if not waiting:
        return
    reason = words.clause(waiting[0].reasons.get(WaitsFor.RABBITMQ.value, "no answer"))
    kinds = {one.kind for one in waiting}
    others = [
        one
        for kind in kinds
        for one in figures.of_kind(kind)
        if one not in waiting and one.state != "starting"
    ]
    yield finding(
        Verdict.WARNING if others else Verdict.CRITICAL,
        f"RabbitMQ cannot be used: {reason}. So say {words.listing([_named(w) for w in waiting])}.",
        since=since_of(waiting, WaitsFor.RABBITMQ),
        hurts=whom.hurt(figures),
        recovers=whom.others_work("by themselves when it is back")
        if others
        else whom.by_itself(figures, "when it is back"),
        do="Check whether RabbitMQ runs, and RABBITMQ_URL of relays and mailers.",
        place="processes",
    )


def _alarm(figures: Figures, _: Limits) -> Iterator[Finding]:
    relays = _who_waits(figures, WaitsFor.ALARM)
    reported = [one.reasons.get(WaitsFor.ALARM.value, "RabbitMQ is in an alarm") for one in relays]
    found = list(figures.broker.alarms) or reported
    if not found:
        return
    yield finding(
        Verdict.CRITICAL,
        f"{words.listing(list(dict.fromkeys(found)))}. It takes no messages: no mail is sent.",
        since=since_of(relays, WaitsFor.ALARM),
        hurts=whom.hurt(figures),
        recovers=whom.by_itself(figures, "when the alarm is over"),
        do="Give RabbitMQ memory or disk space; `rabbitmqctl status` names the limits.",
        place="processes",
    )


def _lane(figures: Figures, _: Limits) -> Iterator[Finding]:
    waiting = _who_waits(figures, WaitsFor.LANE)
    reasons = dict.fromkeys(one.reasons.get(WaitsFor.LANE.value, one.state) for one in waiting)
    if reasons:
        yield finding(
            Verdict.WARNING,
            f"RabbitMQ does not serve every lane: {words.clause('; '.join(reasons))}.",
            since=since_of(waiting, WaitsFor.LANE),
            hurts=f"The other lanes work. {whom.hurt(figures)}",
            recovers=whom.by_itself(figures, "when its queue can be used"),
            do="`postroom-mailer topology check` says what differs, and `topology apply` repairs "
            "what can be repaired.",
            place="processes",
        )


def _shared(figures: Figures, _: Limits) -> Iterator[Finding]:
    waiting = _who_waits(figures, WaitsFor.INSTALLATION)
    reasons = dict.fromkeys(one.reasons.get(WaitsFor.INSTALLATION.value, "") for one in waiting)
    if waiting:
        yield finding(
            Verdict.WARNING,
            "Mailers get messages of another installation on the same virtual host: "
            f"{words.clause('; '.join(reasons))}.",
            since=since_of(waiting, WaitsFor.INSTALLATION),
            hurts="Mail of both installations is late; none is lost.",
            recovers="It goes on until each has a virtual host of its own.",
            do="Set RABBITMQ_VHOST, or the path of RABBITMQ_URL, in one of them.",
            place="processes",
        )


def _dead_letters(figures: Figures, _: Limits) -> Iterator[Finding]:
    depth = figures.broker.dead_letters or 0
    if depth >= MANY_DEAD_LETTERS:
        yield finding(
            Verdict.WARNING,
            f"{words.number(depth)} messages lie in the dead-letter queue of RabbitMQ, and nobody "
            "reads them.",
            hurts="No e-mail waits for them: each failed e-mail is in the list of e-mails.",
            do="Purge email_notifications.dead in RabbitMQ; it may be purged at any time.",
            place="emails",
            query="status=failed",
        )


def _who_waits(figures: Figures, what: WaitsFor) -> list[Process]:
    return [one for one in figures.processes if one.waits_for(what)]


def _named(process: Process) -> str:
    return f"{process.kind} {process.name}"


RULES = (
    Rule(
        "rabbitmq_away",
        PAGE,
        "RabbitMQ cannot be used",
        _away,
        Alert("PostroomRabbitMQDown", "either", "RabbitMQ cannot be used", wait="2m"),
    ),
    Rule(
        "rabbitmq_alarm",
        PAGE,
        "RabbitMQ is short of memory or disk space",
        _alarm,
        Alert("PostroomRabbitMQAlarm", "critical", "RabbitMQ is in an alarm: it takes no messages"),
    ),
    Rule(
        "lane_unusable",
        PAGE,
        "the queue of one lane cannot be used",
        _lane,
        Alert("PostroomLaneUnusable", "warning", "The queue of a lane cannot be used", wait="2m"),
    ),
    Rule(
        "virtual_host_shared",
        PAGE,
        "two installations use one virtual host",
        _shared,
        Alert("PostroomSharedHost", "warning", "Two installations use one virtual host"),
    ),
    Rule(
        "dead_letters",
        "dead-letters",
        "nobody reads the dead-letter queue",
        _dead_letters,
        Alert("PostroomDeadLetters", "warning", "The dead-letter queue is long", wait="1h"),
    ),
)
