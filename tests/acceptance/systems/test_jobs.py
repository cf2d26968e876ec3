"""Agreements and club from the command line to a real mailbox."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tests.support.acceptance.system import System


@pytest.fixture
def club_and_agreements(system: System) -> System:
    """Both systems with their demo data, dated around today, and everything that sends."""
    manage(system, "load_club_demo")
    manage(system, "load_agreements_demo")
    system.start_relay()
    system.start_mailer()
    return system


def manage(system: System, *arguments: str) -> str:
    """What a management command prints; a process of its own that must end well."""
    program = system.start("command", ["manage.py", *arguments])
    code = program.wait()
    system.programs.remove(program)
    assert code == 0, program.tail()
    return program.log.read_text()


def delivered(system: System) -> list[tuple[list[str], EmailMessage]]:
    """(envelope recipients, message) of everything in the mailbox, once all is settled."""
    assert set(system.wait_until_settled()) <= {"completed"}
    return [
        (sorted(mail.rcpt_tos), message_from_bytes(mail.raw, policy=policy.default))
        for mail in system.mailbox.messages
    ]


def text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return part.get_content()


def test_coordinators_find_their_monthly_reminder_once(club_and_agreements: System) -> None:
    system = club_and_agreements
    shown = manage(system, "send_monthly_mou_emails", "--dry-run")
    assert system.statuses() == {}
    for _ in range(2):
        manage(system, "send_monthly_mou_emails")
    mails = delivered(system)
    # 22 agreements are in force; of them two have one address, and one has one person for both.
    assert len(mails) == 22 * 2 - 3
    for to, mail in mails:
        assert to == [str(mail["To"])]
        assert any(to[0] in line and str(mail["Subject"]) in line for line in shown.splitlines())
        assert "Expiry date" in text(mail)
        assert "Days left" in text(mail)
    assert sum(mail["Subject"].startswith("Expires ") for _, mail in mails) == 8 * 2 - 1


def test_late_reports_and_delinquents_reach_the_right_people(club_and_agreements: System) -> None:
    system = club_and_agreements
    manage(system, "notify_late_sprs")
    reports = delivered(system)
    final = [(to, mail) for to, mail in reports if mail["Subject"].startswith("Final notice")]
    assert len(final) == 2
    for to, mail in final:
        copies = mail["Cc"].addresses
        assert len(to) == len(set(to)) == len(copies) + 1
        assert "grace.okafor@club.example" in to  # the chief instructor
        assert "This is the final notice" in text(mail)
    friendly = [mail for _, mail in reports if mail["Subject"].startswith("A progress report")]
    assert friendly
    assert all(mail["Cc"] is None for mail in friendly)

    manage(system, "report_duty_delinquents", "--min-flights", "2")
    sent = delivered(system)[len(reports) :]
    assert sent
    for to, mail in sent:
        assert to == [str(mail["To"])]
        (table,) = mail.iter_attachments()
        assert table.get_filename() == "duty-delinquents.csv"
        assert table.get_content().startswith("\ufeffMember,Flights")
