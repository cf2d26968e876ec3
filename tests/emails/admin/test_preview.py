"""What an e-mail says, shown so that it can do nothing; and what may be done with it."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from postroom.shared.status import Status
from postroom.web.emails.models import EmailQueue
from tests.support.queued_emails import make_email, send, status_of
from tests.support.users import member, person, root

pytestmark = pytest.mark.django_db
HOSTILE = (
    "<script>parent.document.title='owned'</script><img src=https://evil.example/p.png>"
    "<form action=https://evil.example><button>go</button></form></body></html></div><b>bold"
)


def at(email: EmailQueue, rest: str = "change/") -> str:
    return f"/admin/postroom/emailqueue/{email.pk}/{rest}"


def test_frame_is_sandboxed_by_its_own_policy(client: Client) -> None:
    response = root(client).get(at(make_email(html_body=HOSTILE), "content/"))
    policy = response["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "bold" in response.content.decode()


def test_page_shows_the_email_only_in_a_closed_frame(client: Client) -> None:
    response = root(client).get(at(make_email(html_body=HOSTILE)))
    text = response.content.decode()
    assert 'sandbox=""' in text
    assert "parent.document" not in text
    assert "frame-src 'self'" in response["Content-Security-Policy"]


def test_source_is_shown_as_text(client: Client) -> None:
    text = root(client).get(at(make_email(html_body=HOSTILE)) + "?tab=source").content.decode()
    assert "<script>parent" not in text
    assert "&lt;script&gt;parent" in text


@pytest.mark.fault(77)
def test_template_is_rendered_as_it_will_be_sent(client: Client) -> None:
    email = send(
        subject="", plain_body="", template_path="inquiry/received", context=_inquiry(client)
    )
    text = root(client).get(at(email, "content/")).content.decode()
    assert "style=" in text  # CSS is inlined by the code that sends
    assert "Ann Example" in text


def test_logo_and_link_of_the_list_are_shown_as_they_will_be_sent(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    picture = b"GIF89a\x0a\0\x0a\0"
    (tmp_path / "logo.gif").write_bytes(picture)
    settings.BRAND_LOGO = tmp_path / "logo.gif"
    settings.SITE_URL = "https://postroom.example.org"
    mail = {"subject": "", "plain_body": "", "template_path": "inquiry/received"}
    email = send(**mail, context=_inquiry(client), list_id="news")
    text = root(client).get(at(email, "content/")).content.decode()
    assert f"data:image/gif;base64,{b64encode(picture).decode()}" in text
    assert "https://postroom.example.org/lists/unsubscribe/" in text
    outline = client.get(at(email) + "?tab=message").content.decode()
    assert "image/gif, 10 bytes, cid:brand-logo@postroom" in outline
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in outline


def test_template_that_is_gone_is_told_and_breaks_nothing(client: Client) -> None:
    email = make_email(template_path="gone/away", plain_body="")
    response = root(client).get(at(email))
    assert "Could not be rendered" in response.content.decode()
    assert client.get(at(email, "content/")).status_code == 404


def test_huge_email_is_not_shown(client: Client) -> None:
    email = make_email(html_body="x" * 5_000_001)
    text = root(client).get(at(email, "content/")).content.decode()
    assert "too large" in text
    assert len(text) < 1000


def test_files_are_saved_never_opened(client: Client) -> None:
    email = send(attachments=[("evil.html", b"<script>1</script>", "text/html")])
    file = email.attachments.get()
    response = root(client).get(at(email, f"files/{file.pk}/"))
    assert response.content == b"<script>1</script>"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert client.get(at(make_email(), f"files/{file.pk}/")).status_code == 404


def test_viewers_see_what_happened_and_not_what_was_written(client: Client) -> None:
    email = send(
        plain_body="a secret link", attachments=[("secret.txt", b"x", "text/plain")],
        metadata={"secret": 1},
    )  # fmt: skip
    member(client, "E-mail viewer")
    text = client.get(at(email)).content.decode()
    assert "You do not have permission to read message contents" in text
    assert "secret link" not in text
    assert client.get(at(email, "content/")).status_code == 403
    assert client.get(at(email, f"files/{email.attachments.get().pk}/")).status_code == 403


def test_it_arrived_settles_an_unknown_email_once(client: Client) -> None:
    email, failed = make_email("unknown"), make_email("failed")
    root(client)
    assert client.get(at(email, "arrived/")).status_code == 405
    for one in (email, email, failed):
        client.post(at(one, "arrived/"))
    assert (status_of(email), status_of(failed)) == ("completed", "failed")
    assert LogEntry.objects.get().get_change_message() == "Marked as arrived."
    assert "Marked as arrived." in client.get(at(email)).content.decode()


def test_sent_again_to_another_address_is_a_new_email_that_names_the_old(client: Client) -> None:
    email = send(attachments=[("a.txt", b"hello", "text/plain")], tags=["x"])
    EmailQueue.objects.filter(pk=email.pk).update(status=Status.CANCELLED.value)
    form = {"address": "bob@example.org", "press": "one"}
    for _ in range(2):
        assert root_once(client).post(at(email, "again/"), form).status_code == 302
    new = EmailQueue.objects.exclude(pk=email.pk).get()
    assert [r.address for r in new.recipients.all()] == ["bob@example.org"]
    assert bytes(new.attachments.get().blob.content) == b"hello"
    assert (new.plain_body, new.tags, new.status) == ("Thank you.", ["x"], "pending")
    assert new.message_id != email.message_id
    assert f"#{email.pk}" in client.get(at(new)).content.decode()
    assert f"Sent again to bob@example.org as #{new.pk}." in client.get(at(email)).content.decode()
    assert status_of(email) == "cancelled"
    client.post(at(email, "again/"), form | {"press": "two"})
    assert EmailQueue.objects.count() == 3


@pytest.mark.parametrize("address", ["", "no address", "a@b.example, c@d.example", "a@b\nBcc: c@d"])
def test_what_is_no_address_gets_nothing(client: Client, address: str) -> None:
    email = make_email()
    response = root(client).post(at(email, "again/"), {"address": address}, follow=True)
    assert "Not sent:" in response.content.decode()
    assert EmailQueue.objects.count() == 1


@pytest.mark.parametrize(
    ("codename", "button"),
    [
        ("requeue_emailqueue", "requeue"),
        ("cancel_emailqueue", "cancel"),
        ("resolve_emailqueue", "arrived"),
        ("send_again_emailqueue", "again"),
    ],
)
def test_each_button_has_a_permission_of_its_own(
    client: Client, codename: str, button: str
) -> None:
    others = {"requeue", "cancel", "resolve", "send_again", "read"}
    others -= {codename.removesuffix("_emailqueue")}
    email = make_email("unknown")
    person(client, "view_emailqueue", *(f"{other}_emailqueue" for other in others))
    assert client.post(at(email, f"{button}/"), {"address": "a@example.org"}).status_code == 403
    person(client, "view_emailqueue", "read_emailqueue", codename, name="second")
    assert client.post(at(email, f"{button}/"), {"address": "a@example.org"}).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    person(strict, "view_emailqueue", "read_emailqueue", codename, name="third")
    assert strict.post(at(email, f"{button}/"), {"address": "a@example.org"}).status_code == 403


def test_who_may_not_read_an_email_cannot_have_it_sent_to_themselves(client: Client) -> None:
    email = make_email()
    person(client, "view_emailqueue", "send_again_emailqueue")
    assert client.post(at(email, "again/"), {"address": "me@example.org"}).status_code == 403
    assert "Send again" not in client.get(at(email, "change/")).content.decode()
    assert EmailQueue.objects.count() == 1


def root_once(client: Client) -> Client:
    return client if "_auth_user_id" in client.session else root(client)


def _inquiry(client: Client) -> dict[str, object]:
    from postroom.web.emails.queueing.content import renderer

    return {**renderer().sample("inquiry/received"), "name": "Ann Example"}
