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
from postroom.web.emails.models import EmailQueue
from tests.support.queued_emails import send
from tests.support.waits import wait_until


@contextmanager
def started(folder: Path, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "postroom_dev", "--folder", str(folder)],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_an_email_becomes_a_file_and_a_signal_ends_everything(
    database_url: str, rabbitmq_url: str, tmp_path: Path
) -> None:
    with started(tmp_path, DATABASE_URL=database_url, RABBITMQ_URL=rabbitmq_url) as process:
        email = send(subject="Caught", recipients=['"ann/../x"@example.org'])
        [file] = wait_until(lambda: list(tmp_path.glob("*.eml")))
        wait_until(lambda: EmailQueue.objects.get(pk=email.pk).status == "completed")
        message = message_from_bytes(file.read_bytes())
        assert message["Subject"] == "Caught"
        assert message["Message-ID"] == email.message_id
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 2
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0, output
        assert f"look for e-mails in {tmp_path}" in output
        # aiosmtpd takes the quotes away.
        assert f"mail to ann/../x@example.org: Caught ({file})" in output
        assert not [child for child in children if child.is_running()]


def test_a_part_that_ends_is_named(database_url: str, rabbitmq_url: str, tmp_path: Path) -> None:
    with started(tmp_path, DATABASE_URL=database_url, RABBITMQ_URL=rabbitmq_url) as process:
        wait_until(lambda: len(psutil.Process(process.pid).children()) == 2)
        psutil.Process(process.pid).children()[0].kill()
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "has ended with status -9" in output


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
