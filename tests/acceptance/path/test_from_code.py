"""From Django code to the mailbox: every mail arrives as it was asked for, and once."""

import pytest

from postroom.shared.rendering.plain_text import text_of
from postroom.shared.rendering.renderer import Content
from tests.support.acceptance.delivered_mail import check_delivered, check_read_back, wanted_content
from tests.support.acceptance.running_site import Running
from tests.support.acceptance.sample_emails import ASKED


@pytest.fixture(scope="module")
def sent(running: Running) -> dict[str, int]:
    """All of them queued at once: the id of each."""
    ids = {name: running.system.queue(1, **arguments)[0] for name, arguments in ASKED.items()}
    running.system.wait_until_settled()
    return ids


@pytest.mark.parametrize("name", ASKED)
def test_mail_arrives_as_it_was_asked_for(
    running: Running, sent: dict[str, int], name: str
) -> None:
    row = running.row(sent[name])
    received = check_delivered(running, row)
    asked = ASKED[name]
    content = wanted_content(row)
    if "template_path" not in asked:
        html = asked.get("html_body", "")
        text = asked.get("plain_body", row.plain_body) or text_of(html)
        content = Content(asked.get("subject", row.subject), text, html)
    files = [(f[0], f[2], f[1]) for f in asked.get("attachments", [])]
    check_read_back(received, row, content, files)


def test_bcc_is_delivered_and_shows_nowhere(running: Running, sent: dict[str, int]) -> None:
    row = running.row(sent["cc and bcc"])
    (mail,) = running.received(row)
    hidden = {"hidden1@example.net", "hidden2@example.net"}
    assert set(mail.rcpt_tos) == {"to@example.org", "cc@example.org"} | hidden
    assert b"hidden" not in mail.raw.lower()
    assert "Bcc" not in mail.message
    (mail,) = running.received(running.row(sent["only bcc"]))
    assert set(mail.rcpt_tos) == {"hidden3@example.net", "hidden4@example.net"}
    assert b"hidden" not in mail.raw.lower()
    assert mail.message["To"].addresses == ()


def test_own_headers_and_language_arrive(running: Running, sent: dict[str, int]) -> None:
    (mail,) = running.received(running.row(sent["reply-to, sender and own headers"]))
    assert mail.message["X-Campaign"] == "Spring 春天"
    assert mail.message["List-Id"] == "<news.example.com>"
    assert mail.message["Content-Language"] == "de"
    assert mail.mail_from == "office@example.com"
