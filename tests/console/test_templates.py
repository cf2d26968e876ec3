"""Templates with their sample data, and a test to one's own address."""

import pytest
from django.test import Client

from postroom.web.emails.models import EmailQueue
from tests.support.users import member, root

pytestmark = pytest.mark.django_db
PAGE = "/postroom/templates/"
NAME = "inquiry/received"


def test_template_is_shown_in_a_frame_of_its_own(client: Client) -> None:
    text = root(client).get(f"{PAGE}?name={NAME}&width=phone&scheme=dark").content.decode()
    assert "is-phone is-dark" in text
    assert "Variables it needs" in text
    assert "there is no such template" in client.get(f"{PAGE}?name=../x").content.decode()
    dark = client.get(f"{PAGE}frame/?name={NAME}&scheme=dark")
    assert dark["Content-Security-Policy"].startswith("sandbox;")
    assert "prefers-color-scheme" not in dark.content.decode()
    assert client.get(f"{PAGE}frame/?name=nothing").status_code == 404


def test_test_goes_to_oneself(client: Client) -> None:
    root(client)
    answer = client.post(f"{PAGE}test/", {"name": NAME}, follow=True).content.decode()
    email = EmailQueue.objects.get()
    assert f"Queued as #{email.pk}." in answer
    assert email.recipients.get().address == "root@example.org"
    answer = client.post(f"{PAGE}test/", {"name": "nothing"}, follow=True).content.decode()
    assert "Not sent: " in answer


def test_viewer_sees_and_sends_none(client: Client) -> None:
    member(client, "E-mail viewer")
    assert "Send a test" not in client.get(f"{PAGE}?name={NAME}").content.decode()
    assert client.post(f"{PAGE}test/", {"name": NAME}).status_code == 403
