"""The mail catcher keeps what a mailer sends, exactly, and shows it safely."""

import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from http.client import HTTPConnection, HTTPResponse

import pytest

from dev.mailbox import Mailbox
from dev.mailbox_page import serve_page
from dev.mailbox_smtp import SIZE_LIMIT


def letter(subject: str = "Hello") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", subject
    message.set_content("Good day, grüß Gott\n.\n..\n")
    message.add_alternative("<p>Good day<script>alert(1)</script></p>", subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="ä.pdf")
    return message


def deliver(mailbox: Mailbox, *messages: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.port) as client:
        for message in messages:
            client.send_message(message)


def dialogue(mailbox: Mailbox, sent: bytes, replies: int) -> list[bytes]:
    """Everything written at once; the first lines that come back."""
    with socket.create_connection(("127.0.0.1", mailbox.port), timeout=10) as connection:
        connection.sendall(sent)
        with connection.makefile("rb") as answers:
            return [answers.readline().strip() for _ in range(replies)]


def test_message_and_envelope_are_kept(mailbox: Mailbox) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.port) as client:
        client.send_message(letter(), "bounce@example.org", ["hidden@example.org"])
    [received] = mailbox.wait_for(1)
    assert received.mail_from == "bounce@example.org"
    assert received.rcpt_tos == ["hidden@example.org"]
    assert received.message["To"] == "b@example.org"
    assert received.text.splitlines() == ["Good day, grüß Gott", ".", ".."]
    assert received.html.startswith("<p>Good day")
    assert received.attachments[0].get_content() == b"%PDF"


def test_extensions_the_mailer_uses_are_offered(mailbox: Mailbox) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.port) as client:
        client.ehlo()
        offered = client.esmtp_features
    assert offered["size"] == str(SIZE_LIMIT)
    assert {"pipelining", "8bitmime", "smtputf8"} <= offered.keys()


def test_commands_sent_in_one_write_are_answered_in_order(mailbox: Mailbox) -> None:
    group = (
        "EHLO client.example\r\nMAIL FROM:<a@example.org> BODY=8BITMIME SMTPUTF8\r\n"
        "RCPT TO:<ü@example.org>\r\nRCPT c@example.org\r\nDATA\r\nSubject: One\r\n\r\n..\r\n.\r\n"
        "MAIL FROM:<a@example.org>\r\nRCPT TO:<c@example.org>\r\nDATA\r\nSubject: Two\r\n\r\n.\r\n"
        "QUIT\r\n"
    )
    replies = dialogue(mailbox, group.encode(), 17)
    codes = [reply[:3] for reply in replies[8:]]
    assert codes == [b"250", b"250", b"501", b"354", b"250", b"250", b"250", b"354", b"250"]
    first, second = mailbox.wait_for(2)
    assert first.rcpt_tos == ["ü@example.org"]
    assert first.raw == b"Subject: One\r\n\r\n.\r\n"
    assert second.subject == "Two"


def test_message_in_chunks_is_kept_as_it_came(mailbox: Mailbox) -> None:
    group = (
        b"EHLO client.example\r\nBDAT 6 LAST\r\nQUIT\r\n"  # needs a recipient: QUIT is content
        b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\n"
        b"BDAT 14\r\nSubject: Two\r\nBDAT 8 LAST\r\n\r\n.\r\n.\r\nBDAT many\r\nQUIT\r\n"
    )
    replies = dialogue(mailbox, group, 15)
    codes = [reply[:3] for reply in replies[8:]]
    assert codes == [b"503", b"250", b"250", b"250", b"250", b"501", b"221"]
    assert mailbox.wait_for(1)[0].raw == b"Subject: Two\r\n\r\n.\r\n.\r\n"


def test_waiting_in_vain_says_what_came(mailbox: Mailbox) -> None:
    deliver(mailbox, letter("The only one"))
    with pytest.raises(TimeoutError, match=r"1 of 2 e-mails .*The only one"):
        mailbox.wait_for(2, deadline_seconds=0.05)


def test_cleared_mailbox_is_empty_and_numbers_go_on(mailbox: Mailbox) -> None:
    deliver(mailbox, letter())
    mailbox.clear()
    assert mailbox.messages == []
    deliver(mailbox, letter())
    assert [received.number for received in mailbox.messages] == [2]


def test_stopped_mailbox_cuts_connections_and_starts_again_on_its_port() -> None:
    mailbox = Mailbox()
    mailbox.start()
    port = mailbox.port
    deliver(mailbox, letter())
    with socket.create_connection(("127.0.0.1", port), timeout=10) as open_connection:
        assert open_connection.recv(3) == b"220"
        mailbox.stop()
        with pytest.raises(ConnectionResetError):
            while open_connection.recv(100):
                pass
            raise ConnectionResetError
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)
    mailbox.start()
    deliver(mailbox, letter())
    assert (mailbox.port, len(mailbox.messages)) == (port, 2)
    mailbox.stop()


def test_mailbox_listens_where_it_is_told() -> None:
    elsewhere = "127.0.0.2"
    with Mailbox(host=elsewhere) as mailbox, serve_page(mailbox, host=elsewhere) as page_port:
        for port in (mailbox.port, page_port):
            socket.create_connection((elsewhere, port), timeout=10).close()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=10)


@pytest.fixture
def page(mailbox: Mailbox) -> Iterator[HTTPConnection]:
    with serve_page(mailbox) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        yield connection
        connection.close()


def get(page: HTTPConnection, path: str) -> tuple[HTTPResponse, str]:
    page.request("GET", path)
    response = page.getresponse()
    return response, response.read().decode()


def test_page_lists_and_shows_mails_with_markup_escaped(
    mailbox: Mailbox, page: HTTPConnection
) -> None:
    deliver(mailbox, letter("Prices <b>rise</b>"))
    for path in ("/", "/messages/1"):
        response, body = get(page, path)
        assert response.status == 200
        assert "Prices &lt;b&gt;rise" in body
        assert "<script" not in body


def test_html_part_is_shown_where_it_can_do_nothing(mailbox: Mailbox, page: HTTPConnection) -> None:
    deliver(mailbox, letter())
    assert '<iframe sandbox src="/messages/1/html"' in get(page, "/messages/1")[1]
    response, _ = get(page, "/messages/1/html")
    assert (response.headers["Content-Security-Policy"] or "").startswith("sandbox; default-src")


def test_attachment_is_only_ever_downloaded(mailbox: Mailbox, page: HTTPConnection) -> None:
    deliver(mailbox, letter())
    response, body = get(page, "/messages/1/attachments/0")
    assert body == "%PDF"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%C3%A4.pdf"


def test_api_gives_the_list_and_one_mail(mailbox: Mailbox, page: HTTPConnection) -> None:
    deliver(mailbox, letter("First"), letter("Second"))
    assert get(page, "/api/messages")[1].count('"subject"') == 2
    assert "grüß Gott" in get(page, "/api/messages/2")[1].encode().decode("unicode-escape")


@pytest.mark.parametrize(
    "path", ["/nothing", "/messages/9", "/messages/1/attachments/7", "/messages/1/../../x"]
)
def test_unknown_address_is_not_found(mailbox: Mailbox, page: HTTPConnection, path: str) -> None:
    deliver(mailbox, letter())
    assert get(page, path)[0].status == 404
