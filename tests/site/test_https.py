"""`web/site/https.py`: which proxy is believed, and which hosts are public."""

from typing import Any

import pytest
from django.test import Client

from postroom.shared.env import Environment, SettingsError
from postroom.web.site.https import check_debug, https_settings, public_hosts


def test_nothing_is_believed_without_https() -> None:
    https = https_settings(Environment({"HSTS_SECONDS": "5"}))
    assert (https.only, https.proxy_header, https.hsts_seconds) == (False, None, 0)


@pytest.mark.parametrize(
    ("given", "believed"),
    [
        ("", ("HTTP_X_FORWARDED_PROTO", "https")),
        ("X-Scheme", ("HTTP_X_SCHEME", "https")),
        ("none", None),
    ],
)
def test_one_header_of_the_proxy_is_believed(given: str, believed: object) -> None:
    env = Environment({"HTTPS_ONLY": "1", "HTTPS_PROXY_HEADER": given})
    assert https_settings(env).proxy_header == believed


def test_public_hosts_are_told_from_private_ones() -> None:
    private = ["localhost", "127.0.0.1", "[::1]", "web", "10.1.2.3", "shop.localhost", ".localhost"]
    public = ["example.org", ".example.org", "*", "8.8.8.8", "[2001:4860::1]"]
    assert public_hosts([*private, *public]) == public
    check_debug(True, private)
    check_debug(False, public)
    with pytest.raises(SettingsError, match=r"^DEBUG is on and ALLOWED_HOSTS names \*"):
        check_debug(True, ["localhost", "*"])


def test_probes_are_answered_without_tls_and_nothing_else_is(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    client = Client()
    assert client.get("/healthz").status_code == 200
    redirect = client.get("/api/docs/")
    assert (redirect.status_code, redirect["Location"]) == (301, "https://testserver/api/docs/")
