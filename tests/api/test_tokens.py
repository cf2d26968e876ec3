"""Tokens: made once by a command, stored as hashes, taken under both schemes, refused when over."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from postroom.web.api.models import ApiToken
from postroom.web.api.rules import OwnRules
from postroom.web.site.urls import urlpatterns as site_urls

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class WhoAmI(OwnRules, APIView):
    def get(self, request: Request) -> Response:
        return Response({"user": request.user.username})

    post = get


urlpatterns = [path("whoami/", WhoAmI.as_view()), *site_urls]


@pytest.fixture(autouse=True)
def _ann() -> None:
    cache.clear()
    User.objects.create_user("ann", "ann@example.org")


def create(*arguments: str) -> str:
    out = StringIO()
    call_command("create_api_token", "ann", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def ask(authorization: str, method: str = "get") -> Any:
    headers = {"authorization": authorization} if authorization else {}
    return getattr(Client(), method)("/whoami/", headers=headers)


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer", "TOKEN"])
def test_both_schemes_are_accepted(scheme: str) -> None:
    answer = ask(f"{scheme} {create()}")
    assert (answer.status_code, answer.json()) == (200, {"user": "ann"})


def test_only_the_hash_is_stored() -> None:
    token = create("--name", "nightly")
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM postroom_api_apitoken t")
        [(row,)] = cursor.fetchall()
    assert token.removeprefix("postroom_") not in row
    assert ApiToken.objects.get().name == "nightly"


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer a b", "Bearer wrong", "Bearer \xff", "Basic YTpi", "Token postroom_"],
)
def test_everything_else_is_asked_for_a_token(authorization: str) -> None:
    answer = ask(authorization)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_expired_deleted_and_inactive_are_refused() -> None:
    token = create("--expires-in", "1h")
    assert ask(f"Bearer {token}").status_code == 200
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert ask(f"Bearer {token}").status_code == 401
    ApiToken.objects.update(expires_at=None)
    User.objects.update(is_active=False)
    assert ask(f"Bearer {token}").status_code == 401
    User.objects.update(is_active=True)
    ApiToken.objects.all().delete()
    assert ask(f"Bearer {token}").status_code == 401


def test_read_only_token_changes_nothing() -> None:
    token = create("--read-only")
    assert ask(f"Bearer {token}").status_code == 200
    assert ask(f"Bearer {token}", "post").status_code == 403


def test_use_is_noted_without_a_write_each_time() -> None:
    token = create()
    ask(f"Bearer {token}")
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    ask(f"Bearer {token}")
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(hours=2))
    ask(f"Bearer {token}")
    last = ApiToken.objects.get().last_used_at
    assert last is not None
    assert last >= first


def test_too_many_requests_are_told_when_to_come_again(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    token = create()
    answers = [ask(f"Bearer {token}") for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert 1 <= int(answers[2]["Retry-After"]) <= 60
    settings.API_REQUESTS_PER_MINUTE = 0
    assert ask(f"Bearer {token}").status_code == 200


def test_a_session_needs_its_csrf_token_to_change_something() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get())
    assert client.get("/whoami/").status_code == 200
    assert client.post("/whoami/").status_code == 403


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], "no user"),
        (["ann", "--expires-in", "soon"], "--expires-in"),
        (["ann", "--expires-in", ""], "--expires-in"),
        (["ann", "--name", "x" * 101], "--name"),
    ],
)
def test_command_says_what_is_wrong(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("create_api_token", *arguments)
    assert not ApiToken.objects.exists()


def test_admin_lists_tokens_and_adds_none(admin_client: Client) -> None:
    create("--name", "nightly")
    assert b"nightly" in admin_client.get("/admin/postroom_api/apitoken/").content
    assert admin_client.get("/admin/postroom_api/apitoken/add/").status_code == 403


def test_docs_load_nothing_from_elsewhere() -> None:
    page = Client().get("/api/docs/")
    assert page.status_code == 200
    assert b"https://" not in page.content.replace(b"https://swagger.io", b"")


def test_database_away_gives_503(monkeypatch: pytest.MonkeyPatch) -> None:
    token = create()

    def away(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", away)
    client = Client(raise_request_exception=False)
    answer = client.get("/whoami/", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 503
    assert answer["Retry-After"]
