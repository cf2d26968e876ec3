"""Two people change one item at once: neither undoes what the other did."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from postroom.web.systems.tracker.models import Epic
from tests.support.concurrent_connections import in_thread, somebody_waits_for_us
from tests.support.queued_notices import steps
from tests.support.systems.tracker_records import Api, epic_of, person
from tests.support.waits import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_patch_of_a_title_keeps_the_status_that_was_set_meanwhile() -> None:
    ann = person("ann")
    epic = epic_of(ann, None)
    api, answers = Api(ann), []
    with transaction.atomic():
        epic.status = "done"
        epic.save()
        thread = in_thread(lambda: answers.append(api.patch(f"epics/{epic.pk}/", title="New")))
        wait_until(somebody_waits_for_us)
    thread.join()
    assert answers[0].json()["status"] == "done"
    assert list(Epic.objects.values_list("title", "status")) == [("New", "done")]
    assert steps() == [("To do", "Done")]


def test_move_on_the_board_keeps_the_title_that_was_set_meanwhile() -> None:
    ann = person("ann")
    epic = epic_of(ann, None)
    client = Client()
    client.force_login(ann)
    answers: list[Any] = []

    def press() -> None:
        answers.append(client.post(f"/board/epic/{epic.pk}/status/", {"status": "done"}))

    with transaction.atomic():
        epic.title = "New"
        epic.save()
        thread = in_thread(press)
        wait_until(somebody_waits_for_us)
    thread.join()
    assert answers[0].status_code == 302
    assert list(Epic.objects.values_list("title", "status")) == [("New", "done")]
