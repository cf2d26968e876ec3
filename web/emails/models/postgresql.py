"""Fields and indexes of PostgreSQL, for sites that do not install django.contrib.postgres.

Django 6.1 has a check (postgres.E005) that asks for that app, whose lookups we do not use.
"""

from typing import Any

from django.contrib.postgres import indexes
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Collate
from django.db.models.indexes import IndexExpression

# As django.contrib.postgres does where it is installed; a site need not install it for us.
IndexExpression.register_wrappers(models.OrderBy, indexes.OpClass, Collate)


class BigIntegers(ArrayField):  # type: ignore[type-arg]
    """Whole numbers of 64 bits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"base_field": models.BigIntegerField()} | options)

    def _check_postgres_installed(self, *_: object) -> list[Any]:
        return []


class BrinIndex(indexes.BrinIndex):
    """Django's, and in the database of a site's own tests (SQLite) an ordinary index."""

    def _check_postgres_installed(self, *_: object) -> list[Any]:
        return []

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        """The statement that this database understands."""
        if schema_editor.connection.vendor == "postgresql":
            return super().create_sql(model, schema_editor, using, **kwargs)
        # Without operator classes.
        plain = [
            part.get_source_expressions()[0] if isinstance(part, indexes.OpClass) else part
            for part in self.expressions
        ]
        ordinary = models.Index(*plain, fields=() if plain else self.fields, name=self.name)
        return ordinary.create_sql(model, schema_editor)
