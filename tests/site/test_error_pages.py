"""Pages for what went wrong: for the public, with a way back, and without a database."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from postroom.web.protection import error_pages
from postroom.web.site import urls as site_urls
from tests.support.users import person

Handler = Callable[[HttpRequest], HttpResponse]
HANDLERS: list[tuple[Handler, int, str]] = [
    (error_pages.bad_request, 400, "This request cannot be read"),
    (error_pages.permission_denied, 403, "You may not open this page"),
    (error_pages.page_not_found, 404, "There is no such page"),
    (error_pages.server_error, 500, "Something went wrong here"),
    (error_pages.unavailable, 503, "This site is not available just now"),
    (error_pages.csrf_failure, 403, "This form was not sent"),
]


def _fails(*_: object, **__: object) -> Any:
    raise RuntimeError("a fault of ours")


@pytest.mark.parametrize(("handler", "status", "title"), HANDLERS)
def test_page_has_the_sites_look_and_a_way_back_without_a_database(
    handler: Handler, status: int, title: str
) -> None:
    # No database here: pytest-django refuses every query of this test.
    response = handler(RequestFactory().get("/admin/somewhere/?a=<b>"))
    text = response.content.decode()
    assert response.status_code == status
    assert f"<h1>{title}</h1>" in text
    assert 'name="viewport"' in text
    assert "postroom_protection/pages.css" in text
    assert '<a href="/">To the start page</a>' in text
    assert "<b>" not in text


@pytest.mark.parametrize(("handler", "status", "title"), HANDLERS)
def test_api_gets_json(handler: Handler, status: int, title: str) -> None:
    response = handler(RequestFactory().get("/api/somewhere/"))
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"


def test_page_that_cannot_be_drawn_is_plain_and_still_says_it(monkeypatch: Any) -> None:
    monkeypatch.setattr(error_pages, "render_to_string", _fails)
    response = error_pages.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "This is a fault of the site, not of yours" in response.content.decode()


def test_typed_text_is_mentioned_only_after_a_form() -> None:
    words = "What you typed is usually still there"
    assert words in error_pages.server_error(RequestFactory().post("/")).content.decode()
    assert words not in error_pages.server_error(RequestFactory().get("/")).content.decode()


def test_path_of_another_site_is_no_way_back() -> None:
    response = error_pages.server_error(RequestFactory().get("//evil.example/x"))
    assert 'href="//' not in response.content.decode()


def test_database_away_asks_to_try_again() -> None:
    assert error_pages.unavailable(RequestFactory().get("/"))["Retry-After"] == "10"


@pytest.mark.django_db
def test_site_uses_them(client: Client, monkeypatch: Any) -> None:
    assert "There is no such page" in client.get("/nowhere/").text
    assert client.get("/api/nowhere/").json()["detail"]
    assert "This request cannot be read" in client.get("/", headers={"host": "evil.example"}).text
    person(client, "view_emailqueue")
    refused = client.get("/admin/postroom/suppression/")
    assert refused.status_code == 403
    assert "You may not open this page" in refused.text
    assert site_urls.handler500 is error_pages.server_error
    client.raise_request_exception = False
    monkeypatch.setattr("postroom.web.systems.submissions.pages._page", _fails)
    failed = client.get("/")
    assert failed.status_code == 500
    assert "Something went wrong here" in failed.text


@pytest.mark.django_db
def test_form_with_an_old_token_is_shown_again_with_what_was_typed() -> None:
    client = Client(enforce_csrf_checks=True)
    typed = {"name": "Ann <b>", "email": "ann@example.org", "message": "A long question"}
    response = client.post("/inquiry/", typed)
    assert response.status_code == 403
    assert "what you typed is still here" in response.text
    assert 'value="Ann &lt;b&gt;"' in response.text
    assert "A long question" in response.text
    token = response.cookies["csrftoken"].value
    assert 'name="csrfmiddlewaretoken"' in response.text
    again = client.post("/inquiry/", {**typed, "csrfmiddlewaretoken": token})
    assert again.status_code != 403


@pytest.mark.django_db
def test_other_pages_with_an_old_token_say_how_to_go_on() -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "ann"})
    assert response.status_code == 403
    assert "This form was not sent" in response.text
    assert '<a href="/admin/login/">Open the page again</a>' in response.text
