"""Sends the club's e-mails to members, in a job's run; skips members without an address."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from postroom.shared.addresses import comparison_key
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.queueing.addresses import check_address
from postroom.web.jobs.running.run import Run
from postroom.web.letter_words import answers, language_for
from postroom.web.systems.club.models import Member

# The lists of what recurs for its own sake. What reminds a person of a duty is not on a list that
# they could leave.
LISTS: Final = {
    "maintenance_digest": "club.maintenance",
    "duty_delinquents": "club.duty_report",
}
# The thread of the reminders of one late progress report.
THREAD: Final = "progress-report-{pk}"


def send(
    run: Run,
    member: Member | None,
    kind: str,
    context: Mapping[str, Any],
    *,
    key: str,
    cc: Sequence[str] = (),
    **mail: Any,
) -> None:
    """Send one e-mail of template `club/<kind>` to a member, whose name is `name` in it.

    `key`: what it is about, and its period; per kind, key and member it is sent once. A member who
    is missing, has left or has no address is skipped, with the reason in the log; the addresses in
    `cc` still get the e-mail, with '' for `name`. `mail`: more arguments of `send_email_task`;
    without `reply_to` among them, replies go to CONTACT_EMAIL.
    """
    name, recipients = "", list(cc)
    if reason := why_not(member):
        skip(run, reason, kind, key, member)
    elif member is not None:
        name, recipients = member.name, [member.email]
        mail["cc"] = list(cc)
    if not recipients:
        return
    mail.setdefault("reply_to", answers().get("reply_to", []))
    run.send(
        email_type=f"club.{kind}",
        subject="",
        recipients=recipients,
        template_path=f"club/{kind}",
        context={"name": name, "can_reply": bool(mail["reply_to"]), **context},
        language=language_for(f"club/{kind}"),
        list_id=LISTS.get(kind, ""),
        source_app="club",
        idempotency_key=f"club.{kind}:{key}:{member.pk if member else 'nobody'}",
        **mail,
    )


def skip(run: Run, reason: str, kind: str, about: str, member: Member | None = None) -> None:
    """Count an e-mail that cannot be sent, and log what it is about."""
    run.skip(reason, kind=kind, about=about, member=member and member.pk)


def why_not(member: Member | None) -> str:
    """The reason why a member cannot be mailed; '' if they can."""
    if member is None:
        return "no member is assigned"
    if not member.active:
        return "the member has left the club"
    if not member.email:
        return "the member has no address"
    try:
        check_address(member.email, "email")
    except EmailRequestError:
        return "the member's address is invalid"
    return ""


def once_each(members: Iterable[Member]) -> list[Member]:
    """The members, without those who share an address with an earlier one.

    Members without an address stay, so that `send` counts them as skipped.
    """
    seen: set[str] = set()
    found = []
    for member in members:
        address = comparison_key(member.email)
        if not address or address not in seen:
            found.append(member)
        seen.add(address)
    return found
