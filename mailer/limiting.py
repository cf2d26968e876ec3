"""Applies EMAIL_REDIRECT_ALL_TO and EMAIL_ALLOWED_DOMAINS to a claimed e-mail.

Here and nowhere else, because every e-mail passes here, however and whenever it was queued.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome
from postroom.mailer.outcomes.retry_policy import Decision
from postroom.mailer.rows.claimed_email import ClaimedEmail, Recipient
from postroom.shared.recipient_rule import RecipientRule
from postroom.shared.rendering.renderer import Content
from postroom.shared.status import AttemptOutcome, RecipientKind, Status

HEADER: Final = "X-Postroom-Original-To"
_LONGEST: Final = 900  # characters of the header's value
NOT_ALLOWED: Final = "not mailed: its domain is not in EMAIL_ALLOWED_DOMAINS"
NOBODY_ALLOWED: Final = "not mailed: no address is at a domain of EMAIL_ALLOWED_DOMAINS"


def limited(email: ClaimedEmail, rule: RecipientRule) -> ClaimedEmail:
    """The e-mail, its addresses that the rule does not allow suppressed."""
    people = tuple(
        person._replace(pending=False, suppressed=True, reason=NOT_ALLOWED)
        if person.pending and not rule.allows(person.address)
        else person
        for person in email.recipients
    )
    return email._replace(recipients=people)


def nobody_left(email: ClaimedEmail) -> Decision | None:
    """The end of an e-mail none of whose addresses the rule allows; the attempt does not count."""
    if any(person.pending or person.accepted for person in email.recipients):
        return None
    if all(person.reason != NOT_ALLOWED for person in email.recipients):
        return None
    return Decision(Status.SUPPRESSED, AttemptOutcome.FAILED, counts=False, error=NOBODY_ALLOWED)


def redirected(
    email: ClaimedEmail, content: Content, rule: RecipientRule
) -> tuple[ClaimedEmail, Content]:
    """The e-mail as it is written to the redirect's addresses: its own are in the subject and a
    header field, and in no other."""
    people = [person for person in email.recipients if person.pending]
    first = people[0].address if people else "nobody"
    more = f" and {len(people) - 1} more" if len(people) > 1 else ""
    own = {name: value for name, value in email.headers.items() if name.lower() != HEADER.lower()}
    return (
        email._replace(
            recipients=tuple(Recipient(0, RecipientKind.TO, to) for to in rule.redirect_to),
            headers={**own, HEADER: _named(people)},
        ),
        content._replace(subject=f"[{first}{more}] {content.subject}"[:900]),
    )


def _named(people: Iterable[Recipient]) -> str:
    text, left = "", 0
    for person in people:
        kind = "" if person.kind is RecipientKind.TO else f" ({person.kind.value})"
        longer = f"{text}, {person.address}{kind}" if text else f"{person.address}{kind}"
        if len(longer) > _LONGEST:
            left += 1
        else:
            text = longer
    return f"{text} and {left} more" if left else text


def outcome_of_redirect(by_address: Mapping[str, Outcome]) -> Outcome:
    """What became of it for each of its own addresses: accepted if one of the others was.

    A redirect's address that does not exist says nothing about them.
    """
    outcomes = list(by_address.values())
    found = next((one for one in outcomes if isinstance(one, Accepted)), outcomes[0])
    return replace(found, hard_bounce=False) if isinstance(found, Failed) else found
