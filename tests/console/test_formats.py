"""One form for times, lengths and numbers; the reader's zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from postroom.web.console import formats
from tests.support.queued_emails import make_email
from tests.support.users import root

MOMENT = datetime(2026, 11, 29, 15, 50, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "29 Nov 2026, 15:50:03 UTC"),
        ("Europe/Berlin", "29 Nov 2026, 16:50:03 CET"),
        ("America/Sao_Paulo", "29 Nov 2026, 12:50:03 UTC-03"),
    ],
)
def test_time_names_the_readers_zone(zone: str, text: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        assert formats.time(MOMENT) == text
    assert formats.machine_time(MOMENT) == "2026-11-29T15:50:03Z"


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=-5), "0 s"), (timedelta(milliseconds=20), "20 ms"), (59.4, "59 s"),
        (timedelta(minutes=28, seconds=59), "28 min"), (7200, "2 h"), (timedelta(days=3), "3 d"),
        (None, ""),
    ],
)  # fmt: skip
def test_length_has_one_unit(span: timedelta | float | None, text: str) -> None:
    assert formats.length(span) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (9999, "9999"), (25_000, "25\u202f000"), (1_234_567, "1\u202f234\u202f567"),
     (2.5, "2.5"), (3.0, "3"), (None, "")],
)  # fmt: skip
def test_number_has_groups_from_five_digits_on(value: float | None, text: str) -> None:
    assert formats.number(value) == text


@pytest.mark.django_db
def test_page_uses_the_browsers_zone_until_the_reader_chooses_utc(client: Client) -> None:
    email = make_email("failed")
    path = f"/postroom/emails/{email.pk}/"
    root(client)
    assert " UTC</time>" in client.get(path).content.decode()
    for nonsense in ("Mars/Olympus", "../../etc/passwd", "x" * 999, "\u00fc"):
        client.cookies["postroom_zone"] = nonsense
        assert client.get(path).status_code == 200
    client.cookies["postroom_zone"] = "Asia/Tokyo"
    text = client.get(path).content.decode()
    assert " JST</time>" in text
    assert "Show times in UTC" in text
    answer = client.post("/postroom/zone/", {"zone": "UTC", "back": path})
    assert answer["Location"] == path
    assert " UTC</time>" in client.get(path).content.decode()
    answer = client.post("/postroom/zone/", {"zone": "own", "back": "//evil.example/"})
    assert answer["Location"] == "/postroom/"
    assert " JST</time>" in client.get(path).content.decode()
