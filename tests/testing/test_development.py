"""`manage.py postroom_dev`: one command, and the e-mail is a file. Nothing is left running."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path

import psutil
import pytest

from dev.keeper import ROOT
from postroom.shared.settings import BrokerSettings
from postroom.web.development import broker
from postroom.web.development.catcher import Catcher
from postroom.web.development.errors import DevelopmentError
from postroom.web.emails.models import EmailQueue, Heartbeat, Mailer
from tests.support.queued_emails import send
from tests.support.waits import wait_until


def as_in_a_terminal() -> None:
    """Signals do what they do there; under `nohup`, or behind `&`, some are ignored."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Started:
    """A running `postroom_dev`; it is the leader of its group, as a job of a terminal is."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self._output = folder / "output"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "postroom_dev", "--folder", str(folder)],
                cwd=ROOT,
                env=os.environ | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=as_in_a_terminal,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def wait_until_at_work(self) -> None:
        wait_until(lambda: "Postroom is running" in self.output)
        wait_until(lambda: Mailer.objects.exists() and Heartbeat.objects.exists())

    def signal(self, number: signal.Signals) -> None:
        """To the whole group, as a terminal sends it."""
        os.killpg(self.process.pid, number)

    def end(self) -> int:
        """Its exit code."""
        return self.process.wait(60)


@contextmanager
def started(folder: Path, **environment: str) -> Iterator[Started]:
    found = Started(folder, **environment)
    try:
        yield found
    finally:
        if found.process.poll() is None:
            for child in found.children:
                child.kill()
            found.process.kill()
            found.process.wait()


def test_an_email_becomes_a_file_and_a_signal_ends_everything(
    database_url: str, rabbitmq_url: str, tmp_path: Path
) -> None:
    with started(tmp_path, DATABASE_URL=database_url, RABBITMQ_URL=rabbitmq_url) as running:
        email = send(subject="Caught", recipients=['"ann/../x"@example.org'])
        [file] = wait_until(lambda: list(tmp_path.glob("*.eml")))
        wait_until(lambda: EmailQueue.objects.get(pk=email.pk).status == "completed")
        message = message_from_bytes(file.read_bytes())
        assert message["Subject"] == "Caught"
        assert message["Message-ID"] == email.message_id
        children = running.children
        assert len(children) >= 2
        running.process.send_signal(signal.SIGTERM)
        assert running.end() == 0, running.output
        assert f"look for e-mails in {tmp_path}" in running.output
        # aiosmtpd takes the quotes away.
        assert f"mail to ann/../x@example.org: Caught ({file})" in running.output
        assert not [child for child in children if child.is_running()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_of_the_terminal_ends_all_with_their_farewell(
    database_url: str, rabbitmq_url: str, tmp_path: Path, number: signal.Signals
) -> None:
    with started(tmp_path, DATABASE_URL=database_url, RABBITMQ_URL=rabbitmq_url) as running:
        running.wait_until_at_work()
        running.signal(number)
        if number == signal.SIGHUP:  # bash sends one, and the kernel when bash has ended
            running.signal(number)
        assert running.end() == 0, running.output
    # One that dies leaves its row, and the console says that it is frozen, killed or cut off.
    assert not Mailer.objects.exists()
    assert not Heartbeat.objects.exists()


def test_the_second_signal_leaves_nothing_running(
    database_url: str, rabbitmq_url: str, tmp_path: Path
) -> None:
    with started(tmp_path, DATABASE_URL=database_url, RABBITMQ_URL=rabbitmq_url) as running:
        running.wait_until_at_work()
        children = running.children
        for child in children:
            child.suspend()  # none of them can end by itself
        running.signal(signal.SIGINT)
        wait_until(lambda: "Stopping." in running.output)
        running.signal(signal.SIGINT)
        assert running.end() == 128 + signal.SIGINT
        wait_until(lambda: not any(child.is_running() for child in children))


def test_a_part_that_ends_is_named(database_url: str, rabbitmq_url: str, tmp_path: Path) -> None:
    with started(tmp_path, DATABASE_URL=database_url, RABBITMQ_URL=rabbitmq_url) as running:
        wait_until(lambda: len(running.children) == 2)
        running.children[0].kill()
        assert running.end() == 1
        assert "has ended with status -9" in running.output


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("amqp://guest:guest@127.0.0.1:1/", "docker run"),
        ("amqp://guest:guest@broker.example.org/", "broker.example.org"),
        ("amqp://shop:secret@localhost/", "login"),
    ],
)
def test_without_rabbitmq_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, url: str, says: str
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(broker, "_SCRIPTS", ())
    with pytest.raises(DevelopmentError, match=says) as error:
        broker.PrivateBroker(BrokerSettings(url))
    assert "secret" not in str(error.value)


def test_without_aiosmtpd_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "aiosmtpd.controller", None)
    with pytest.raises(DevelopmentError, match="pip install aiosmtpd"):
        Catcher(tmp_path, print)
