"""Passwords and tokens cannot be tried without end, on whichever page."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import aauthenticate, authenticate
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test import Client, RequestFactory

from postroom.web.api.tokens import create_token
from postroom.web.protection.models import Counter

PAGES = ["/admin/login/", "/board/login/"]
RIGHT = "a long secret"


@pytest.fixture
def ann(transactional_db: None) -> User:
    return User.objects.create_superuser("ann", "ann@example.org", RIGHT)


def sign_in(page: str, name: str, password: str, ip: str = "192.0.2.1") -> Any:
    return Client(REMOTE_ADDR=ip).post(page, {"username": name, "password": password})


@pytest.mark.parametrize("page", PAGES)
def test_guesses_end_after_ten_and_then_the_right_password_is_refused_too(
    ann: User, page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = [sign_in(page, "ann", f"wrong {n}").status_code for n in range(12)]
    assert codes == [200] * 10 + [429] * 2
    other = next(one for one in PAGES if one != page)
    for each in (page, other):
        answer = sign_in(each, " ANN ", RIGHT)
        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 900
        assert "Too many failed attempts. Please try again in" in answer.text
        assert "sessionid" not in answer.cookies
    text = capsys.readouterr().err
    assert "login_failed" in text
    assert "login_refused" in text
    assert "wrong 1" not in text
    # Somebody else at the same address, and she herself from elsewhere, are not locked out.
    assert sign_in(page, "ann", RIGHT, ip="192.0.2.2").status_code == 302
    User.objects.create_user("ben", password=RIGHT)
    assert sign_in(page, "ben", RIGHT).status_code == 302


def test_lock_ends_with_its_window(ann: User) -> None:
    for number in range(11):
        sign_in(PAGES[0], "ann", f"wrong {number}")
    assert sign_in(PAGES[0], "ann", RIGHT).status_code == 429
    Counter.objects.update(expires_at=F("expires_at") - timedelta(hours=1))
    assert sign_in(PAGES[0], "ann", RIGHT).status_code == 302


def test_one_client_cannot_try_many_accounts(ann: User) -> None:
    codes = [sign_in(PAGES[0], f"user{n}", "password1").status_code for n in range(31)]
    assert codes == [200] * 30 + [429]
    assert sign_in(PAGES[0], "ann", RIGHT).status_code == 429


def test_many_clients_cannot_try_one_account(ann: User, settings: Any) -> None:
    settings.LOGIN_FAILURES = 1
    codes = [sign_in(PAGES[0], "ann", "wrong", ip=f"192.0.2.{n}").status_code for n in range(11)]
    assert codes == [200] * 10 + [429]


def test_right_passwords_are_not_counted(ann: User, settings: Any) -> None:
    settings.LOGIN_FAILURES = 2
    assert {sign_in(PAGES[0], "ann", RIGHT).status_code for _ in range(6)} == {302}


def test_guesses_at_the_same_moment_do_not_slip_through(ann: User, settings: Any) -> None:
    settings.LOGIN_FAILURES = 3

    def guess(number: int) -> int:
        try:
            return int(sign_in(PAGES[0], "ann", f"wrong {number}").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(guess, range(12)))
    assert codes == [200] * 3 + [429] * 9


def test_code_that_asks_for_a_password_itself_is_limited_too(ann: User, settings: Any) -> None:
    settings.LOGIN_FAILURES = 2
    request = RequestFactory().post("/")
    for _ in range(2):
        assert authenticate(request, username="ann", password="wrong") is None
    assert authenticate(request, username="ann", password=RIGHT) is None
    assert asyncio.run(aauthenticate(request, username="ann", password=RIGHT)) is None


@pytest.mark.django_db
def test_wrong_tokens_are_limited_by_client_and_right_ones_work() -> None:
    user = User.objects.create_user("ann")
    right = create_token(user)[1]

    def ask(token: str, ip: str = "192.0.2.1") -> Any:
        return Client(REMOTE_ADDR=ip).get(
            "/api/epics/", headers={"Authorization": f"Bearer {token}"}
        )

    codes = [ask(f"postroom_{n}").status_code for n in range(32)]
    assert codes == [401] * 30 + [429] * 2
    assert int(ask("postroom_x")["Retry-After"]) <= 900
    assert ask("postroom_x", ip="192.0.2.2").status_code == 401
    assert ask(right).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("page", "staff", "to"),
    [
        ("/admin/login/", True, "/admin/"),
        ("/admin/login/", False, "/board/"),
        ("/board/login/", True, "/board/"),
        ("/board/login/", False, "/board/"),
        ("/admin/login/?next=/admin/postroom/", True, "/admin/postroom/"),
        ("/admin/login/?next=https://evil.example/", True, "/admin/"),
    ],
)
def test_login_leads_to_a_page_that_exists(page: str, staff: bool, to: str) -> None:
    user = User.objects.create_user("ann", password=RIGHT, is_staff=staff)
    answer = sign_in(page, "ann", RIGHT)
    assert answer.status_code == 302
    assert answer["Location"] == to
    client = Client()
    client.force_login(user)
    if to in ("/admin/", "/board/"):
        assert client.get(to).status_code == 200


@pytest.mark.django_db
def test_user_without_the_right_is_told_so(client: Client) -> None:
    client.force_login(User.objects.create_user("ben"))
    answer = client.get("/admin/", follow=True)
    assert "You are signed in as ben, who may not open that page." in answer.text
