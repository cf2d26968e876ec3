"""Several processes of one mailer: they start, die, come again and stop together."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from dev.keeper import ROOT
from postroom.shared.status import Status
from tests.support.acceptance.mailer_probes import has_ended, heartbeats, notify_socket
from tests.support.acceptance.program import Program
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import HANG, Rule, Script, ScriptedServer
from tests.support.waits import wait_until


def test_two_processes_work_a_killed_one_comes_again_and_all_stop_with_0(system: System) -> None:
    system.start_relay()
    parent = system.start("mailer", ["-m", "postroom.mailer", "run", "--processes", "2"])
    system.wait(lambda: len(heartbeats(system)) == 2)
    first = set(heartbeats(system))
    assert parent.pid not in first
    os.kill(victim := min(first), signal.SIGKILL)
    parent.wait_for_log("mailer_process_died")
    system.wait(lambda: len(heartbeats(system).keys() - {victim}) == 2)
    system.queue(200)
    system.wait_until_settled()
    assert system.statuses() == {Status.COMPLETED: 200}
    children = [psutil.Process(pid) for pid in heartbeats(system).keys() - {victim}]
    assert parent.stop() == 0
    assert all(map(has_ended, children))
    assert heartbeats(system).keys() <= {victim}, "a killed one could not say goodbye"


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="only Linux has it")
def test_relay_and_mailers_give_way_to_web_requests(system: System) -> None:
    relay = system.start_relay()
    system.start("mailer", ["-m", "postroom.mailer", "run", "--processes", "2"])
    system.wait(lambda: len(heartbeats(system)) == 2)
    system.queue()
    system.wait_until_settled()  # so all threads of those who publish and send are there
    for pid in (relay.pid, *heartbeats(system)):
        assert scheduling(pid) == {os.SCHED_BATCH}


def scheduling(pid: int) -> set[int]:
    """The policies of a process's threads; one may end as we look."""
    found = set()
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            found.add(os.sched_getscheduler(int(thread.name)))
    return found


def test_children_finish_what_they_have_in_hand_although_everyone_is_signalled(
    system: System, smtp: ScriptedServer
) -> None:
    """As systemd (KillMode=control-group) and Ctrl-C do: parent and children get the signal."""
    system.catcher = smtp
    smtp.script = Script(rules=(Rule("dot", HANG, keep=True), *smtp.script.rules))
    system.start_relay()
    parent = system.start("mailer", ["-m", "postroom.mailer", "run", "--processes", "2"])
    ids = system.queue(4)
    smtp.wait_until(lambda server: len(server.accepted) == 4)
    # One may have them all while the other is still starting and knows no signals yet.
    system.wait(lambda: len(heartbeats(system)) == 2)
    children = psutil.Process(parent.pid).children(recursive=True)
    for process in (*children, parent):
        os.kill(process.pid, signal.SIGTERM)
    wait_until(lambda: len(stopping(parent)) == 2)
    smtp.release()
    assert parent.wait() == 0
    assert system.statuses(ids) == {Status.COMPLETED: 4}
    system.assert_contract(ids)


def stopping(parent: Program) -> set[str]:
    """The mailers that said that they stop."""
    return {line["mailer"] for line in parent.logged("mailer_stopping")}


def test_children_stop_in_order_when_their_parent_is_killed(system: System) -> None:
    parent = system.start("mailer", ["-m", "postroom.mailer", "run", "--processes", "2"])
    system.wait(lambda: len(heartbeats(system)) == 2)
    children = [psutil.Process(pid) for pid in heartbeats(system)]
    parent.kill()
    wait_until(lambda: all(map(has_ended, children)))
    assert heartbeats(system) == {}


def test_stop_during_the_start_ends_with_0(system: System) -> None:
    with notify_socket() as (address, listener):
        parent = system.start(
            "mailer", ["-m", "postroom.mailer", "run", "--processes", "2"], NOTIFY_SOCKET=address
        )
        assert listener.recv(100) == b"READY=1"  # its children have hardly begun
        children = psutil.Process(parent.pid).children(recursive=True)
        for process in (*children, parent):
            os.kill(process.pid, signal.SIGTERM)
        assert parent.wait() == 0
        wait_until(lambda: all(map(has_ended, children)))


def test_consume_emails_is_the_mailer_from_any_folder(system: System, tmp_path: Path) -> None:
    system.start_relay()
    ids = system.queue(10)
    mailer = system.start("mailer", ["manage.py", "consume_emails"])
    system.wait(lambda: system.statuses(ids) == {Status.COMPLETED: 10})
    assert list(heartbeats(system)) == [mailer.pid]
    assert mailer.stop() == 0
    change = f"import os, sys; os.chdir({str(tmp_path)!r}); sys.argv = ['manage.py', *sys.argv[1:]]"
    start = f"import runpy; runpy.run_path({str(ROOT / 'manage.py')!r}, run_name='__main__')"
    arguments = ["-c", f"{change}; sys.path[0] = {str(ROOT)!r}; {start}", "consume_emails"]
    mailer = system.start("mailer", [*arguments, "--processes", "2"])
    system.wait(lambda: len(heartbeats(system)) == 2)
    assert mailer.stop() == 0
    assert heartbeats(system) == {}
