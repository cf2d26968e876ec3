"""What is known of a message without a change of the site's code."""

from types import ModuleType
from typing import Any

import pytest
from django import VERSION
from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.http import HttpResponse
from django.urls import clear_script_prefix, include, path, re_path, set_script_prefix

from postroom.backend import EmailBackend
from postroom.web.emails.models import EmailQueue

pytestmark = pytest.mark.django_db


def view(_request: Any, **_parts: str) -> HttpResponse:
    return HttpResponse()


accounts = ([path("login/", view, name="login"), path("o/<int:n>/", view, name="order")], "shop")
urlpatterns = [
    path("zurücksetzen/<uidb64>/<token>/", view, name="password_reset_confirm"),
    re_path(r"^confirm/(?P<key>[-:\w]+)/$", view, name="account_confirm_email"),
    path("shop/", include(accounts)),
]


@pytest.fixture(autouse=True)
def urls(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


def queue(body: str, **arguments: Any) -> EmailQueue:
    message = EmailMessage("Hi", body, "a@example.org", ["b@x.example"], **arguments)
    assert EmailBackend().send_messages([message]) == 1
    return EmailQueue.objects.order_by("pk").last()  # type: ignore[return-value]


def facts(row: EmailQueue) -> tuple[str, str, bool]:
    return (row.email_type, row.priority, row.sensitive)


def test_a_password_reset_of_django_is_urgent_and_secret(settings: Any) -> None:
    if VERSION < (6, 1):
        settings.EMAIL_BACKEND = "postroom.backend.EmailBackend"
    else:
        settings.MAILERS = {"default": {"BACKEND": "postroom.backend.EmailBackend"}}
    User.objects.create_user("ann", "ann@x.example", "secret")
    form = PasswordResetForm({"email": "ann@x.example"})
    assert form.is_valid()
    form.save(domain_override="example.org", use_https=True, from_email="a@example.org")
    assert facts(EmailQueue.objects.get()) == ("password_reset", "high", True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Visit https://example.org/confirm/MQ:1a-2b/.", ("email_confirmation", "high", False)),
        ("Visit https://example.org/shop/login/ soon", ("django", "normal", False)),
        ("Visit https://[broken/confirm/x/", ("django", "normal", False)),
        ("/confirm/MQ:1a/ without a host", ("django", "normal", False)),
        ("https://example.org/nowhere/ " * 100, ("django", "normal", False)),
        (
            "".join(f"https://example.org/shop/o/{n}/ " for n in range(50))
            + "https://example.org/zur%C3%BCcksetzen/MQ/1a-2b/",
            ("password_reset", "high", True),
        ),
    ],
)
def test_a_link_to_the_site_says_what_it_is(body: str, expected: tuple[str, str, bool]) -> None:
    assert facts(queue(body)) == expected


def test_a_link_below_the_sites_own_path_or_language_is_found(settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    routes = ModuleType("routes")
    routes.urlpatterns = i18n_patterns(*urlpatterns)  # type: ignore[attr-defined, arg-type]
    settings.ROOT_URLCONF = routes
    set_script_prefix("/club/")
    try:
        reset = queue("https://example.org/club/de/zur%C3%BCcksetzen/MQ/1a-2b/")
    finally:
        clear_script_prefix()
    assert facts(reset) == ("password_reset", "high", True)


def test_rules_of_the_site_come_first(settings: Any) -> None:
    settings.POSTROOM = {
        "BACKEND_RULES": [
            {"link": "shop:order", "subject": "^Hi", "email_type": "order"},
            {"body": "(?i)invoice", "to": "@x", "from_email": "^a@", "email_type": "invoice"},
            {"link": "account_confirm_email", "email_type": "own", "priority": "normal"},
        ]
    }
    assert queue("See http://example.org/shop/o/7/").email_type == "order"
    assert queue("Your INVOICE").email_type == "invoice"
    assert facts(queue("http://example.org/confirm/x/")) == ("own", "normal", False)
