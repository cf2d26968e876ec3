"""A client cannot choose who it counts as, and clients nobody can tell apart are one."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client, RequestFactory

from postroom.shared.env import Environment, SettingsError
from postroom.web.conf import SiteSettings
from postroom.web.protection import counters
from postroom.web.protection.client import UNKNOWN, client_of
from postroom.web.protection.models import Counter
from postroom.web.protection.proxies import trusted_proxies

PROXY = "10.1.2.3"


def seen(settings: Any, trusted: Any, remote: str = PROXY, **headers: str) -> str:
    settings.TRUSTED_PROXIES = trusted
    names: dict[str, Any] = {f"HTTP_{name}": value for name, value in headers.items()}
    return client_of(RequestFactory().get("/", REMOTE_ADDR=remote, **names))


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("203.0.113.8", "203.0.113.8"),
        ("203.0.113.8:51234", "203.0.113.8"),  # Azure
        (" 203.0.113.8 ", "203.0.113.8"),
        ('"203.0.113.9"', "203.0.113.9"),
        ("::ffff:203.0.113.8", "203.0.113.8"),
        ("[::ffff:203.0.113.8]:1", "203.0.113.8"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]:51234", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]", "2001:db8:1:2::/64"),
        ('"[2001:db8:1:2::1]:51234"', "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", UNKNOWN),
        ("_hidden", UNKNOWN),
        ("203.0.113.999", UNKNOWN),
        ("203.0.113.8, ", UNKNOWN),
        ("1.2.3.4, unknown", UNKNOWN),
        ("unknown, 203.0.113.8", "203.0.113.8"),
        ("198.51.100.1, 203.0.113.8:99", "203.0.113.8"),
    ],
)
def test_address_in_the_old_header(settings: Any, header: str, client: str) -> None:
    assert seen(settings, 1, X_FORWARDED_FOR=header) == client
    assert seen(settings, "10.0.0.0/8", X_FORWARDED_FOR=header) == client
    # Without a trusted proxy anybody can write it.
    assert seen(settings, 0, X_FORWARDED_FOR=header) == PROXY
    assert seen(settings, "192.0.2.0/24", X_FORWARDED_FOR=header) == PROXY


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("for=203.0.113.8", "203.0.113.8"),
        ("For=203.0.113.8;proto=https;by=10.0.0.1", "203.0.113.8"),
        ('for="203.0.113.8:4711"', "203.0.113.8"),
        ('proto=http;for="[2001:db8:cafe::17]:4711"', "2001:db8:cafe::/64"),
        ("for=1.1.1.1, for=203.0.113.8", "203.0.113.8"),
        ('for="1.1.1.1, for=2.2.2.2", for=203.0.113.8', "203.0.113.8"),
        ("for=1.1.1.1, proto=https", UNKNOWN),
        ("for=unknown", UNKNOWN),
        ("for=_SEVKISEK", UNKNOWN),
        ('for="\\2\\03.0.113.8"', "203.0.113.8"),
        ("nonsense", UNKNOWN),
        ("nonsense, for=203.0.113.8", "203.0.113.8"),
        # The client leaves a quote open, and the proxy appends what it saw.
        ('for=9.9.9.9;a=", for="[2001:db8::1]"', UNKNOWN),
        ('for=9.9.9.9;a=", for="203.0.113.8:5555";proto=https', UNKNOWN),
        ('for=9.9.9.9;a="\\, for="203.0.113.8:5555"', UNKNOWN),
        ('for=9.9.9.9;a=", for=203.0.113.8', UNKNOWN),
        ('for=9.9.9.9, ", for="203.0.113.8:5555"', UNKNOWN),
    ],
)
def test_address_in_the_new_header(settings: Any, header: str, client: str) -> None:
    assert seen(settings, 1, FORWARDED=header) == client
    assert seen(settings, 0, FORWARDED=header) == PROXY


def test_only_one_header_counts(settings: Any) -> None:
    both = {"X_FORWARDED_FOR": "203.0.113.8", "FORWARDED": "for=1.1.1.1"}
    assert seen(settings, 1, **both) == "203.0.113.8"
    settings.TRUSTED_PROXIES_HEADER = "Forwarded"
    assert seen(settings, 1, **both) == "1.1.1.1"
    settings.TRUSTED_PROXIES_HEADER = "X-Forwarded-For"
    assert seen(settings, 1, FORWARDED="for=1.1.1.1") == PROXY


@pytest.mark.parametrize(
    ("trusted", "header", "client"),
    [
        (2, "1.1.1.1, 203.0.113.8, 10.9.9.9", "203.0.113.8"),
        ("10.0.0.0/8", "1.1.1.1, 203.0.113.8, 10.9.9.9", "203.0.113.8"),
        ("10.0.0.0/8", "10.5.5.5, 10.9.9.9", "10.5.5.5"),
        ("10.0.0.0/8", "", PROXY),
        ("10.1.2.3", "203.0.113.8, 10.9.9.9", "10.9.9.9"),
        (["10.1.2.3", "10.9.9.9"], "203.0.113.8, 10.9.9.9", "203.0.113.8"),
    ],
)
def test_trusted_are_a_number_or_networks(
    settings: Any, trusted: Any, header: str, client: str
) -> None:
    assert seen(settings, trusted, X_FORWARDED_FOR=header) == client


def test_proxy_at_a_unix_socket(settings: Any) -> None:
    assert seen(settings, 1, "", X_FORWARDED_FOR="203.0.113.8") == "203.0.113.8"
    assert seen(settings, "unix", "", X_FORWARDED_FOR="203.0.113.8") == "203.0.113.8"
    assert seen(settings, "10.0.0.0/8", "", X_FORWARDED_FOR="203.0.113.8") == UNKNOWN
    assert seen(settings, 0, "") == UNKNOWN


@pytest.mark.parametrize("text", ["ten", "-1", "101", "10.0.0.1/8", "10.0.0.0/8 1", "1,2"])
def test_nonsense_is_refused_with_the_name_of_the_setting(text: str) -> None:
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES: "):
        SiteSettings(Environment({"TRUSTED_PROXIES": text})).trusted_proxies  # noqa: B018
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES_HEADER='X-Real-IP'"):
        header = {"TRUSTED_PROXIES_HEADER": "X-Real-IP"}
        SiteSettings(Environment(header)).trusted_proxies_header  # noqa: B018


def test_good_settings_are_taken() -> None:
    assert trusted_proxies("2").count == trusted_proxies(2).count == 2
    assert len(trusted_proxies(" 10.0.0.0/8 , 2001:db8::/32,192.0.2.1").networks) == 3
    assert trusted_proxies("") == trusted_proxies(0)


def unsubscribe(forwarded: str, remote: str = "192.0.2.1") -> int:
    client = Client(REMOTE_ADDR=remote)
    return client.post(
        "/api/reports/schedules/unsubscribe/",
        {"token": "x"},
        content_type="application/json",
        headers={"X-Forwarded-For": forwarded},
    ).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("names", ["198.51.100.{}", "unknown-{}", "_{}", "[::{}", "1.1.1.1, x{}"])
def test_spoofed_headers_pass_no_limit_and_make_no_counters(settings: Any, names: str) -> None:
    settings.TRUSTED_PROXIES = 1 if "unknown" in names or "_" in names or "[" in names else 0
    codes = [unsubscribe(names.format(number)) for number in range(65)]
    assert codes == [404] * 60 + [429] * 5
    assert Counter.objects.count() == 1
    settings.TRUSTED_PROXIES = 0
    assert unsubscribe("", "192.0.2.99") == 404


@pytest.mark.django_db
def test_wrong_links_of_the_unsubscribe_page_are_limited() -> None:
    client = Client(REMOTE_ADDR="192.0.2.1")
    codes = [client.get(f"/reports/unsubscribe/x{n}/").status_code for n in range(62)]
    assert codes == [404] * 60 + [429] * 2


@pytest.mark.django_db
def test_clients_without_an_address_are_limited_together_at_the_forms(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    settings.SUBMISSIONS_PER_IP_HOUR = 3
    settings.STAFF_EMAILS = []

    def ask(number: int) -> int:
        fields = {
            "name": "Ann Lee", "topic": "general", "message": "Hello",
            "email": f"ann{number}@example.org",
        }  # fmt: skip
        headers = {"X-Forwarded-For": f"unknown{number}"}
        return (
            Client()
            .post("/api/inquiries/", fields, content_type="application/json", headers=headers)
            .status_code
        )

    assert [ask(number) for number in range(5)] == [201] * 3 + [429] * 2


@pytest.mark.django_db(transaction=True)
def test_counts_that_have_ended_are_deleted() -> None:
    for number in range(3):
        counters.hit("test", f"old {number}", limit=1, seconds=60)
    Counter.objects.update(expires_at=Now() - timedelta(seconds=1))
    assert counters.hit("test", "new", limit=1, seconds=60) == 0
    assert Counter.objects.count() == 1
    assert 0 < counters.hit("test", "new", limit=1, seconds=60) <= 60
