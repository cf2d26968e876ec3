"""A mailer that may open nothing more: connections fail, e-mails wait, no attempt is counted."""

import resource
import sys
from pathlib import Path

import pytest

from tests.support.acceptance.delivery_contract import each_once
from tests.support.acceptance.system import System


@pytest.mark.fault(79)
@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process, and /proc")
def test_mailer_without_a_file_descriptor_left_sends_when_it_has_some_again(
    system: System,
) -> None:
    system.start_relay()
    mailer = system.start_mailer()
    ids = system.queue(5)
    system.wait_until_settled()
    before = resource.prlimit(mailer.pid, resource.RLIMIT_NOFILE)
    # Below those in use: it keeps what it has, and gets no other.
    in_use = len(list(Path(f"/proc/{mailer.pid}/fd").iterdir()))
    resource.prlimit(mailer.pid, resource.RLIMIT_NOFILE, (in_use // 2, before[1]))
    system.query(_LOSE_CONNECTIONS)
    ids += system.queue(200)
    mailer.wait_for_log("database_unavailable")
    resource.prlimit(mailer.pid, resource.RLIMIT_NOFILE, before)
    system.wait_until_settled()
    each_once(system, ids)
    assert system.query("SELECT DISTINCT attempts FROM postroom_emailqueue") == [(1,)]
    assert mailer.running


_LOSE_CONNECTIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND application_name LIKE '%%mailer%%'
"""
