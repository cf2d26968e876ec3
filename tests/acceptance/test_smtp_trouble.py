"""An SMTP server that misbehaves in every phase: each e-mail ends as the design says.

docs/message-path.md and the table of SMTP answers in the delivery contract are this page in words.
"""

import json
import socket
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from typing import Any

import pytest
from django.conf import settings

from shared.status import Status
from tests.acceptance.program import Program
from tests.acceptance.system import System
from tests.smtp_script import (
    CLOSE,
    DRIBBLE,
    ENDLESS,
    GARBAGE,
    HANG,
    LAST_REPLY,
    LONG_LINE,
    RESET,
    Action,
    Rule,
    Script,
    ScriptedServer,
    say,
)

# Every mail on a connection of its own, so that trouble with connections is met at once.
ONE_EACH = Script(auth="PLAIN").when("dot", LAST_REPLY)
IMPATIENT = {
    "EMAIL_TIMEOUT": 1,
    "EMAIL_FINAL_TIMEOUT": 1.5,
    "EMAIL_RETRY_BASE_SECONDS": 0.1,
    "MAILER_PROBE_SECONDS": 0.1,
    "MAILER_CONCURRENCY": 8,
}
LOGIN = {"EMAIL_HOST_USER": "postroom", "EMAIL_HOST_PASSWORD": "as good as any"}


# --- trouble inside a transaction, all of it at the same time


@dataclass(frozen=True)
class Case:
    """What the server does once to an e-mail, and what must become of it."""

    point: str
    action: Action
    status: Status
    outcome: str  # of the first attempt
    phase: str
    code: int | None
    counted: bool = True
    copies: int = 1
    on_unknown: str = "resend"
    bounce: bool = False
    error: str = ""
    keep: bool = False
    wait: int = 0  # the e-mail still waits at the end of the test, at least for so many seconds


def again(point: str, action: Action, code: int | None, *, counted: bool, **more: Any) -> Case:
    """Refused for now and not by mistake: the next attempt delivers it."""
    return Case(point, action, Status.COMPLETED, "retry", point, code, counted, **more)


def refused(point: str, action: Action, code: int, phase: str = "", **more: Any) -> Case:
    """Refused for good."""
    return Case(point, action, Status.FAILED, "failed", phase or point, code, copies=0, **more)


def perhaps(action: Action, on_unknown: str, keep: bool) -> Case:
    """The final dot was written and no usable answer came."""
    resend = on_unknown == "resend"
    return Case(
        "dot",
        action,
        Status.COMPLETED if resend else Status.UNKNOWN,
        "unknown",
        "final",
        None,
        copies=resend + keep,
        on_unknown=on_unknown,
        keep=keep,
    )


# These look like a kept connection that has ended, which is opened again at once. They are tried
# by themselves, because then each ends its connection and the next is on a new one.
LOST_AT_MAIL = {
    "421 to MAIL": again("mail", say("421 4.3.2 closing"), 421, counted=False),
    "close at MAIL": again("mail", CLOSE, None, counted=False),
    "reset at MAIL": again("mail", RESET, None, counted=False),
    "silence at MAIL": again("mail", HANG, None, counted=False),
    "garbage to MAIL": again("mail", GARBAGE, None, counted=False),
    "100 kB line to MAIL": again("mail", LONG_LINE, None, counted=False),
    "endless reply to MAIL": again("mail", ENDLESS, None, counted=False),
    "dribble at MAIL": again("mail", DRIBBLE, None, counted=False),
}
CASES = {
    # MAIL: the server knows nothing of the e-mail yet
    "450 to MAIL": again("mail", say("450 4.1.8 not now"), 450, counted=True),
    "451 to MAIL": again("mail", say("451 4.3.0 short of something"), 451, counted=False),
    "452 to MAIL": again("mail", say("452 4.3.1 disk full"), 452, counted=False),
    "550 to MAIL": refused("mail", say("550 5.7.1 sender refused"), 550),
    "552 to MAIL": refused("mail", say("552 5.3.4 too big"), 552, error="too large"),
    "554 to MAIL": refused("mail", say("554 5.1.8 no"), 554),
    # RCPT
    "421 to RCPT": again("rcpt", say("421 4.7.0 later"), 421, counted=False),
    "450 to RCPT": again("rcpt", say("450 4.3.0 mailbox busy"), 450, counted=True),
    "451 to RCPT": again("rcpt", say("451 4.3.0 local error"), 451, counted=True),
    "452 too many": again("rcpt", say("452 4.5.3 too many recipients"), 452, counted=False),
    "greylisting": again("rcpt", say("451 4.7.1 greylisted"), 451, counted=True, wait=50),
    "mailbox full": again("rcpt", say("552 5.2.2 over quota"), 552, counted=True, wait=800),
    "rate limit": again("rcpt", say("450 4.2.1 too fast for it"), 450, counted=True, wait=250),
    "no such address": refused("rcpt", say("550 5.1.1 unknown"), 550, bounce=True),
    "550 for policy": refused("rcpt", say("550 5.7.1 we do not like you"), 550),
    "bare 550 to RCPT": refused("rcpt", say("550 no"), 550),
    "552 to RCPT": refused("rcpt", say("552 5.3.4 too big"), 552, error="too large"),
    "554 to RCPT": refused("rcpt", say("554 5.7.1 spam"), 554),
    "close at RCPT": again("rcpt", CLOSE, None, counted=True),
    "silence at RCPT": again("rcpt", HANG, None, counted=False),
    "garbage to RCPT": again("rcpt", GARBAGE, None, counted=False),
    "100 kB line to RCPT": again("rcpt", LONG_LINE, None, counted=False),
    # DATA
    "421 to DATA": again("data", say("421 4.3.2 closing"), 421, counted=False),
    "450 to DATA": again("data", say("450 4.3.0 not now"), 450, counted=True),
    "451 to DATA": again("data", say("451 4.3.0 local error"), 451, counted=True),
    "550 to DATA": refused("data", say("550 5.7.1 no"), 550),
    "552 to DATA": refused("data", say("552 5.3.4 too big"), 552, error="too large"),
    "554 to DATA": refused("data", say("554 5.5.1 no valid recipients"), 554),
    "close at DATA": again("data", CLOSE, None, counted=True),
    "silence at DATA": again("data", HANG, None, counted=False),
    "garbage to DATA": again("data", GARBAGE, None, counted=False),
    "100 kB line to DATA": again("data", LONG_LINE, None, counted=False),
    # the final dot was answered, so the outcome is certain
    "421 to the dot": again("dot", say("421 4.3.2 closing"), 421, counted=True),
    "450 to the dot": again("dot", say("450 4.3.0 not now"), 450, counted=True),
    "451 to the dot": again("dot", say("451 4.3.0 local error"), 451, counted=True),
    "535 to the dot": refused("dot", say("535 5.7.8 no"), 535),
    "550 to the dot": refused("dot", say("550 5.7.1 content"), 550),
    "552 to the dot": refused("dot", say("552 5.3.4 too big"), 552, error="too large"),
    "554 to the dot": refused("dot", say("554 5.7.1 spam"), 554),
    # the final dot was not answered: it may have arrived
    **{
        f"{name} after the dot, {on_unknown}, {'kept' if keep else 'not kept'}": perhaps(
            action, on_unknown, keep
        )
        for name, action in {
            "silence": HANG,
            "close": CLOSE,
            "reset": RESET,
            "garbage": GARBAGE,
            "100 kB line": LONG_LINE,
        }.items()
        for on_unknown in ("resend", "hold")
        for keep in (True, False)
        if keep or action is not LONG_LINE  # which begins with 250: accepted
    },
}
PHASES = {"dot": "final"}


@pytest.mark.parametrize("cases", [LOST_AT_MAIL, CASES], ids=["lost at MAIL", "all others"])
def test_trouble_in_a_transaction_ends_as_designed_and_touches_no_other_mail(
    system: System, smtp: ScriptedServer, cases: dict[str, Case]
) -> None:
    system.catcher = smtp
    senders = {name: f"case{number}@example.com" for number, name in enumerate(cases)}
    rules = [
        Rule(case.point, case.action, sender=senders[name], keep=case.keep, times=1)
        for name, case in cases.items()
    ]
    smtp.script = Script(rules=(*rules, *smtp.script.rules))
    ids = {
        name: system.queue(
            1,
            from_email=senders[name],
            recipients=[f"to-{senders[name]}"],
            on_unknown=case.on_unknown,
        )[0]
        for name, case in cases.items()
    }
    system.start_relay()
    mailer = system.start_mailer(**IMPATIENT | {"MAILER_CONCURRENCY": len(cases)})
    waiting = {name: case for name, case in cases.items() if case.wait}
    system.wait(lambda: tried(system, [ids[name] for name in waiting]))
    assert differences(system, smtp, ids, waiting) == {}
    others = {name: case for name, case in cases.items() if not case.wait}
    at_rest = [ids[name] for name in others]
    system.wait(lambda: not system.statuses(at_rest).keys() & {Status.PENDING, Status.PROCESSING})
    assert differences(system, smtp, ids, others) == {}
    (normal,) = system.queue()
    system.wait(lambda: system.statuses([normal]) == {Status.COMPLETED: 1})
    assert mailer.stop() == 0
    system.assert_contract([*at_rest, normal])


def tried(system: System, ids: list[int]) -> bool:
    """Whether each of these was tried at least once."""
    statement = "SELECT DISTINCT email_id FROM email_log WHERE email_id = ANY(%s)"
    return len(system.query(statement, ids)) == len(ids)


def differences(
    system: System, smtp: ScriptedServer, ids: dict[str, int], cases: dict[str, Case]
) -> dict[str, dict[str, tuple[object, object]]]:
    """Where an e-mail did not end as wanted: what is, and what should be."""
    found = {}
    for name, case in cases.items():
        is_, should_be = ending(system, smtp, ids[name], case), wanted(case)
        if is_ != should_be:
            found[name] = {k: (is_[k], should_be[k]) for k in is_ if is_[k] != should_be[k]}
    return found


def wanted(case: Case) -> dict[str, Any]:
    """The case as `ending` tells it."""
    tried_again = case.status is Status.COMPLETED and not case.wait
    people = {
        Status.COMPLETED: "accepted",
        Status.FAILED: "refused",
        Status.UNKNOWN: "unknown",
    }[case.status]
    return {
        "status": Status.PENDING.value if case.wait else case.status.value,
        "recipients": ["pending" if case.wait else people],
        "first": (case.outcome, PHASES.get(case.phase, case.phase), case.code),
        "attempts": int(case.counted) + tried_again,
        "last": "accepted" if tried_again else case.outcome,
        "copies": 0 if case.wait else case.copies,
        "flagged": case.outcome == "unknown" and case.on_unknown == "resend",
        "bounced": case.bounce,
        "error": True,
        "waits long enough": True,
    }


def ending(system: System, smtp: ScriptedServer, email_id: int, case: Case) -> dict[str, Any]:
    """What became of an e-mail."""
    ((status, attempts, message_id, seconds),) = system.query(
        "SELECT status, attempts, message_id, extract(epoch FROM next_attempt_at - "
        "(SELECT min(created_at) FROM email_log WHERE email_id = q.id))"
        " FROM email_queue q WHERE id = %s",
        email_id,
    )
    log = system.query(
        "SELECT outcome, phase, smtp_code, error, possible_repeat, duration_ms"
        " FROM email_log WHERE email_id = %s ORDER BY id",
        email_id,
    )
    people = system.query(
        "SELECT status, address FROM email_recipient WHERE email_id = %s", email_id
    )
    bounced = system.query("SELECT 1 FROM email_suppression WHERE address = %s", people[0][1])
    assert all(row[-1] is not None for row in log)
    return {
        "status": status,
        "recipients": [person[0] for person in people],
        "first": log[0][:3],
        "attempts": attempts,
        "last": log[-1][0],
        "copies": system.copies()[message_id],
        "flagged": any(row[4] for row in log),
        "bounced": bool(bounced),
        "error": bool(log[0][3]) and case.error in log[0][3],
        "waits long enough": not case.wait or seconds >= case.wait,
    }


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
    assert {row[0] for row in system.query("SELECT address FROM email_suppression")} == {people[1]}
    assert mailer.stop() == 0


def recipients(system: System, email_id: int) -> dict[str, tuple[str, int]]:
    """Status and code of each address."""
    statement = "SELECT address, status, smtp_code FROM email_recipient WHERE email_id = %s"
    return {address: (status, code) for address, status, code in system.query(statement, email_id)}


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
    log = system.query("SELECT outcome, phase, possible_repeat FROM email_log ORDER BY id")
    assert log == [("retry", "body", False), ("accepted", "final", False)]
    assert system.query("SELECT status, attempts FROM email_queue") == [("completed", 2)]
    system.assert_contract(ids)


def test_attempts_used_up_end_in_failed_or_unknown_but_nothing_is_lost(
    system: System, smtp: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DELIVERY", replace(settings.DELIVERY, max_attempts=2))
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
    statement = "SELECT status, attempts, last_error FROM email_queue WHERE id = %s"
    ((status, attempts, error),) = system.query(statement, failing)
    assert (status, attempts) == (Status.FAILED, 2)
    assert "Attempts used up (2)" in error
    assert "451 4.3.0 never now" in error
    ((status, attempts, error),) = system.query(statement, unknown)
    assert (status, attempts) == (Status.UNKNOWN, 2)
    assert system.repeated() == {unknown} == system.ids_flagged()
    system.wait(lambda: system.broker.ready("email_notifications.dead") == 1)
    system.assert_contract([failing, unknown])


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
    assert system.query("SELECT 1 FROM email_log WHERE email_id = %s", alone) == []
    assert system.statuses([urgent]) == {Status.COMPLETED: 1}
    assert recipients(system, both)[there] == ("accepted", 250)
    assert [status for status, _ in recipients(system, both).values()].count("suppressed") == 1
    assert sorted(len(t.recipients) for t in smtp.accepted) == [1, 1]


# --- trouble before any transaction: the server's, no e-mail's


@dataclass(frozen=True)
class Relayed:
    """A mailer on a scripted server, kept for many tests."""

    system: System
    smtp: ScriptedServer
    mailers: list[Program]

    @property
    def mailer(self) -> Program:
        """The one that runs now."""
        return self.mailers[-1]

    def start_mailer(self) -> None:
        """In place of the one before."""
        if self.mailers:
            assert self.mailer.stop() == 0
        self.mailers.append(self.system.start_mailer(**IMPATIENT, **LOGIN))
        self.system.wait(lambda: self.readiness() == {"status": "ok"})

    def readiness(self) -> dict[str, str]:
        """What /readyz says."""
        self.mailer.wait_for_log("mailer_started")
        (started,) = self.mailer.logged("mailer_started")
        with closing(HTTPConnection("127.0.0.1", started["health_port"], timeout=10)) as http:
            http.request("GET", "/readyz")
            response = http.getresponse()
            answer: dict[str, str] = json.load(response)
        assert (response.status == 200) == (answer == {"status": "ok"})
        return answer

    def attempts(self, ids: Collection[int]) -> list[tuple[Any, ...]]:
        """Outcome, phase and code of everything in the log of these."""
        return self.system.query(
            "SELECT outcome, phase, smtp_code FROM email_log WHERE email_id = ANY(%s)", list(ids)
        )


@pytest.fixture(scope="module")
def relayed(module_system: System) -> Iterator[Relayed]:
    """Relay and mailer on a scripted server."""
    with ScriptedServer(ONE_EACH) as smtp:
        module_system.catcher = smtp
        module_system.start_relay()
        result = Relayed(module_system, smtp, [])
        result.start_mailer()
        yield result


SERVER_TROUBLE: dict[str, tuple[str, Action, str, int | None]] = {
    **{
        f"{code} at {point}": (point, say(f"{code} go away"), phase, code)
        for point, phase, codes in (
            ("connect", "connect", (421, 450, 451, 535, 550, 552, 554)),
            ("ehlo", "connect", (421, 450, 550)),
            ("auth", "auth", (421, 450, 451, 454)),
        )
        for code in codes
    },
    **{
        f"{name} at {point}": (point, action, phase, None)
        for name, action in {
            "silence": HANG,
            "close": CLOSE,
            "garbage": GARBAGE,
            "100 kB line": LONG_LINE,
        }.items()
        for point, phase in (("connect", "connect"), ("ehlo", "connect"), ("auth", "auth"))
    },
    "endless banner": ("connect", ENDLESS, "connect", None),
    "dribble at connect": ("connect", DRIBBLE, "connect", None),
}


@contextmanager
def trouble(relayed: Relayed, point: str, action: Action) -> Iterator[None]:
    """The server misbehaves as long as the block runs."""
    relayed.smtp.script = replace(ONE_EACH, rules=(Rule(point, action), *ONE_EACH.rules))
    try:
        yield
    finally:
        relayed.smtp.script = ONE_EACH
        relayed.smtp.release()
        relayed.smtp.released.clear()


@pytest.mark.parametrize("name", SERVER_TROUBLE)
def test_unusable_server_opens_the_circuit_burns_no_attempt_and_is_found_again(
    relayed: Relayed, name: str
) -> None:
    point, action, phase, code = SERVER_TROUBLE[name]
    with trouble(relayed, point, action):
        ids = circuit_opens(relayed)
        assert set(relayed.attempts(ids)) == {("retry", phase, code)}
    delivered_once(relayed, ids)


def test_refused_connections_open_the_circuit_and_burn_no_attempt(relayed: Relayed) -> None:
    port = relayed.smtp.port
    relayed.smtp.__exit__()
    with closing(socket.socket()) as taken:  # nobody else may get the port meanwhile
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        ids = circuit_opens(relayed)
        assert set(relayed.attempts(ids)) == {("retry", "connect", None)}
        assert "refused" in relayed.readiness()["smtp"]
    relayed.smtp.__enter__()
    delivered_once(relayed, ids)


def circuit_opens(relayed: Relayed) -> list[int]:
    """Queue some mail and wait until the mailer sends no more; their ids."""
    ids = relayed.system.queue(6)
    relayed.system.wait(lambda: "smtp" in relayed.readiness())
    relayed.system.wait(lambda: len(relayed.attempts(ids)) >= 5)
    assert relayed.mailer.running
    statement = "SELECT status, attempts FROM email_queue WHERE id = ANY(%s)"
    relayed.system.wait(lambda: set(relayed.system.query(statement, ids)) == {(Status.PENDING, 0)})
    return ids


def delivered_once(relayed: Relayed, ids: list[int]) -> None:
    """The trouble is over: all of it arrives, by one counted attempt each."""
    system = relayed.system
    system.wait(lambda: system.statuses(ids) == {Status.COMPLETED: len(ids)})
    statement = "SELECT attempts FROM email_queue WHERE id = ANY(%s)"
    assert set(system.query(statement, ids)) == {(1,)}
    (normal,) = system.queue()
    system.wait(lambda: system.statuses([normal]) == {Status.COMPLETED: 1})
    system.wait(lambda: relayed.readiness() == {"status": "ok"})
    system.assert_contract([*ids, normal])
    assert not system.ids_flagged()


# --- trouble only a person can mend

PERSONS_TROUBLE: dict[str, tuple[str, Action, str, int]] = {
    f"{code} at {point}": (point, say(f"{code} 5.7.8 not with this password"), point, code)
    for point, codes in (
        ("auth", (535, 534, 530, 550, 552, 554)),
        ("mail", (530, 535)),
        ("rcpt", (535,)),
        ("data", (535,)),
    )
    for code in codes
}


@pytest.mark.parametrize("name", PERSONS_TROUBLE)
def test_wrong_login_stops_all_mail_after_one_try_and_burns_nothing(
    relayed: Relayed, name: str
) -> None:
    point, action, phase, code = PERSONS_TROUBLE[name]
    system = relayed.system
    tried = relayed.smtp.reached.count(point)
    with trouble(relayed, point, action):
        first = system.queue()
        system.wait(lambda: "smtp" in relayed.readiness())
        assert str(code) in relayed.readiness()["smtp"]
        system.wait(lambda: system.statuses(first) == {Status.PENDING: 1})
        more = system.queue(20)
        at_the_broker = "SELECT 1 FROM email_queue WHERE id = ANY(%s) AND published_at IS NOT NULL"
        system.wait(lambda: len(system.query(at_the_broker, more)) == 20)
        assert relayed.attempts([*first, *more]) == [("retry", phase, code)]
        assert system.query(
            "SELECT DISTINCT attempts FROM email_queue WHERE status = 'pending'"
        ) == [(0,)]
        assert relayed.smtp.reached.count(point) == tried + 1, "one wrong login, not one an e-mail"
        assert any(line["configuration"] for line in relayed.mailer.logged("smtp_unavailable"))
    relayed.start_mailer()  # whoever mended it starts the mailer anew, or waits five minutes
    delivered_once(relayed, [*first, *more])


def test_mailer_that_starts_with_a_wrong_password_logs_in_once_and_claims_nothing(
    relayed: Relayed,
) -> None:
    tried = relayed.smtp.reached.count("auth")
    system = relayed.system
    assert relayed.mailer.stop() == 0
    with trouble(relayed, "auth", say("535 5.7.8 wrong password")):
        ids = system.queue(20)
        mailer = system.start_mailer(**IMPATIENT, **LOGIN)
        relayed.mailers.append(mailer)
        mailer.wait_for_log("smtp_probe_failed")
        assert "535" in relayed.readiness()["smtp"]
        system.wait(lambda: "rabbitmq" not in relayed.readiness())
        assert relayed.attempts(ids) == []
        assert relayed.smtp.reached.count("auth") == tried + 1
    relayed.start_mailer()
    delivered_once(relayed, ids)
