"""A change of status from each of its faces to a real mailbox."""

from email import message_from_bytes, policy

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from pika.exceptions import AMQPError

from dev.services import Services
from postroom.shared.status import Status
from postroom.web.systems.tracker.models import Epic, Task
from tests.support.acceptance.system import System
from tests.support.systems.tracker_records import Api, epic_of, person


def arrived(system: System) -> list[tuple[str, str, str]]:
    """(envelope recipient, subject, text) of everything in the mailbox, sorted."""
    found = []
    for mail in system.mailbox.messages:
        message = message_from_bytes(mail.raw, policy=policy.default)
        part = message.get_body(("plain",))
        assert part is not None
        [to] = mail.rcpt_tos
        found.append((to, str(message["Subject"]), part.get_content()))
    return sorted(found)


def change_by_patch_board_admin_and_shell() -> list[int]:
    """Four epics of ann and ben, each changed by another face; what the requests answered."""
    boss = User.objects.create_superuser("boss", "boss@example.org")
    ann, ben = person("ann"), person("ben")
    by_patch, by_board, by_admin, by_shell = (
        epic_of(ann, ben, title=title) for title in ("Patch", "Board", "Admin", "Shell")
    )
    patched = Api(ann).patch(f"epics/{by_patch.pk}/", status="done")
    assert patched.json()["status"] == "done"
    client = Client()
    client.force_login(boss)
    pressed = client.post(f"/board/epic/{by_board.pk}/status/", {"status": "blocked"})
    form = {
        "title": "Admin", "description": "", "status": "in_review", "priority": "low",
        "reporter": ben.pk, "owner": ann.pk,
    }  # fmt: skip
    saved = client.post(f"/admin/postroom_tracker/epic/{by_admin.pk}/change/", form)
    by_shell.status = "in_progress"
    by_shell.save()
    return [patched.status_code, pressed.status_code, saved.status_code]


@pytest.mark.alone
def test_changes_are_answered_while_rabbitmq_is_stopped_and_told_when_it_is_back(
    system: System, services: Services
) -> None:
    services.rabbitmq.stop()
    with pytest.raises((AMQPError, OSError)):
        system.broker.declare()
    assert change_by_patch_board_admin_and_shell() == [200, 302, 302]
    relay = system.start_relay()
    relay.wait_for_log("broker_unavailable")
    assert system.statuses() == {Status.PENDING: 8}
    services.rabbitmq.start()
    system.start_mailer()
    system.wait_for_mail(8)
    assert set(system.wait_until_settled()) == {"completed"}
    assert {subject for _, subject, _ in arrived(system)} == {
        f"Epic status changed: {title}" for title in ("Admin", "Board", "Patch", "Shell")
    }


def test_changes_by_patch_board_admin_and_shell_arrive(system: System) -> None:
    # Neither relay nor mailer run: the answers wait for nobody.
    assert change_by_patch_board_admin_and_shell() == [200, 302, 302]

    # What tells nobody: a creation, an unchanged save, a rollback.
    Epic.objects.get(title="Shell").save()
    ann = User.objects.get(username="ann")
    task = Task.objects.create(title="Never told", reporter=ann)
    with transaction.atomic():
        task.status = "done"
        task.save()
        transaction.set_rollback(True)

    system.start_relay()
    system.start_mailer()
    system.wait_for_mail(8)
    assert set(system.wait_until_settled()) == {"completed"}
    mails = arrived(system)
    assert [(to, subject) for to, subject, _ in mails] == [
        (f"{name}@example.org", f"Epic status changed: {title}")
        for name in ("ann", "ben")
        for title in ("Admin", "Board", "Patch", "Shell")
    ]
    for _, subject, text in mails:
        assert "To do" in text
        status, person_named = {
            "Patch": ("Done", "Ann"),
            "Board": ("Blocked", "boss"),
            "Admin": ("In review", "boss"),
            "Shell": ("In progress", ""),
        }[subject.rpartition(" ")[2]]
        assert status in text
        assert person_named in text
