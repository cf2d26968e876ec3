"""The values of `postroom.shared.status` as Django choices and check constraints."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.db.models import BooleanField, F, Func

from postroom.shared import status
from postroom.shared.message_parts import Disposition


def labelled(values: type[StrEnum]) -> list[tuple[str, str]]:
    """Django choices: the value and a label for people."""
    return [(value.value, value.value.replace("_", " ").capitalize()) for value in values]


class OneOf(Func):
    """A condition on PostgreSQL: `column = ANY ('{a,b}')`, the values as one constant.

    PostgreSQL reads a table's check constraints for every statement that inserts, and `IN` would
    have a constant and a cast for each value (see what-speed-costs: check constraints).
    """

    output_field = BooleanField()

    def __init__(self, column: str, known: str) -> None:
        """`known`: the values, separated by commas; our own words only."""
        super().__init__(F(column))
        self.known = known

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> Any:  # type: ignore[override]
        """The same condition as every database understands it."""
        values = ", ".join(f"'{value}'" for value in self.known.split(","))
        return super().as_sql(compiler, connection, template=f"%(expressions)s IN ({values})")

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        """As PostgreSQL reads it fastest."""
        template = f"%(expressions)s = ANY ('{{{self.known}}}')"
        return super().as_sql(compiler, connection, template=template)


def one_of(column: str, values: Iterable[StrEnum]) -> OneOf:
    """The condition that `column` has one of `values`."""
    return OneOf(column, ",".join(value.value for value in values))


STATUSES = labelled(status.Status)
PRIORITIES = labelled(status.Priority)
ON_UNKNOWN = labelled(status.OnUnknown)
RECIPIENT_KINDS = labelled(status.RecipientKind)
RECIPIENT_STATUSES = labelled(status.RecipientStatus)
OUTCOMES = labelled(status.AttemptOutcome)
DISPOSITIONS = labelled(Disposition)
