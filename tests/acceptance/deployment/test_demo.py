"""`make demo` delivers eight mails, says plainly which are missing, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from dev.keeper import MARK, ROOT
from tests.support.smtp.scripted_server import Script, ScriptedServer, say
from tests.support.waits import wait_until

ROW = re.compile(r"^(\S.*\S) +(\S+@example\.org) +([a-z ]+?) +(\d+) +(\d+ ms|never)$", re.MULTILINE)


@pytest.fixture
def environment(fresh_database: str, rabbitmq_url: str) -> dict[str, str]:
    """The shared servers; settings of the surroundings that would spoil a demo that took them."""
    return os.environ | {
        "DATABASE_URL": fresh_database,
        "RABBITMQ_URL": rabbitmq_url,
        "EMAIL_HOST": "mail.invalid",
        "EMAIL_HOST_USER": "somebody",
        "STAFF_EMAILS": "office@example.com",
    }


def demo(environment: dict[str, str], folder: Path, *options: str) -> "subprocess.Popen[str]":
    """Start it as a user does, with `folder` for its temporary files."""
    return subprocess.Popen(
        [sys.executable, "-m", "dev.demo", *options],
        cwd=ROOT,
        env=environment | {"TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def left_behind(folder: Path) -> list[object]:
    """Files below `folder`, and processes that were told to put theirs there."""
    found: list[object] = list(folder.iterdir())
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK, "").startswith(f"{folder}/"):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_eight_mails_are_delivered_and_shown(environment: dict[str, str], tmp_path: Path) -> None:
    process = demo(environment, tmp_path)
    out, err = process.communicate(timeout=240)
    rows = ROW.findall(out)

    assert process.returncode == 0, out + err
    assert len(rows) == 8, out + err
    assert {row[2:4] for row in rows} == {("completed", "1")}
    assert [to for _, to, *_ in rows[::2]] == [
        f"{name}@example.org" for name in ("ann", "ben", "cleo", "eve")
    ]
    assert {to for _, to, *_ in rows[1::2]} == {"team@example.org"}
    for name in ("Site", "Console", "Admin", "Mailbox", "RabbitMQ"):
        assert re.search(rf"^{name} +http://127\.0\.0\.1:\d+/", out, re.MULTILINE), out
    password = environment["RABBITMQ_URL"].partition("@")[0].rpartition(":")[2]
    assert password not in out + err
    assert left_behind(tmp_path) == []


def test_missing_mails_are_named_with_the_reason(
    environment: dict[str, str], tmp_path: Path
) -> None:
    script = Script().when("rcpt", say("451 4.3.1 no room today"))
    with ScriptedServer(script) as smtp:
        process = demo(environment, tmp_path, f"--catcher-port={smtp.port}", "--within=5")
        out, err = process.communicate(timeout=240)

    assert process.returncode == 1, out + err
    assert "8 of 8 e-mails are wrong" in err
    for kind in ("inquiry", "event_registration", "nomination", "speaker_submission"):
        for mail in (f"{kind}_received to ", f"{kind}_notice to team@example.org "):
            # The second try of some may be under way just then.
            assert re.search(f"{mail}.*did not arrive .status p.*, .*no room today", err), err
    assert "Last lines of mailer:" in err
    assert left_behind(tmp_path) == []


def try_it() -> str:
    """What the pages of the documentation say under "Try it", as one script."""
    found = []
    for page in sorted((ROOT / "docs").glob("*.md")):
        section = page.read_text().partition("\n## Try it\n")[2].partition("\n## ")[0]
        found += re.findall(r"^```\w*\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert len(found) >= 5
    return "\n".join(found)


def test_second_terminal_joins_the_demo_and_sigterm_stops_everything(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """In that terminal, every page's "Try it" runs as it is printed."""
    process = demo(environment, tmp_path, "--stay")
    assert process.stdout is not None
    joining = ""
    for line in process.stdout:
        if " && . " in line:
            joining = line
        if "Ctrl-C stops everything" in line:
            break
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    script = ["bash", "-euc", joining + try_it()]
    done = subprocess.run(
        script, cwd=tmp_path, env=bare, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "RECIPIENT" in done.stdout  # the dry runs find something
    assert left_behind(tmp_path)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 128 + signal.SIGTERM, err
    assert left_behind(tmp_path) == []


def test_even_a_killed_demo_leaves_nothing_running(
    environment: dict[str, str], tmp_path: Path
) -> None:
    process = demo(environment, tmp_path, "--stay")
    assert process.stdout is not None
    for line in process.stdout:
        if "mailer are ready" in line:
            break
    process.kill()
    process.communicate(timeout=60)

    wait_until(lambda: not left_behind(tmp_path))


def test_database_with_mail_of_others_is_refused(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(
            "INSERT INTO postroom_mailer"
            " (name, version, state, in_flight, server, sessions, wanting)"
            " VALUES ('a', '1', 'b', 0, '', 0, false)"
        )
    process = demo(environment, tmp_path)
    out, err = process.communicate(timeout=120)

    assert process.returncode == 1, out + err
    assert err.startswith("DATABASE_URL names a database in use")
    assert "running mailers: 1" in err
    assert left_behind(tmp_path) == []
