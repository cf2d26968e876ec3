"""Every page says what it may load, and a previewed e-mail loads nothing at all."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client
from django.urls import reverse
from drf_spectacular.views import SpectacularAPIView

from postroom.web.api import schema
from postroom.web.protection.csp import ADMIN, STRICT
from postroom.web.reporting import subscriptions
from tests.support.queued_emails import make_email, send
from tests.support.reporting.records import make_schedule, subscribe

pytestmark = pytest.mark.django_db
STRANGERS = [
    "/", "/inquiry/", "/event-registration/", "/nomination/", "/speaker/", "/thank-you/",
    "/board/login/", "/admin/login/", "/api/docs/", "/api/docs/?script", "/api/schema/",
    "/api/epics/", "/reports/unsubscribe/x/", "/nothing/", "/metrics",
]  # fmt: skip
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+\s*=|javascript:", re.I
)


def is_strict(policy: str) -> bool:
    return "unsafe" not in policy and "default-src 'none'" in policy and "*" not in policy


@pytest.mark.parametrize("path", STRANGERS)
def test_strict_policy_on_every_page_of_ours(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer["Content-Security-Policy"] == STRICT
    assert is_strict(answer["Content-Security-Policy"])
    if answer["Content-Type"].startswith("text/html"):
        assert INLINE.findall(answer.text) == []


def test_strict_policy_on_pages_for_people_who_are_signed_in(client: Client) -> None:
    user = User.objects.create_user("ann")
    client.force_login(user)
    (recipient,) = subscribe(make_schedule(), "ben")
    pages = ["/board/", f"/reports/unsubscribe/{subscriptions.token_of(recipient)}/"]
    for path in pages:
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer["Content-Security-Policy"] == STRICT
        assert INLINE.findall(answer.text) == []


@pytest.mark.parametrize("code", [400, 403, 413])
def test_strict_policy_on_refusals(code: int) -> None:
    client = Client(enforce_csrf_checks=code == 403)
    body = {"name": "x" * 2_000_000} if code == 413 else {}
    answer = client.post("/inquiry/", body)
    assert (answer.status_code, answer["Content-Security-Policy"]) == (code, STRICT)


def test_admin_loads_from_this_site_only(admin_client: Client) -> None:
    email = make_email()
    for path in (
        reverse("admin:index"),
        reverse("admin:postroom_emailqueue_changelist"),
        reverse("admin:postroom_emailqueue_change", args=[email.pk]),
        reverse("admin:postroom_emailqueue_templates"),
    ):
        answer = admin_client.get(path)
        assert answer.status_code == 200
        assert answer["Content-Security-Policy"] == ADMIN
    assert "http" not in ADMIN
    assert "*" not in ADMIN


HOSTILE = [
    '<iframe src="https://evil.example/"></iframe>',
    "<IFRAME/src=//evil.example/>",
    '<iframe\nsrcdoc="<img src=//evil.example/>">',
    '<frameset><frame\tsrc="//evil.example/"></frameset>',
    '<object data="//evil.example/x.swf"></object>',
    '<embed src="//evil.example/x">',
    '<applet code="x"></applet>',
    '<fencedframe></fencedframe><portal src="//evil.example/"></portal>',
    '<link rel="preconnect" href="//evil.example/">',
    '<link rel=dns-prefetch href="//evil.example/">',
    '<base href="//evil.example/">',
    '<meta http-equiv="refresh" content="0;url=//evil.example/">',
    "<meta content='0;url=//evil.example/' HTTP-EQUIV = refresh>",
    "<meta name=x/http-equiv=refresh content='0;url=//evil.example/'>",
    "<script src=//evil.example/></script>",
    "<svg><foreignObject><iframe src=//evil.example/></foreignObject></svg>",
    "<!-- <iframe src=//evil.example/> --><style></style><iframe src=//evil.example/>",
]
TAGS = re.compile(
    r"</?(iframe|frame|frameset|object|embed|applet|fencedframe|portal|link|base|script)[\s/>]",
    re.I,
)


@pytest.mark.parametrize("html", HOSTILE)
def test_frames_and_what_else_connects_are_gone_from_the_preview(
    admin_client: Client, html: str
) -> None:
    email = send(plain_body="", html_body=f"<p>Before {html} after</p>")
    answer = admin_client.get(reverse("admin:postroom_emailqueue_content", args=[email.pk]))
    assert answer.status_code == 200
    text = answer.text.replace('<base target="_blank">', "", 1)
    assert TAGS.findall(text) == []
    assert re.search(r"\shttp-equiv|/http-equiv", text, re.I) is None
    assert "Before" in text
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer["X-DNS-Prefetch-Control"] == "off"


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/postroom/" target="_self">', "<a/href=/postroom/ target=_self>",
        "<A\nTARGET='' href=/postroom/>", "<a href=/postroom/ target>",
        "<svg><a href=/postroom/ target=_self>", "<map><area target=_self href=/postroom/>",
    ],
)  # fmt: skip
def test_link_opens_a_new_window_whatever_it_says(admin_client: Client, link: str) -> None:
    email = send(plain_body="", html_body=f"<p>Our target = {link}press</a></p>")
    answer = admin_client.get(reverse("admin:postroom_emailqueue_content", args=[email.pk]))
    assert re.findall(r"<(?:a|area) [^>]*", answer.text, re.I)
    for tag in re.findall(r"<(?:a|area)[\s/][^>]*", answer.text, re.I):
        assert re.match(r'<\w+ target="_blank"[\s/]', tag, re.I)
    assert "Our target =" in answer.text


def test_words_in_an_e_mail_stay_as_they_are(admin_client: Client) -> None:
    html = "<p>&lt;iframe&gt; and http-equivalent and <framework></framework> stay</p>"
    email = send(plain_body="", html_body=html)
    answer = admin_client.get(reverse("admin:postroom_emailqueue_content", args=[email.pk]))
    assert "&lt;iframe&gt; and http-equivalent and <framework>" in answer.text


@pytest.mark.parametrize("query", ["", "?format=json", "?lang=de", "?version=9"])
def test_description_of_the_api_is_built_once(
    client: Client, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    first = client.get(f"/api/schema/{query}")
    assert first.status_code == 200

    def built_again(*_: Any, **__: Any) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(schema.CachedSchemaView, "generator_class", built_again)
    monkeypatch.setattr(SpectacularAPIView, "generator_class", built_again)
    assert client.get(f"/api/schema/{query}").content == first.content


def test_probe_tells_strangers_the_state_and_nothing_else(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused() -> None:
        raise OperationalError("connection to server at db.internal, user postroom, p@ss failed")

    monkeypatch.setattr(connection, "cursor", refused)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})
    assert "db.internal" in capsys.readouterr().err
