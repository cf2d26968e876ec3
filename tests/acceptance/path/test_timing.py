"""Mail goes out after its transaction, not before its time, never after it, and by a second try."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest
from django.db import transaction

from postroom.shared.status import Status
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.service import email_service
from tests.support.acceptance.delivered_mail import STRICT, check_delivered
from tests.support.acceptance.running_site import Running
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import Script, ScriptedServer, say


@pytest.mark.fault(3)
def test_rollback_sends_nothing_and_the_next_mail_arrives(running: Running) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        taken_back = email_service.send_email_task(
            "test", "Never", ["a@example.org"], plain_body="."
        )
        raise RuntimeError
    (later,) = running.system.queue()
    check_delivered(running, running.row(later))
    assert not running.received(taken_back)
    assert not EmailQueue.objects.filter(message_id=taken_back.message_id).exists()


def test_scheduled_mail_is_not_sent_before_its_time(running: Running) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=2.5)
    (scheduled,) = running.system.queue(1, scheduled_at=moment)
    (at_once,) = running.system.queue()
    check_delivered(running, running.row(at_once))
    row = running.row(scheduled)
    mail = check_delivered(running, row)
    assert mail.accepted_at >= moment
    assert row.sent_at is not None
    assert row.sent_at >= moment


def test_mail_that_had_to_wait_past_its_time_expires_unsent(running: Running) -> None:
    pause = "INSERT INTO postroom_queuecontrol (lane, paused_by, reason) VALUES ('bulk', '', '')"
    running.system.query(pause)
    try:
        soon = datetime.now(UTC) + timedelta(seconds=1.5)
        (expiring, waiting) = (
            running.system.queue(1, priority="bulk", **times)[0]
            for times in ({"expires_at": soon}, {})
        )
        row = running.row(expiring)
    finally:
        running.system.query("DELETE FROM postroom_queuecontrol")
    assert row.status == Status.EXPIRED
    assert "expires_at" in row.last_error
    check_delivered(running, running.row(waiting))  # it was behind the expired one
    assert not running.received(row)
    assert not row.log.exists()


@pytest.mark.fault(62)
def test_mail_refused_for_now_is_sent_by_the_second_try_under_the_same_message_id(
    system: System, smtp: ScriptedServer
) -> None:
    system.catcher = smtp
    smtp.script = Script(rules=(replace(_REFUSED_ONCE, times=1), *smtp.script.rules))
    system.start_relay()
    system.start_mailer()
    (email_id,) = ids = system.queue()
    system.wait_until_settled()
    row = EmailQueue.objects.get(pk=email_id)
    assert (row.status, row.attempts, row.last_error) == (Status.COMPLETED, 2, "")
    assert len(smtp.accepted) == 1
    assert len(smtp.transactions) == 2
    copies = [message_from_bytes(t.data, policy=STRICT) for t in smtp.transactions]
    assert {copy["Message-ID"] for copy in copies} == {row.message_id}
    assert smtp.transactions[0].data == smtp.transactions[1].data
    first, second = row.log.order_by("id")
    assert (first.attempt, first.outcome, first.phase, first.smtp_code) == (
        1,
        "retry",
        "final",
        451,
    )
    assert (second.attempt, second.outcome, second.smtp_code) == (2, "accepted", 250)
    assert not first.possible_repeat
    system.assert_contract(ids)


_REFUSED_ONCE = Script().when("dot", say("451 4.3.0 try later")).rules[0]
