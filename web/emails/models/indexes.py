"""BRIN indexes of PostgreSQL; ordinary indexes in the database of a site's own tests (SQLite)."""

from typing import Any

from django.contrib.postgres import indexes
from django.db import models
from django.db.models.functions import Collate
from django.db.models.indexes import IndexExpression

# As django.contrib.postgres does where it is installed; a site need not install it for us.
IndexExpression.register_wrappers(models.OrderBy, indexes.OpClass, Collate)


class BrinIndex(indexes.BrinIndex):
    """Django's, and on another database an ordinary index of the same columns."""

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
