"""A staging site mails nobody by mistake: no address of an e-mail leaves the mailer."""

from postroom.shared.status import Status
from tests.support.acceptance.system import System

PEOPLE = {"cc": ["boss@example.net"], "bcc": ["archive@example.com"]}


def test_redirected_mail_reaches_the_staging_address_only(system: System) -> None:
    system.start_relay()
    mailer = system.start_mailer(EMAIL_REDIRECT_ALL_TO="team@staging.example")
    ids = system.queue(2, **PEOPLE)
    system.wait_until_settled()
    assert system.statuses(ids) == {Status.COMPLETED: 2}
    assert [mail.rcpt_tos for mail in system.mailbox.messages] == [["team@staging.example"]] * 2
    for mail in system.mailbox.messages:
        assert mail.message["To"] == "team@staging.example"
        assert "boss" not in str(mail.message["Cc"] or "")
        named = str(mail.message["X-Postroom-Original-To"])
        assert "boss@example.net (cc)" in named
        assert "archive@example.com (bcc)" in named
        assert mail.subject.startswith("[person")
    assert mailer.running


def test_other_domains_are_suppressed_and_say_why(system: System) -> None:
    system.start_relay()
    system.start_mailer(EMAIL_ALLOWED_DOMAINS="example.org")
    (mixed,) = system.queue(1, **PEOPLE)
    (outside,) = system.queue(1, recipients=["boss@example.net"])
    system.wait_until_settled()
    [mail] = system.mailbox.messages
    assert mail.rcpt_tos == ["person0@example.org"]
    assert system.statuses([outside]) == {Status.SUPPRESSED: 1}
    reasons = system.query(
        "SELECT address, status, smtp_reply FROM postroom_emailrecipient WHERE email_id = %s"
        " AND kind <> 'to' ORDER BY address",
        mixed,
    )
    why = "not mailed: its domain is not in EMAIL_ALLOWED_DOMAINS"
    assert reasons == [
        ("archive@example.com", "suppressed", why),
        ("boss@example.net", "suppressed", why),
    ]
