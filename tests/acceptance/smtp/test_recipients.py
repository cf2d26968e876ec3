"""Some addresses refused, some for ever, and attempts that end early or are used up."""

from typing import Any

import pytest

from postroom.shared.status import Status
from tests.support.acceptance.short_timeouts import IMPATIENT
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import CLOSE, HANG, Rule, Script, ScriptedServer, say


def test_silence_about_some_recipients_slows_nobody_else(
    system: System, smtp: ScriptedServer
) -> None:
    """As from a server that asks a recipient's own one first, which is gone for good."""
    system.catcher = smtp
    gone, others = [f"person{number}@gone.example" for number in range(24)], 200
    silent = tuple(Rule("rcpt", HANG, recipient=person) for person in gone)
    smtp.script = Script(rules=(*silent, *smtp.script.rules))
    dead = system.queue(len(gone), recipients=lambda number: [gone[number]])
    # Nearly too old to be tried again, and tried no more often than is sensible for its age.
    system.query("UPDATE postroom_emailqueue SET queued_at = queued_at - interval '200000 s'")
    ids = system.queue(others)
    system.start_relay()
    mailer = system.start_mailer(**IMPATIENT)
    system.wait(lambda: system.statuses(ids) == {Status.COMPLETED: others})
    lost = "SELECT 1 FROM postroom_emaillog WHERE phase = 'rcpt' AND outcome = 'retry'"
    system.wait(lambda: len(system.query(lost)) == len(gone))
    system.wait(lambda: system.statuses(dead) == {Status.PENDING: len(gone)})
    ((counted, soonest),) = system.query(
        "SELECT max(attempts), min(extract(epoch FROM next_attempt_at - now()))"
        " FROM postroom_emailqueue WHERE id = ANY(%s)",
        dead,
    )
    assert counted == 0
    assert soonest > 15000
    # Once it is reached again, or somebody requeues it, it goes out.
    smtp.script = Script()
    system.query("UPDATE postroom_emailqueue SET next_attempt_at = now() WHERE status = 'pending'")
    system.wait_until_settled()
    assert mailer.running
    system.assert_contract([*ids, *dead])


@pytest.mark.fault(64)
def test_two_of_five_recipients_refused_and_the_others_get_it_once(
    system: System, smtp: ScriptedServer
) -> None:
    system.catcher = smtp
    people = [f"{name}@example.org" for name in ("one", "two", "three", "four", "five")]
    smtp.script = Script(
        rules=(
            Rule("rcpt", say("550 5.1.1 unknown"), recipient=people[1]),
            Rule("rcpt", say("554 5.7.1 policy"), recipient=people[3]),
            *smtp.script.rules,
        )
    )
    (for_good,) = system.queue(1, recipients=people)
    later = [f"later-{person}" for person in people]
    smtp.script = smtp.script.when("rcpt", say("450 busy"), recipient=later[1], times=1)
    smtp.script = smtp.script.when("rcpt", say("450 busy"), recipient=later[3], times=1)
    (for_now,) = system.queue(1, recipients=later)
    system.start_relay()
    mailer = system.start_mailer(**IMPATIENT)
    system.wait_until_settled()
    assert recipients(system, for_good) == {
        "one@example.org": ("accepted", 250),
        "two@example.org": ("refused", 550),
        "three@example.org": ("accepted", 250),
        "four@example.org": ("refused", 554),
        "five@example.org": ("accepted", 250),
    }
    assert system.statuses([for_good]) == {Status.PARTIAL: 1}
    assert recipients(system, for_now) == dict.fromkeys(later, ("accepted", 250))
    assert system.statuses([for_now]) == {Status.COMPLETED: 1}
    envelopes = sorted(tuple(t.recipients) for t in smtp.accepted)
    assert envelopes == sorted([tuple(people[0::2]), tuple(later[0::2]), tuple(later[1::2])]), (
        "nobody who has it gets it again"
    )
    assert {row[0] for row in system.query("SELECT address FROM postroom_suppression")} == {
        people[1]
    }
    assert mailer.stop() == 0


def recipients(system: System, email_id: int) -> dict[str, tuple[str, int]]:
    """Status and code of each address."""
    statement = "SELECT address, status, smtp_code FROM postroom_emailrecipient WHERE email_id = %s"
    return {address: (status, code) for address, status, code in system.query(statement, email_id)}


@pytest.mark.fault(57)
def test_connection_cut_in_the_middle_of_a_large_body_is_tried_again_unflagged(
    system: System, smtp: ScriptedServer
) -> None:
    system.catcher = smtp
    cut = Rule("body", CLOSE, after=100_000, times=1)
    smtp.script = Script(rules=(cut, *smtp.script.rules))
    files = [("large.bin", bytes(10_000_000), "application/octet-stream")]
    ids = system.queue(1, attachments=files, on_unknown="hold")
    system.start_relay()
    system.start_mailer()
    system.wait_until_settled()
    log = system.query("SELECT outcome, phase, possible_repeat FROM postroom_emaillog ORDER BY id")
    assert log == [("retry", "body", False), ("accepted", "final", False)]
    assert system.query("SELECT status, attempts FROM postroom_emailqueue") == [("completed", 2)]
    system.assert_contract(ids)


def test_attempts_used_up_end_in_failed_or_unknown_but_nothing_is_lost(
    system: System, smtp: ScriptedServer, settings: Any
) -> None:
    settings.EMAIL_MAX_ATTEMPTS = 2
    refused, silent = "refused@example.com", "silent@example.com"
    rules = (
        Rule("dot", say("451 4.3.0 never now"), sender=refused),
        Rule("dot", CLOSE, sender=silent, keep=True),
    )
    smtp.script = Script(rules=(*rules, *smtp.script.rules))
    system.catcher = smtp
    (failing,) = system.queue(1, from_email=refused)
    (unknown,) = system.queue(1, from_email=silent)
    system.start_relay()
    system.start_mailer(**IMPATIENT)
    system.wait_until_settled()
    statement = "SELECT status, attempts, last_error FROM postroom_emailqueue WHERE id = %s"
    ((status, attempts, error),) = system.query(statement, failing)
    assert (status, attempts) == (Status.FAILED, 2)
    assert "Attempts used up (2)" in error
    assert "451 4.3.0 never now" in error
    ((status, attempts, error),) = system.query(statement, unknown)
    assert (status, attempts) == (Status.UNKNOWN, 2)
    assert system.repeated() == {unknown} == system.ids_flagged()
    system.wait(lambda: system.broker.ready("email_notifications.dead") == 1)
    system.assert_contract([failing, unknown])


@pytest.mark.fault(63)
def test_address_that_does_not_exist_is_not_mailed_again_except_with_high_priority(
    system: System, smtp: ScriptedServer
) -> None:
    system.catcher = smtp
    gone, there = "Gone@Example.org", "there@example.org"
    rule = Rule("rcpt", say("550 5.1.1 <Gone@Example.org> unknown"), times=1)
    smtp.script = Script(rules=(rule, *smtp.script.rules))
    system.start_relay()
    system.start_mailer()
    (bounced,) = system.queue(1, recipients=[gone])
    system.wait_until_settled()
    assert system.statuses([bounced]) == {Status.FAILED: 1}
    (alone,) = system.queue(1, recipients=["gone@example.org"])
    (both,) = system.queue(1, recipients=[gone, there])
    (urgent,) = system.queue(1, recipients=[gone], priority="high")
    system.wait_until_settled()
    assert system.statuses([alone]) == {Status.SUPPRESSED: 1}
    assert system.query("SELECT 1 FROM postroom_emaillog WHERE email_id = %s", alone) == []
    assert system.statuses([urgent]) == {Status.COMPLETED: 1}
    assert recipients(system, both)[there] == ("accepted", 250)
    assert [status for status, _ in recipients(system, both).values()].count("suppressed") == 1
    assert sorted(len(t.recipients) for t in smtp.accepted) == [1, 1]
