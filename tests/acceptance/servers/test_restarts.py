"""A mail server that is killed in the middle, and comes back with its queue."""

import os
from itertools import product
from typing import Final

import pytest

from dev.mail_servers.settings import Kind
from postroom.shared.status import OnUnknown
from tests.acceptance.servers.conftest import Start
from tests.support.acceptance.mail_servers import begin, wait_until_delivered
from tests.support.acceptance.system import System

ALL: Final = [*product(Kind, OnUnknown)]
SOME: Final = [*zip(Kind, [OnUnknown.HOLD, OnUnknown.RESEND, OnUnknown.HOLD], strict=True)]


# What is repeated is the mailer's rule and not the server's: each server, and each rule, once.
@pytest.mark.parametrize(
    ("kind", "on_unknown"),
    ALL if os.environ.get("THOROUGH") else SOME,
)
def test_killed_server_loses_no_mail_and_repeats_only_what_the_log_says(
    system: System, mail_server: Start, kind: Kind, on_unknown: str
) -> None:
    server = mail_server(kind)
    begin(system, server)
    ids = system.queue(200, on_unknown=on_unknown)
    system.wait_for_mail(20)
    server.kill()
    assert len(system.arrived()) < 200, "all had arrived: not the middle"
    server.start()
    wait_until_delivered(system, server, ids)
    system.assert_contract(ids)
