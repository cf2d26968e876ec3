"""A template in Django's own language as the content of an e-mail."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import translation

from postroom import EmailRequestError, email_service
from postroom.web.emails.models import EmailQueue

pytestmark = pytest.mark.django_db

FILES = {
    "orders/confirm.html": (
        "{% load i18n humanize %}{% translate 'Yes' %} {{ buyer.get_username|upper }} {{ cents }}"
    ),
    "orders/confirm.txt": "Thanks, {{ buyer.get_username }}.",
    "orders/confirm_subject.txt": "Order of\n{{ buyer.get_username }}\n",
    "orders/plain.txt": "Only text for {{ buyer.get_username }}",
    "orders/broken.html": "{% if %}",
    "orders/parts.html": "{% include 'orders/gone.html' %}",
    "orders/markup.html": "{{ name }}",
}


@pytest.fixture(autouse=True)
def templates(settings: Any, tmp_path: Path) -> None:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    [engine] = settings.TEMPLATES
    builtins = {"libraries": {"humanize": "django.contrib.humanize.templatetags.humanize"}}
    settings.TEMPLATES = [
        {**engine, "DIRS": [tmp_path], "OPTIONS": {**engine["OPTIONS"], **builtins}}
    ]


def queue(name: str, **arguments: Any) -> EmailQueue:
    values = {"subject": "", "context": {"buyer": User(username="ann"), "cents": 5}}
    return email_service.send_email_task(
        "order_confirmed", recipients="ann@example.org", django_template=name, **values | arguments
    )


def test_it_is_rendered_now_with_objects_filters_and_its_neighbours() -> None:
    row = queue("orders/confirm.html")
    row.refresh_from_db()
    assert row.html_body == "Yes ANN 5"
    assert row.plain_body == "Thanks, ann."
    assert row.subject == "Order of ann"
    assert (row.context, row.template_path) == ({}, "")


def test_only_html_is_escaped() -> None:
    row = queue(
        "orders/confirm.html", context={"buyer": User(username="Tom & 'Jerry'"), "cents": 5}
    )
    assert (row.subject, row.plain_body) == ("Order of Tom & 'Jerry'", "Thanks, Tom & 'Jerry'.")
    assert row.html_body == "Yes TOM &amp; &#x27;JERRY&#x27; 5"
    assert queue(
        "orders/plain.txt", subject="x", context={"buyer": User(username="<a>")}
    ).plain_body == ("Only text for <a>")


def test_subject_of_the_call_wins() -> None:
    assert queue("orders/confirm.html", subject="Yours").subject == "Yours"


def test_language_is_active_while_it_is_rendered() -> None:
    before = translation.get_language()
    row = queue("orders/confirm.html", language="de")
    assert row.html_body == "Ja ANN 5"
    assert row.language == "de"
    assert translation.get_language() == before


def test_text_alone() -> None:
    row = queue("orders/plain.txt", subject="Hello")
    assert (row.html_body, row.plain_body) == ("", "Only text for ann")


def test_values_are_escaped() -> None:
    row = queue("orders/markup.html", subject="x", context={"name": "<script>"})
    assert row.html_body == "&lt;script&gt;"


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("orders/none.html", {}, "'orders/none.html' does not exist"),
        ("orders/parts.html", {}, "'orders/parts.html' needs 'orders/gone.html'"),
        ("orders/broken.html", {}, "'orders/broken.html': "),
        ("orders/plain.txt", {}, "subject: is empty"),
        ("orders/plain.txt", {"template_path": "inquiry/received"}, "is the content; give no"),
        ("orders/plain.txt", {"html_body": "<p>x"}, "is the content; give no"),
        ("orders/plain.txt", {"plain_body": "x"}, "is the content; give no"),
        (Path("orders/plain.txt"), {}, "must be text, not PosixPath"),
    ],
)
def test_what_cannot_be_used_is_named(name: Any, arguments: Any, problem: str) -> None:
    with pytest.raises(EmailRequestError, match=problem):
        queue(name, **arguments)
    assert not EmailQueue.objects.exists()
