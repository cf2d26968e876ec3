"""One e-mail's page: the record it is about, and what its message is made of."""

import pytest
from django.test import Client

from postroom.web.emails.models import EmailQueue
from postroom.web.emails.operating import about
from postroom.web.systems.agreements.models import MOU
from postroom.web.systems.submissions.models import AwardNomination, EventRegistration
from tests.support.queued_emails import make_email, send
from tests.support.users import person, root

pytestmark = pytest.mark.django_db


def page(client: Client, email: EmailQueue, tab: str = "") -> str:
    response = client.get(f"/admin/postroom/emailqueue/{email.pk}/change/", {"tab": tab})
    assert response.status_code == 200
    return response.content.decode()


def make_mou() -> MOU:
    return MOU.objects.create(
        title="Harbour",
        organization="City",
        start_date="2026-01-01",
        end_date="2027-01-01",
        mou_coordinator_email="a@example.org",
        staff_coordinator_email="b@example.org",
    )


def test_record_is_a_link_for_who_may_see_it(client: Client) -> None:
    mou = make_mou()
    email = make_email(source_app="agreements", related_model_id=f"mou:{mou.pk}")
    address = f'href="/admin/postroom_agreements/mou/{mou.pk}/change/"'
    person(client, "view_emailqueue")
    text = page(client, email)
    assert address not in text
    assert "Harbour" not in text
    assert f"mou:{mou.pk}" in text
    person(client, "view_emailqueue", "view_mou", name="paula")
    assert address in page(client, email)


@pytest.mark.parametrize(
    ("app", "name"),
    [("agreements", "mou:999999"), ("agreements", "mou:abc"), ("agreements", "mou:" + "9" * 30),
     ("agreements", "mou"), ("agreements", ":1"), ("agreements", "nothing:1"), ("none", "mou:1"),
     ("", "mou:1"), ("auth", "user:\u00b2"), ("agreements", "<b>:1")],
)  # fmt: skip
def test_what_names_no_record_is_plain_text(client: Client, app: str, name: str) -> None:
    make_mou()
    root(client)
    text = page(client, make_email(source_app=app, related_model_id=name))
    assert "<dt>About</dt>" in text
    assert (
        "/admin/postroom_agreements/mou/"
        not in text.partition("<dt>About</dt>")[2].partition("</dd>")[0]
    )
    assert "<b>:1" not in text


def test_name_may_be_the_end_of_the_models_own() -> None:
    assert about.model_named("submissions", "nomination") is AwardNomination
    assert about.model_named("submissions", "eventregistration") is EventRegistration
    assert about.model_named("submissions", "n") is None  # several end so
    assert about.model_named("submissions", "") is None


def test_message_tab_shows_header_and_parts(client: Client) -> None:
    root(client)
    email = send(
        recipients=["ann@example.org"], cc=["ben@example.org"], bcc=["cid@example.org"],
        plain_body="Hello", html_body="<p>Hello</p>", headers={"X-Order": "17"},
        reply_to=["desk@example.org"], attachments=[("a.csv", b"1,2", "text/csv")],
    )  # fmt: skip
    text = page(client, email, "message")
    for line in (
        "To: ann@example.org", "Cc: ben@example.org", "Reply-To: desk@example.org",
        "X-Order: 17", "(in the envelope only, as Bcc) cid@example.org",
        "multipart/mixed\n  multipart/alternative\n    text/plain, 5 bytes\n    text/html,",
        "  text/csv, a.csv, 3 bytes",
    ):  # fmt: skip
        assert line in text, line
    assert f"Message-ID: &lt;{email.message_id[1:-1]}&gt;" in text


def test_who_may_not_read_sees_no_message_tab(client: Client) -> None:
    person(client, "view_emailqueue")
    assert "undisclosed" not in page(client, make_email(), "message")
    assert "tab=message" not in page(client, make_email())
