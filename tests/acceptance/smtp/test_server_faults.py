"""Trouble before any transaction: the circuit opens, no attempt is burnt, all goes out after."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from postroom.shared.status import Status
from tests.support.acceptance.faulty_server import (
    LOGIN,
    ONE_EACH,
    Relayed,
    circuit_opens,
    delivered_once,
    trouble,
)
from tests.support.acceptance.short_timeouts import IMPATIENT
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import (
    CLOSE,
    DRIBBLE,
    ENDLESS,
    GARBAGE,
    HANG,
    LONG_LINE,
    Action,
    ScriptedServer,
    say,
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


@pytest.mark.fault(60, 61, 68)
@pytest.mark.parametrize("name", SERVER_TROUBLE)
def test_unusable_server_opens_the_circuit_burns_no_attempt_and_is_found_again(
    relayed: Relayed, name: str
) -> None:
    point, action, phase, code = SERVER_TROUBLE[name]
    with trouble(relayed, point, action):
        ids = circuit_opens(relayed)
        assert set(relayed.attempts(ids)) == {("retry", phase, code)}
    delivered_once(relayed, ids)


@pytest.mark.fault(60)
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
} | {
    "relay denied at rcpt": ("rcpt", say("554 5.7.1 Relay access denied"), "rcpt", 554),
    "our name at rcpt": ("rcpt", say("504 5.5.2 <x>: Helo command rejected"), "rcpt", 504),
    "quota at the dot": ("dot", say("550 5.4.5 Daily sending quota exceeded"), "final", 550),
}


@pytest.mark.fault(69)
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
        at_the_broker = (
            "SELECT 1 FROM postroom_emailqueue WHERE id = ANY(%s) AND published_at IS NOT NULL"
        )
        system.wait(lambda: len(system.query(at_the_broker, more)) == 20)
        assert relayed.attempts([*first, *more]) == [("retry", phase, code)]
        assert system.query(
            "SELECT DISTINCT attempts FROM postroom_emailqueue WHERE status = 'pending'"
        ) == [(0,)]
        assert relayed.smtp.reached.count(point) == tried + 1, "one wrong login, not one an e-mail"
        assert any(line["configuration"] for line in relayed.mailer.logged("smtp_unavailable"))
    relayed.start_mailer()  # whoever mended it starts the mailer anew, or waits five minutes
    delivered_once(relayed, [*first, *more])


@pytest.mark.fault(69)
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
