"""How often one mailbox and one client are served, and who counts as the same one."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client, RequestFactory

from postroom.web.emails.models import EmailQueue
from postroom.web.systems.submissions.models import Inquiry
from postroom.web.systems.submissions.protection.client import address_hash, client_hash

FIELDS = {"name": "Ann Lee", "topic": "general"}
numbers = count()


def ask(email: str = "ann@example.org", ip: str = "192.0.2.1", **extra: Any) -> Any:
    body = json.dumps(FIELDS | {"email": email, "message": f"Number {next(numbers)}"})
    return Client(REMOTE_ADDR=ip).post(
        "/api/inquiries/", body, content_type="application/json", **extra
    )


@pytest.fixture(autouse=True)
def _limits(settings: Any) -> None:
    settings.SUBMISSIONS_PER_ADDRESS_HOUR = 2
    settings.SUBMISSIONS_PER_IP_HOUR = 3
    settings.STAFF_EMAILS = []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("requests", "codes"),
    [
        ([("ann@example.org", "192.0.2.1")] * 3, [201, 201, 429]),
        ([("ann@example.org", f"192.0.2.{n}") for n in (1, 2, 3)], [201, 201, 429]),
        ([(f"u{n}@example.org", "192.0.2.1") for n in range(4)], [201, 201, 201, 429]),
        ([(f"u{n}@example.org", f"192.0.2.{n}") for n in range(6)], [201] * 6),
        (
            [(e, f"192.0.2.{n}") for n, e in enumerate(["a+x@b.org", "A@B.org", "a+y@b.org"])],
            [201, 201, 429],
        ),
        (
            [(f"u{n}@example.org", f"2001:db8:1:2::{n}") for n in range(4)],
            [201, 201, 201, 429],
        ),
        ([(f"u{n}@example.org", f"2001:db8:1:{n}::1") for n in range(5)], [201] * 5),
        ([(f"u{n}@example.org", "") for n in range(5)], [201] * 3 + [429] * 2),
    ],
    ids=[
        "same both", "same mailbox", "same client", "all different", "spellings of a mailbox",
        "one IPv6 network", "IPv6 networks", "client unknown",
    ],
)  # fmt: skip
def test_limits_per_mailbox_and_per_client(
    requests: list[tuple[str, str]], codes: list[int]
) -> None:
    assert [ask(email, ip).status_code for email, ip in requests] == codes
    assert Inquiry.objects.count() == EmailQueue.objects.count() == codes.count(201)


@pytest.mark.django_db
def test_refusal_says_when_to_come_back_and_then_it_works() -> None:
    ask(), ask()
    # The first of the two leaves the hour in nearly 600 seconds.
    first = Inquiry.objects.filter(pk=Inquiry.objects.earliest("id").pk)
    first.update(created_at=F("created_at") - timedelta(minutes=50))

    def until_it_leaves() -> int:
        wait = first.values_list(F("created_at") + timedelta(hours=1) - Now(), flat=True).get()
        return math.ceil(wait.total_seconds())

    at_most = until_it_leaves()
    refused = ask()
    assert refused.status_code == 429
    seconds = int(refused["Retry-After"])
    assert until_it_leaves() <= seconds <= at_most <= 600
    assert f"{math.ceil(seconds / 60)} minutes" in refused.json()["detail"]
    Inquiry.objects.update(created_at=F("created_at") - timedelta(minutes=10))
    assert ask().status_code == 201


@pytest.mark.django_db
def test_client_and_mailbox_are_counted_over_all_forms() -> None:
    def register(email: str, ip: str) -> int:
        fields = {"name": "Ann Lee", "email": email, "event": "Open day", "seats": 1}
        return (
            Client(REMOTE_ADDR=ip)
            .post("/api/event-registrations/", json.dumps(fields), content_type="application/json")
            .status_code
        )

    assert [ask().status_code, ask().status_code] == [201, 201]
    assert register("ann@example.org", "192.0.2.9") == 429  # the mailbox's third
    assert register("ben@example.org", "192.0.2.1") == 201
    assert register("cat@example.org", "192.0.2.1") == 429  # the client's fourth


@pytest.mark.django_db
def test_a_mailbox_has_a_limit_a_day_as_well(settings: Any) -> None:
    settings.SUBMISSIONS_PER_ADDRESS_DAY = 3
    assert [ask(ip=f"192.0.2.{n}").status_code for n in range(3)] == [201, 201, 429]
    Inquiry.objects.update(created_at=F("created_at") - timedelta(hours=2))
    codes = [ask(ip=f"198.51.100.{n}") for n in range(2)]
    assert [answer.status_code for answer in codes] == [201, 429]
    assert 21 * 3600 < int(codes[1]["Retry-After"]) <= 22 * 3600
    assert "22 hours" in codes[1].json()["detail"]
    Inquiry.objects.update(created_at=F("created_at") - timedelta(hours=22))
    assert ask(ip="203.0.113.1").status_code == 201


@pytest.mark.django_db
def test_challenge_of_ones_own_decides_before_anything_is_stored(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Any]] = []

    def challenge(_request: Any, page: str, posted: Any) -> str:
        asked.append((page, posted["message"]))
        if posted.get("captcha") == "broken":
            raise RuntimeError
        return "" if posted.get("captcha") == "42" else "What is six times seven?"

    monkeypatch.setattr("tests.support.site_settings.challenge", challenge, raising=False)
    settings.SUBMISSION_CHALLENGE = "tests.support.site_settings.challenge"
    person = FIELDS | {"email": "ann@example.org", "message": "Hello"}

    def post(**more: str) -> Any:
        body = json.dumps(person | more)
        return Client().post("/api/inquiries/", body, content_type="application/json")

    assert post().json() == {"non_field_errors": ["What is six times seven?"]}
    page = Client().post("/inquiry/", person | {"captcha": "41"})
    assert page.status_code == 400
    assert "What is six times seven?" in page.content.decode()
    assert post(captcha="broken").status_code == 400
    assert not Inquiry.objects.exists()
    assert asked[:2] == [("inquiry", "Hello")] * 2
    assert post(captcha="42").status_code == 201
    assert Client().post("/inquiry/", person | {"captcha": "42", "message": "2"}).status_code == 302


@pytest.mark.django_db
def test_zero_means_no_limit(settings: Any) -> None:
    settings.SUBMISSIONS_PER_ADDRESS_HOUR = settings.SUBMISSIONS_PER_IP_HOUR = 0
    settings.SUBMISSIONS_PER_ADDRESS_DAY = 0
    assert {ask().status_code for _ in range(6)} == {201}


@pytest.mark.django_db(transaction=True)
def test_burst_at_the_same_moment_does_not_slip_through() -> None:
    def one(n: int) -> int:
        try:
            return ask(ip=f"192.0.2.{n}").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(one, range(16)))
    assert sorted(codes) == [201] * 2 + [429] * 14


@pytest.mark.parametrize(
    ("proxies", "forwarded", "same_as"),
    [
        (0, "203.0.113.9", "192.0.2.1"),  # anybody can write that header
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.7, 203.0.113.9", "198.51.100.7"),
        (3, "198.51.100.7, 203.0.113.9", "198.51.100.7"),
        (1, "", "192.0.2.1"),
        (0, "", "::ffff:192.0.2.1"),
    ],
)
def test_forwarded_header_counts_only_behind_trusted_proxies(
    settings: Any, proxies: int, forwarded: str, same_as: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    seen = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)
    settings_free = RequestFactory().get("/", REMOTE_ADDR=same_as)
    found = client_hash(seen)
    settings.TRUSTED_PROXIES = 0
    assert found == client_hash(settings_free)
    assert "192" not in found or len(found) == 64


def test_hashes_depend_on_the_secret_key(settings: Any) -> None:
    before = address_hash("ann@example.org")
    settings.SECRET_KEY = "another"
    assert address_hash("ann@example.org") != before
