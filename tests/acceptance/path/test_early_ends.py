"""The process that queues an e-mail is killed, or a message comes before its row can be seen."""

import signal

import pytest
from django.db import transaction

from postroom.web.emails.service import email_service
from tests.support.acceptance.delivery_contract import each_once
from tests.support.acceptance.system import System

QUEUE_AND_DIE = """
import os, signal
import django
django.setup()
from django.db import transaction
from postroom import email_service
with transaction.atomic():
    email_service.send_email_task("test", "Last words", ["a@example.org"], plain_body=".")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.fault(1)
def test_email_of_a_process_killed_after_its_commit_is_sent(system: System) -> None:
    killed = system.start(
        "web", ["-c", QUEUE_AND_DIE], DJANGO_SETTINGS_MODULE="postroom.web.site.settings"
    )
    assert killed.wait() == -signal.SIGKILL, killed.tail()
    system.programs.remove(killed)  # it was meant to end
    system.start_relay()
    system.start_mailer()
    system.wait_until_settled()
    each_once(system, [row[0] for row in system.query("SELECT id FROM postroom_emailqueue")])
    assert len(system.arrived()) == 1


@pytest.mark.fault(4)
def test_message_that_comes_before_its_row_is_acknowledged_and_published_later(
    system: System,
) -> None:
    system.start_relay()
    system.start_mailer()
    system.queue()  # Django's connection is a new one after this
    system.wait_until_settled()
    with transaction.atomic():
        early = email_service.send_email_task("test", "Early", ["b@example.org"], plain_body=".")
        system.broker.publish([early.pk])
        system.wait_until_queues_are_empty()
        assert len(system.arrived()) == 1
    system.wait_until_settled()
    each_once(system, [row[0] for row in system.query("SELECT id FROM postroom_emailqueue")])
    assert len(system.arrived()) == 2
