"""What Django's forms and admin show for the values of `shared.status`."""

from enum import StrEnum

from shared import status


def labelled(values: type[StrEnum]) -> list[tuple[str, str]]:
    """Django choices: the value and a label for people."""
    return [(value.value, value.value.replace("_", " ").capitalize()) for value in values]


STATUSES = labelled(status.Status)
PRIORITIES = labelled(status.Priority)
ON_UNKNOWN = labelled(status.OnUnknown)
RECIPIENT_KINDS = labelled(status.RecipientKind)
RECIPIENT_STATUSES = labelled(status.RecipientStatus)
OUTCOMES = labelled(status.AttemptOutcome)
