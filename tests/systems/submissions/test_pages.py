"""The forms as pages: shown, refused with messages, stored, thanked for; and the staff's view."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from postroom.web.emails.models import EmailQueue
from postroom.web.systems.submissions.kinds import KINDS, FormKind
from postroom.web.systems.submissions.models import Inquiry, SpeakerSubmission

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 something"
VALID: dict[str, dict[str, Any]] = {
    "inquiry": {"topic": "general", "message": "Hello"},
    "event-registration": {"event": "Open day", "seats": "2"},
    "nomination": {"nominee_name": "Bo", "category": "teaching", "reason": "Good."},
    "speaker": {"talk_title": "Letters", "abstract": "Long ago.", "biography": "Sorts."},
}
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.page)


def filled(kind: FormKind, **change: Any) -> dict[str, Any]:
    fields = {"name": "Ann Lee", "email": "ann@example.org", **VALID[kind.page]}
    if kind.page == "speaker":
        fields["file"] = SimpleUploadedFile("talk.pdf", PDF, "application/pdf")
    return fields | change


def test_index_leads_to_every_form() -> None:
    page = Client().get("/").content.decode()
    for kind in KINDS:
        assert f'href="/{kind.page}/"' in page


@every_kind
def test_form_sent_from_its_page_is_stored_and_thanked_for(kind: FormKind) -> None:
    browser = Client(enforce_csrf_checks=True)
    page = browser.get(f"/{kind.page}/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    answer = browser.post(f"/{kind.page}/", filled(kind, csrfmiddlewaretoken=token[1]))

    assert answer.status_code == 302, answer.content.decode()
    record = kind.model._default_manager.get()
    thanks = browser.get(answer["Location"]).content.decode()
    assert record.reference in thanks
    assert kind.thanks in thanks
    assert EmailQueue.objects.filter(email_type__endswith="_received").count() == 1


@every_kind
def test_form_without_csrf_token_is_refused_with_a_page(kind: FormKind) -> None:
    answer = Client(enforce_csrf_checks=True).post(f"/{kind.page}/", filled(kind))
    assert answer.status_code == 403
    assert "Nothing was stored" in answer.content.decode()
    assert not kind.model._default_manager.exists()


@every_kind
def test_empty_form_names_every_field_that_is_missing(kind: FormKind) -> None:
    answer = Client().post(f"/{kind.page}/", {})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'role="alert"' in page
    for name, field in kind.form().fields.items():
        if field.required:
            element = re.search(rf'<(input|select|textarea)[^>]* name="{name}"[^>]*>', page)
            assert element, name
            assert 'aria-invalid="true"' in element[0]
            assert f"id_{name}_error" in element[0]
            assert f'id="id_{name}_error"' in page
            assert f'href="#id_{name}"' in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Ann\x00"}, "name"),
        ({"name": "Ann\r\nBcc: bob@example.org"}, "name"),
        ({"email": "ann@example.org\r\nBcc: bob@example.org"}, "email"),
        ({"email": "ann@localhost"}, "email"),
        ({"message": "NUL \x00"}, "message"),
        ({"message": "x" * 5001}, "message"),
        ({"topic": "\x00"}, "topic"),
    ],
)
def test_message_stands_beside_the_field_and_typing_is_kept(
    change: dict[str, str], field: str
) -> None:
    answer = Client().post("/inquiry/", filled(KINDS[0], **change))
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    kept = {"name": "Ann Lee", "email": "ann@example.org", "message": "Hello"}
    kept.pop(field, None)
    for value in kept.values():
        assert value in answer.content.decode()
    assert not Inquiry.objects.exists()


def test_typed_markup_is_shown_as_text() -> None:
    page = Client().post("/inquiry/", {"name": '"><script>x</script>'}).content.decode()
    assert "<script" not in page


def test_file_that_is_no_pdf_is_refused_beside_its_field() -> None:
    file = SimpleUploadedFile("talk.pdf", b"PK\x03\x04", "application/pdf")
    answer = Client().post("/speaker/", filled(KINDS[3], file=file))
    assert answer.context["form"].errors == {"file": ["This is not a PDF file."]}


def test_robot_is_thanked_and_not_stored() -> None:
    answer = Client().post("/inquiry/", filled(KINDS[0], website="http://evil.example"))
    assert answer.status_code == 302
    assert "Thank you" in Client().get(answer["Location"]).content.decode()
    assert not Inquiry.objects.exists()
    assert not EmailQueue.objects.exists()


def test_too_many_get_a_page_that_keeps_what_was_typed(settings: Any) -> None:
    settings.SUBMISSIONS_PER_ADDRESS_HOUR = 1
    assert Client().post("/inquiry/", filled(KINDS[0])).status_code == 302
    answer = Client().post("/inquiry/", filled(KINDS[0], message="My long letter"))
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 3000
    page = answer.content.decode()
    assert "My long letter" in page
    assert "try again in" in page


@pytest.mark.parametrize(
    "query",
    [
        "", "?form=nonsense&reference=INQ-1", "?form=inquiry&reference=evil.example",
        "?form=inquiry&reference=REG-1", "?form=inquiry&reference=INQ-1%0Aevil",
    ],
)  # fmt: skip
def test_thank_you_page_shows_nothing_foreign(query: str) -> None:
    answer = Client().get(f"/thank-you/{query}")
    assert answer.status_code == 200
    assert "evil" not in answer.content.decode()
    assert "Your reference" not in answer.content.decode()


@every_kind
def test_other_methods_are_refused(kind: FormKind) -> None:
    assert Client().put(f"/{kind.page}/").status_code == 405
    assert Client().post("/thank-you/").status_code == 405


@every_kind
def test_pages_need_no_script_and_nothing_from_elsewhere(kind: FormKind) -> None:
    page = Client().get(f"/{kind.page}/").content.decode()
    assert "<script" not in page
    assert "://" not in page


@every_kind
def test_staff_read_submissions_and_cannot_change_them(
    kind: FormKind, admin_client: Client
) -> None:
    Client().post(f"/{kind.page}/", filled(kind))
    record = kind.model._default_manager.get()
    listing = f"/admin/postroom_submissions/{kind.model._meta.model_name}/"
    assert record.reference in admin_client.get(listing, {"q": "Ann"}).content.decode()
    assert record.reference not in admin_client.get(listing, {"q": "nobody"}).content.decode()
    page = admin_client.get(f"{listing}{record.pk}/change/").content.decode()
    assert "ann@example.org" in page
    assert record.address_hash not in page
    assert admin_client.get(f"{listing}add/").status_code == 403
    changed = admin_client.post(f"{listing}{record.pk}/change/", {"name": "Changed"})
    assert changed.status_code == 403


def test_staff_download_the_file_and_others_do_not(admin_client: Client) -> None:
    Client().post("/speaker/", filled(KINDS[3]))
    address = (
        f"/admin/postroom_submissions/speakersubmission/{SpeakerSubmission.objects.get().pk}/file/"
    )
    answer = admin_client.get(address)
    assert answer.content == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="talk.pdf"'
    other = Client()
    other.force_login(User.objects.create_user("helper", is_staff=True))
    assert other.get(address).status_code == 403
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("STAFF_EMAILS", [], "postroom_submissions.W001"),
        ("STAFF_EMAILS", ["office@example.org", "no address"], "postroom_submissions.E001"),
        ("SUBMISSION_EVENTS", [], "postroom_submissions.E002"),
        ("SUBMISSION_MAX_FILE_BYTES", 10**9, "postroom_submissions.E003"),
        ("EMAIL_MAX_ATTACHMENTS", 0, "postroom_submissions.W002"),
    ],
)
def test_settings_that_cannot_work_are_told_at_start(
    settings: Any, name: str, value: Any, found: str
) -> None:
    settings.STAFF_EMAILS = ["office@example.org"]
    setattr(settings, name, value)
    ours = [m.id for m in run_checks() if str(m.id).startswith("postroom_submissions.")]
    assert ours == [found]
