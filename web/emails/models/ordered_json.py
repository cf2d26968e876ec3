"""`OrderedJSONField`: JSON that comes back as it was written, its keys in order at any depth."""

from collections.abc import Callable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import JSONField
from django.db.models.functions import Cast
from psycopg.types.json import Json


class OrderedJSONField(JSONField):
    """A `json` column on PostgreSQL; `jsonb` sorts keys by their length.

    Lookups such as `context__name="Ann"` work as with Django's field: they compare as `jsonb`.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "json" if connection.vendor == "postgresql" else super().db_type(connection)

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        ready = super().get_db_prep_value(value, connection, prepared)
        # Django's own adapter writes `jsonb`, and a cast from that comes too late for the order.
        return Json(ready.obj) if connection.vendor == "postgresql" else ready

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        # psycopg parses `json`; for `jsonb` Django switches that off and parses itself.
        if connection.vendor == "postgresql":
            return value
        return super().from_db_value(value, expression, connection)

    def get_lookup(self, lookup_name: str) -> Any:
        found = super().get_lookup(lookup_name)
        return found if found is None or lookup_name == "isnull" else _of_jsonb(found)

    def get_transform(self, lookup_name: str) -> Any:
        found = super().get_transform(lookup_name)
        return found and _of_jsonb(found)


def _of_jsonb(build: Callable[..., Any]) -> Callable[..., Any]:
    """The lookup or transform on the value as `jsonb`: PostgreSQL compares no two `json`."""
    return lambda left, *rest: build(Cast(left, JSONField()), *rest)
