"""The rules of health are pure: figures in, findings out."""

from datetime import timedelta
from typing import Any

import pytest

from postroom.shared.status import Priority
from postroom.web.emails.operating.health import Limits, Verdict, all_rules
from postroom.web.emails.operating.health.ended import Ended
from postroom.web.emails.operating.health.figures import Pause
from postroom.web.emails.operating.health.waiting import Waiting
from postroom.web.emails.operating.rabbitmq_state import RabbitMQState
from tests.support.health import NOW, flow, judged, process, rules_of

OK, WARNING, CRITICAL = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL
RELAY = process("relay", "r")


def waiting_for(kind: str, what: str, reason: str = "it is so", **values: Any) -> Any:
    return process(kind, "x", waiting_for=what, reason=reason, **values)


def test_nothing_is_said_while_all_work() -> None:
    found = judged()
    assert (found.verdict, found.findings) == (OK, ())


CASES: dict[str, tuple[dict[str, Any], str, Verdict]] = {
    "database away": ({"database_error": "refused"}, "database_away", CRITICAL),
    "database read-only": ({"read_only": "it is a standby"}, "database_read_only", CRITICAL),
    "smtp away": (
        {"processes": (waiting_for("mailer", "smtp"), RELAY)},
        "smtp_away",
        CRITICAL,
    ),
    "smtp away for one of two": (
        {
            "processes": (process(), waiting_for("mailer", "smtp"), RELAY),
            "ended": Ended(sent=1, last_sent=NOW),
        },
        "smtp_away",
        WARNING,
    ),
    "smtp away for one, and the other is idle": (
        {
            "processes": (process(), waiting_for("mailer", "smtp"), RELAY),
            "ended": Ended(sent=1, last_sent=NOW - timedelta(minutes=5)),
        },
        "smtp_away",
        CRITICAL,
    ),
    "login refused": (
        {"processes": (waiting_for("mailer", "smtp_operator"), RELAY)},
        "smtp_refuses_us",
        CRITICAL,
    ),
    "rabbitmq away": (
        {"processes": (waiting_for("mailer", "rabbitmq"), RELAY)},
        "rabbitmq_away",
        CRITICAL,
    ),
    "rabbitmq away, says the relay": (
        {"processes": (process(), waiting_for("relay", "rabbitmq"))},
        "rabbitmq_away",
        CRITICAL,
    ),
    "alarm, says the relay": (
        {"processes": (process(), waiting_for("relay", "alarm"))},
        "rabbitmq_alarm",
        CRITICAL,
    ),
    "alarm, says RabbitMQ": (
        {"broker": RabbitMQState(0, ("RabbitMQ rabbit@a is short of memory",))},
        "rabbitmq_alarm",
        CRITICAL,
    ),
    "lane": ({"processes": (process(), waiting_for("relay", "lane"))}, "lane_unusable", WARNING),
    "shared virtual host": (
        {"processes": (waiting_for("mailer", "installation"), RELAY)},
        "virtual_host_shared",
        WARNING,
    ),
    "dead letters": ({"broker": RabbitMQState(1000)}, "dead_letters", WARNING),
    "no mailer, nothing waits": ({"processes": (RELAY,)}, "no_mailer", WARNING),
    "no mailer, mail waits": (
        {"processes": (RELAY,), "waiting": Waiting({Priority.NORMAL: {"a": 1}}, NOW, NOW)},
        "no_mailer",
        CRITICAL,
    ),
    "only mailer silent": ({"processes": (process(age=16.0), RELAY)}, "mailer_silent", CRITICAL),
    "one of two mailers silent": (
        {"processes": (process(), process(name="b", age=16.0), RELAY)},
        "mailer_silent",
        WARNING,
    ),
    "relay silent": (
        {"processes": (process(), process("relay", age=16.0))},
        "relay_silent",
        CRITICAL,
    ),
    "scheduler silent": (
        {"processes": (process(), RELAY, process("scheduler", age=16.0))},
        "scheduler_silent",
        WARNING,
    ),
    "no relay": (
        {"processes": (process(),), "flow": flow(unpublished=1, oldest=31)},
        "no_relay",
        CRITICAL,
    ),
    "relay does not publish": ({"flow": flow(unpublished=1, oldest=61)}, "unpublished", WARNING),
    "stuck": ({"processes": (waiting_for("mailer", "thread"), RELAY)}, "mailer_stuck", WARNING),
    "template": (
        {"processes": (waiting_for("mailer", "template"), RELAY)},
        "template_missing",
        CRITICAL,
    ),
    "dropped": ({"flow": flow(dropped=1)}, "held_by_the_dead", WARNING),
    "half of the longest wait": ({"flow": flow(oldest=301)}, "mail_waits", WARNING),
    "longest wait": ({"flow": flow(oldest=601)}, "mail_waits", CRITICAL),
    "paused": (
        {"flow": flow(oldest=601, paused=True), "pauses": (Pause("all", "ann", "why", NOW),)},
        "paused",
        WARNING,
    ),
    "unknown": ({"flow": flow(unknown=1)}, "unknown", WARNING),
    "three of ours": ({"ended": Ended(ours={"message": 3})}, "failures", WARNING),
    "six of ours": ({"ended": Ended(ours={"login": 6})}, "failures", CRITICAL),
    "six of ours among many": (
        {"ended": Ended(sent=1000, ours={"message": 6})},
        "failures",
        WARNING,
    ),
    "many refusals": ({"ended": Ended(sent=10, refused=1000)}, "refusals", WARNING),
    "lost": ({"ended": Ended(sent=10, lost=6)}, "mailers_lost", WARNING),
    "redirected": (
        {"mail_limit": "x", "processes": (process(mail_limit="x"), RELAY)},
        "mail_redirected",
        WARNING,
    ),
    "mails real people": ({"mail_limit": "x"}, "mailer_limit_differs", CRITICAL),
    "redirected by the mailer alone": (
        {"processes": (process(mail_limit="x"), RELAY)},
        "mailer_limit_differs",
        CRITICAL,
    ),
    "not sent": ({"not_sent": "SEND is 'off'"}, "not_sent", WARNING),
}


@pytest.mark.parametrize("case", CASES)
def test_each_trouble_is_found_by_its_rule_alone(case: str) -> None:
    values, rule, verdict = CASES[case]
    found = judged(**values)
    assert rules_of(found) == [rule]
    (finding,) = found.findings
    assert (found.verdict, finding.verdict) == (verdict, verdict)
    assert finding.runbook
    assert finding.what.endswith(".")
    assert ".." not in finding.sentences
    assert "  " not in finding.sentences


@pytest.mark.parametrize(
    "values",
    [
        {"ended": Ended(sent=332, refused=8)},
        {"ended": Ended(sent=100, ours={"message": 2})},
        {"flow": flow(oldest=299)},
        {"flow": flow(failed=8, partial=3)},
        {"flow": flow(unpublished=500, oldest=20)},
        {"broker": RabbitMQState(999)},
        {"processes": (process(), RELAY, process(name="replaced", age=3601.0))},
        {"processes": (process(state="starting"), RELAY)},
    ],
    ids=["8 refused of 340", "2", "wait", "decisions", "publishes", "dead", "replaced", "starting"],
)
def test_what_is_usual_is_ok(values: dict[str, Any]) -> None:
    found = judged(**values)
    assert (found.verdict, rules_of(found)) == (OK, [])


def test_every_rule_has_a_case_here_or_in_its_app() -> None:
    names = {rule.name for rule in all_rules()}
    assert {rule for _, rule, _ in CASES.values()} <= names
    others = names - {rule for _, rule, _ in CASES.values()}
    assert all(name.startswith(("job_", "report_", "unqueued_")) for name in others), others


def test_finding_says_whom_it_hurts_and_until_when_nothing_is_given_up() -> None:
    reason = "127.0.0.1:25 refuses connections"
    found = judged(
        processes=(waiting_for("mailer", "smtp", reason), RELAY),
        waiting=Waiting(
            {Priority.HIGH: {"password_reset": 58, "invoice": 2}, Priority.BULK: {"news": 6}},
            NOW - timedelta(seconds=51),
            NOW + timedelta(days=3),
        ),
    )
    (finding,) = found.findings
    assert finding.what == f"The mail server cannot be used: {reason}."
    assert finding.since == NOW - timedelta(seconds=40)
    assert finding.hurts == (
        "66 e-mails wait, the oldest 51 s; 60 of them in lane high: password_reset 58, invoice 2; "
        "6 of them in lane bulk: news 6."
    )
    assert finding.recovers == (
        "They go out by themselves when it is back; none is given up before "
        "2 Dec 2026, 16:50:03 UTC."
    )
    assert (finding.runbook, finding.place) == ("smtp-down", "emails")


def test_login_says_that_only_an_operator_can_fix_it() -> None:
    mailer = waiting_for("mailer", "smtp_operator", "The login was refused: 535 5.7.8 no")
    (finding,) = judged(processes=(mailer, RELAY)).findings
    assert finding.what == (
        "The mail server mail.example.org:587 refuses us: the login was refused: 535 5.7.8 no. "
        "Only an operator can fix this."
    )


@pytest.mark.parametrize(
    ("what", "kind", "says"),
    [
        ("smtp", "mailer", "The others go on; these do so by themselves when it is back."),
        (
            "smtp_operator",
            "mailer",
            "The others go on; these do so when the cause is fixed and they are restarted.",
        ),
        ("rabbitmq", "mailer", "The others go on; these do so by themselves when it is back."),
        ("rabbitmq", "relay", "The others go on; these do so by themselves when it is back."),
    ],
)
def test_nobody_reads_that_nothing_goes_out_while_others_work(
    what: str, kind: str, says: str
) -> None:
    (finding,) = judged(
        processes=(process(), RELAY, waiting_for(kind, what)),
        ended=Ended(sent=1, last_sent=NOW),
    ).findings
    assert (finding.verdict, finding.recovers) == (WARNING, says)


def test_scheduler_that_another_replaces_holds_up_no_job() -> None:
    silent = process("scheduler", name="killed", age=16.0)
    found = judged(processes=(process(), RELAY, process("scheduler"), silent))
    (finding,) = found.findings
    assert finding.what.endswith("Another one works.")
    assert finding.recovers == "What is due runs: another scheduler starts it."


@pytest.mark.parametrize("end", ["?", "!", "."])
def test_reason_with_an_end_of_its_own_gets_no_second_one(end: str) -> None:
    mailer = waiting_for("mailer", "rabbitmq", f"nothing listens. Is it running{end}")
    (finding,) = judged(processes=(mailer, RELAY)).findings
    assert finding.what == (
        f"RabbitMQ cannot be used: nothing listens. Is it running{end} So say mailer x."
    )


def test_process_with_two_troubles_reports_both() -> None:
    mailer = waiting_for("mailer", "smtp,rabbitmq", "first\nsecond")
    found = judged(processes=(mailer, RELAY))
    assert rules_of(found) == ["smtp_away", "rabbitmq_away"]
    assert [finding.since is None for finding in found.findings] == [False, True]


def test_what_a_silent_process_said_last_no_longer_counts() -> None:
    mailer = waiting_for("mailer", "smtp", age=61.0)
    assert rules_of(judged(processes=(mailer, RELAY))) == ["mailer_silent"]


def test_worst_comes_first() -> None:
    found = judged(flow=flow(oldest=601, unknown=1), ended=Ended(ours={"login": 3}))
    assert rules_of(found) == ["mail_waits", "unknown", "failures"]
    assert found.verdict is CRITICAL


def test_limits_are_the_callers() -> None:
    strict = Limits(max_age=timedelta(seconds=10), max_failed=0)
    found = judged(strict, flow=flow(oldest=11), ended=Ended(ours={"login": 1}))
    assert rules_of(found) == ["mail_waits", "failures"]
    generous = Limits(max_age=timedelta(hours=2), max_failed=50)
    assert not judged(generous, flow=flow(oldest=601), ended=Ended(ours={"login": 20})).findings


def test_names_of_rules_and_alerts_are_unique() -> None:
    rules = all_rules()
    alerts = [rule.alert.name for rule in rules if rule.alert]
    assert len({rule.name for rule in rules}) == len(rules)
    assert len(set(alerts)) == len(alerts)
