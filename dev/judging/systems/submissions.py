"""Confirmations and notices of the four forms."""

from collections.abc import Iterator
from typing import Any

from dev.judging.people import Values
from postroom.web.systems.submissions import mails as ours
from postroom.web.systems.submissions.models import (
    AwardNomination,
    EventRegistration,
    Inquiry,
    SpeakerSubmission,
    Submission,
)


def mails(values: Values, case: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Template and context of each."""
    least = case == "least"
    typed: dict[str, Any] = {
        "pk": 1 if least else 12,
        "name": "Bo 7" if least else values.name,  # the confirmation does not repeat a figure
        "email": "ann.lee@example.org",
        "language": "" if least else "fr",
    }
    records: list[Submission] = [
        Inquiry(topic="membership", message="?" if least else values.long_text, **typed),
        EventRegistration(
            event=values.event,
            seats=1 if least else 2,
            organisation="" if least else values.organisation,
            dietary_notes="" if least else values.long_text,
            **typed,
        ),
        AwardNomination(
            category="teaching",
            nominee_name=values.other_name,
            nominee_organisation="" if least else values.organisation,
            reason=values.long_text,
            **typed,
        ),
        SpeakerSubmission(
            talk_title=values.title,
            abstract=values.long_text,
            biography=values.note,
            file_name="letters-that-arrive.pdf",
            file_content=b"%PDF-",
            **typed,
        ),
    ]
    for record in records:
        for mail in (ours.confirmation(record), ours.notice(record)):
            if mail:
                yield mail["template_path"], mail["context"]
