"""The values of `postroom.shared.status` as Django choices and PostgreSQL check constraints."""

from collections.abc import Iterable
from enum import StrEnum

from django.db.models import BooleanField, F, Func

from postroom.shared import status
from postroom.shared.message_parts import Disposition


def labelled(values: type[StrEnum]) -> list[tuple[str, str]]:
    """Django choices: the value and a label for people."""
    return [(value.value, value.value.replace("_", " ").capitalize()) for value in values]


def one_of(column: str, values: Iterable[StrEnum]) -> Func:
    """A condition: `column = ANY ('{a,b}')`, the values as one constant.

    PostgreSQL reads a table's check constraints for every statement that inserts, and `IN` would
    have a constant and a cast for each value (see what-speed-costs: check constraints).
    """
    known = ",".join(value.value for value in values)
    template = f"%(expressions)s = ANY ('{{{known}}}')"
    return Func(F(column), template=template, output_field=BooleanField())


STATUSES = labelled(status.Status)
PRIORITIES = labelled(status.Priority)
ON_UNKNOWN = labelled(status.OnUnknown)
RECIPIENT_KINDS = labelled(status.RecipientKind)
RECIPIENT_STATUSES = labelled(status.RecipientStatus)
OUTCOMES = labelled(status.AttemptOutcome)
DISPOSITIONS = labelled(Disposition)
