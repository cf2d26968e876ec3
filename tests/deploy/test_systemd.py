"""`deploy/systemd/`: every unit is closed in alike, waits long enough, and sets what there is."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dev.keeper import ROOT
from postroom.mailer import daemon
from postroom.mailer.settings import read_settings
from postroom.shared.env import Environment
from postroom.shared.process import liveness
from postroom.web.jobs.schedules.systemd import HARDENING
from tests.support.deploy.documented_settings import known_settings
from tests.support.deploy.systemd_unit import FOLDER, INSTALLED, Unit, services

PARTS = ["postroom-web", "postroom-relay", "postroom-jobs", "postroom-mailer@"]
# Parts with a user and an environment file of their own; all others are jobs.
OWN = {"postroom-web": "web", "postroom-relay": "relay", "postroom-mailer@": "mailer"}
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not on this machine"
)


@pytest.mark.parametrize("unit", services().values(), ids=lambda unit: unit.name)
def test_service_is_closed_in_and_knows_who_and_where_it_is(unit: Unit) -> None:
    lines = (FOLDER / unit.name).read_text()
    assert HARDENING in lines
    part = OWN.get(unit.name.removesuffix(".service"), "jobs")
    assert (unit.one("User"), unit.one("Group")) == (f"postroom-{part}", f"postroom-{part}")
    assert unit.one("WorkingDirectory") == INSTALLED
    assert unit.one("EnvironmentFile") == f"/etc/postroom/{part}.env"
    assert unit.environment(instance="8101").keys() <= known_settings()
    for page in unit.one("Documentation").split():
        assert (ROOT / page.removeprefix(f"file://{INSTALLED}/")).is_file()


@pytest.mark.parametrize("name", PARTS)
def test_part_of_the_target_says_when_it_is_ready_and_is_always_started_again(name: str) -> None:
    unit = services()[name]
    assert unit.one("PartOf") == unit.one("WantedBy") == "postroom.target"
    assert (unit.one("Type"), unit.one("Restart")) == ("notify", "always")
    assert unit.one("StartLimitIntervalSec") == "0"
    assert unit.one("KillMode") == "mixed"


def test_watchdog_is_slower_than_what_the_processes_find_out_themselves() -> None:
    own = {
        "postroom-relay": liveness.STUCK_SECONDS,
        "postroom-jobs": liveness.STUCK_SECONDS,
        "postroom-mailer@": daemon.STALL_SECONDS,
    }
    for name, seconds in own.items():
        assert int(services()[name].one("WatchdogSec")) >= seconds + 30
    assert "WatchdogSec" not in services()["postroom-web"].settings, "gunicorn would not answer it"


def test_mailer_gets_more_time_to_stop_than_it_gives_its_sends() -> None:
    drain = read_settings(Environment({"DATABASE_URL": "postgresql://nobody@127.0.0.1/none"})).drain
    assert int(services()["postroom-mailer@"].one("TimeoutStopSec")) >= drain + 30


@needs_systemd
@pytest.mark.parametrize("unit", services().values(), ids=lambda unit: unit.name)
def test_systemd_finds_little_that_a_broken_service_could_do(unit: Unit, tmp_path: Path) -> None:
    text = (FOLDER / unit.name).read_text()
    copy = tmp_path / unit.name
    copy.write_text(text.replace(f"{INSTALLED}/.venv/bin/python", sys.executable))
    # 0 would be no access to anything, 100 all there is; without these lines it is 92.
    command = ["systemd-analyze", "security", "--no-pager", "--offline=yes", "--threshold=20"]
    done = subprocess.run([*command, str(copy)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
