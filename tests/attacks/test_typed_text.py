"""Nothing that reads as a sentence or a link reaches an address that nobody has proved."""

# ruff: noqa: RUF001 (letters that look alike are the subject)

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from postroom.web.emails.models import EmailQueue
from postroom.web.systems.submissions.names import safe_name
from tests.support.shipped_templates import shipped_renderer

SENTENCES = [
    "Your account is closed call FIVE FIVE", "CALL FIVE FIVE NOW", "Call Five Five", "Pay Now",
    "Your Account Is Closed", "Visit Evil Dot Com", "Click-Here-Now", "Ihr Konto gesperrt",
    "Votre Compte Bloqué", "Su Cuenta Cerrada", "YourAccountIsClosed", "youraccountisclosednow",
    "You won a big prize today", "Call\u200cMe", "C\u0301a\u0301l\u0301l\u0301 me", "Pay. Now.",
    "您的账户已关闭请致电", "账户已关闭", "ваш счет закрыт звоните", "Please answer me",
    "Meet Me Outside Tonight", "Send Coins To Bob", "We Know Everything", "Nothing Is Over",
    "We know what you did", "Open the Attachment", "Sign und Return", "The Bank of Coins",
    "Bob von Konto zu Bank",
]  # fmt: skip
LINKS = [
    "httpsː丿丿evilꓸcom", "evil.com", "evil。com", "evil․com", "evil·com", "evilꓸcom",
    "http:⁄⁄evil", "httpsǀǀevil",
    "𝐞𝐯𝐢𝐥.𝐜𝐨𝐦", "ⓔⓥⓘⓛ", "еvil com", "evil com", "www evil", "evil\u2011com",
    "evil@example.org", "+49 30 1234", "０８００", "evil\ufe52com", "evil\u200bcom",
]  # fmt: skip
NAMES = {
    "Jean\u2011Luc": "Jean\u2011Luc",
    "Gal\u00b7la": "Gal\u00b7la",
    "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627": "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
    "Auf\u200clage": "Auflage",
    "Ann Marie O\u2019Hara-Smith": "Ann Marie O\u2019Hara-Smith",
    "Ludwig van der Rohe": "Ludwig van der Rohe",
    "Dr. J.-P. Dupont, PhD": "Dr. J.-P. Dupont, PhD",
    "Jean DUPONT": "Jean DUPONT",
    "ann lee": "ann lee",
    "Nguyễn Văn Minh": "Nguyễn Văn Minh",
    "ジョン・スミス": "ジョン・スミス",
    "山田 はなこ": "山田 はなこ",
    "長谷川 健太郎": "長谷川 健太郎",
    "김민준": "김민준",
    "Олександр Солов\u02bcян": "Олександр Солов\u02bcян",
    "สมชาย ใจดี": "สมชาย ใจดี",
    "नरेन्द्र": "नरेन्द्र",
}


WITH_PARTICLES = [
    "Anna von und zu Guttenberg", "Marie von der Tann und zu Berg", "ANNA VON UND ZU GUTTENBERG",
    "Ulrich von dem Bussche", "Ann of the Isles", "Maria de los Angeles", "Maria dei Medici",
    "Francesco degli Albizzi", "Jan op den Camp",
]  # fmt: skip


@pytest.mark.parametrize("typed", [*SENTENCES, *LINKS])
def test_lures_are_not_repeated(typed: str) -> None:
    assert safe_name(typed) == ""


@pytest.mark.parametrize("typed", NAMES)
def test_names_keep_their_greeting(typed: str) -> None:
    assert safe_name(typed) == NAMES[typed]


@pytest.mark.parametrize("typed", WITH_PARTICLES)
def test_names_with_particles_keep_it_too(typed: str) -> None:
    assert safe_name(typed) == typed


@given(st.text(max_size=70))
def test_what_is_repeated_is_short_visible_and_of_one_line(typed: str) -> None:
    name = safe_name(typed)
    assert len(name) <= 60
    assert name.replace("\u200c", "").replace("\u200d", "").isprintable()
    assert not set(name) & set("/:@<>&#0123456789")
    assert safe_name(name) == name


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["Your Account Is Closed", "httpsː丿丿evilꓸcom"])
def test_confirmations_hold_nothing_that_was_typed(settings: Any, typed: str) -> None:
    settings.STAFF_EMAILS = []
    person = {"name": typed, "email": "victim@example.org"}
    posts: dict[str, dict[str, Any]] = {
        "inquiries": {"topic": "general", "message": typed},
        "event-registrations": {
            "event": "Open day", "seats": 1, "organisation": typed, "dietary_notes": typed,
        },
        "nominations": {
            "nominee_name": typed, "nominee_organisation": typed, "category": "teaching",
            "reason": typed,
        },
    }  # fmt: skip
    for form, fields in posts.items():
        body = json.dumps(person | fields)
        answer = Client().post(f"/api/{form}/", body, content_type="application/json")
        assert answer.status_code == 201
    renderer = shipped_renderer()
    for email in EmailQueue.objects.all():
        content = renderer.render(email.template_path, email.context)
        assert typed not in f"{email.context} {content.subject} {content.text} {content.html}"
        assert "Hello," in content.text
