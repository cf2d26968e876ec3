"""Two hundred spellings of one mailbox get no more confirmations than one spelling."""

# ruff: noqa: RUF001 (letters that look alike are the subject)

import json
from datetime import timedelta
from itertools import count, product
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from postroom.web.emails.models import EmailQueue, EmailRecipient
from postroom.web.systems.submissions.models import Submission

pytestmark = pytest.mark.django_db

PERSON = {"name": "Ann Lee"}
FORMS: dict[str, dict[str, Any]] = {
    "inquiries": {"topic": "general", "message": ""},
    "event-registrations": {"event": "Open day", "seats": 1, "dietary_notes": ""},
    "nominations": {"nominee_name": "Bo", "category": "teaching", "reason": ""},
}
TYPED = {"inquiries": "message", "event-registrations": "dietary_notes", "nominations": "reason"}
GMAIL = (
    ["victim", "VICTIM", "v.ictim", "v.i.c.t.i.m", "vi.ctim", "victi.m", "Vic.Tim"],
    ["", "+a", "+b.c", "+spam+eggs"],
    ["gmail.com", "GMAIL.com", "ｇmail.com", "gm\u034fail.com", "gmail。com", "googlemail.com",
     "google\ufe00mail.com", "ｇｏｏｇｌｅｍａｉｌ.com"],
)  # fmt: skip
LETTERS = (
    ["victim", "Victim", "VICTIM", "victiM", "ｖictim"],
    ["", "+1", "+2", "+x.y", "+x-y"],
    ["straße.de", "xn--strae-oqa.de", "XN--STRAE-OQA.DE", "STRAßE.de", "stra\ufe00ße.de",
     "straße。de", "ｓtraße.de", "stra\u034fße.de"],
)  # fmt: skip


def spellings(local: list[str], tags: list[str], domains: list[str]) -> list[str]:
    found = [f"{a}{b}@{c}" for b, a, c in product(tags, local, domains)]
    assert len(found) >= 200
    return found


class Attack:
    """Posts from a new client each time, over the forms in turn, never the same text."""

    def __init__(self) -> None:
        self._turn = count(1)

    def post(self, email: str) -> int:
        turn = next(self._turn)
        form = list(FORMS)[turn % len(FORMS)]
        fields = PERSON | FORMS[form] | {"email": email, TYPED[form]: f"Text {turn}"}
        client = Client(REMOTE_ADDR=f"198.51.{turn // 250}.{turn % 250}")
        return client.post(
            f"/api/{form}/", json.dumps(fields), content_type="application/json"
        ).status_code


@pytest.fixture(autouse=True)
def _limits(settings: Any) -> None:
    settings.STAFF_EMAILS = []
    settings.SUBMISSIONS_PER_ADDRESS_HOUR = 5
    settings.SUBMISSIONS_PER_ADDRESS_DAY = 8


def an_hour_passes() -> None:
    for kind in Submission.__subclasses__():
        kind._default_manager.update(created_at=F("created_at") - timedelta(minutes=61))


@pytest.mark.parametrize("parts", [GMAIL, LETTERS], ids=["gmail", "international"])
def test_spellings_over_all_forms_are_one_mailbox(parts: tuple[list[str], ...]) -> None:
    attack, victims = Attack(), spellings(*parts)
    codes = [attack.post(email) for email in victims]
    assert codes == [201] * 5 + [429] * (len(victims) - 5)
    an_hour_passes()
    codes = [attack.post(email) for email in victims[-20:]]
    assert codes == [201] * 3 + [429] * 17  # the day's limit
    assert EmailQueue.objects.count() == 8
    assert attack.post("somebody.else@gmail.com") == 201


def test_what_is_mailed_is_the_normal_form() -> None:
    attack = Attack()
    assert attack.post("Victim@stra\u034fße。de") == 201
    assert EmailRecipient.objects.get().address == "Victim@straße.de"


def test_equal_posts_are_one_with_one_answer_and_one_mail() -> None:
    body = PERSON | FORMS["inquiries"] | {"message": "Hello"}
    answers = [
        Client(REMOTE_ADDR=f"198.51.100.{n}").post(
            "/api/inquiries/", json.dumps(body | {"email": email}), content_type="application/json"
        )
        for n, email in enumerate(["ann@example.org", "ANN+x@example.org", "ann@ｅxample.org"] * 5)
    ]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["reference"] for answer in answers}) == 1
    assert EmailQueue.objects.count() == 1
    an_hour_passes()
    again = Client().post(
        "/api/inquiries/",
        json.dumps(body | {"email": "ann@example.org"}),
        content_type="application/json",
    )
    assert again.json()["reference"] != answers[0].json()["reference"]
    assert EmailQueue.objects.count() == 2
