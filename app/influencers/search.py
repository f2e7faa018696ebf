"""A part of a text, found by an index: PostgreSQL keeps the trigrams of each; SQLite reads its few rows."""

from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db import models
from django.db.models import Q

Rows = TypeVar("Rows", bound="models.QuerySet[Any]")

# A trigram is of three; a shorter text is in none as a whole.
INDEXED_CHARACTERS = 3


class TrigramIndex(models.Index):
    """What `icontains` of three characters or more asks on PostgreSQL; fewer characters read the table.

    Of the same expression as the lookup's, UPPER(column): an index of the column itself would go unused.
    """

    suffix = "trgm"
    _NO_INDEX = "SELECT 1 -- no index of trigrams in this dialect"

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        del using, kwargs
        if schema_editor.connection.vendor != "postgresql":
            return self._NO_INDEX
        quote = schema_editor.quote_name
        columns = [model._meta.get_field(name).column for name in self.fields]  # noqa: SLF001 - Django's documented way to a column
        keys = ", ".join(f"UPPER({quote(column)}::text) gin_trgm_ops" for column in columns)
        return f"CREATE INDEX {quote(self.name)} ON {quote(model._meta.db_table)} USING gin ({keys})"  # noqa: SLF001

    def remove_sql(self, model: Any, schema_editor: Any, **kwargs: Any) -> Any:
        if schema_editor.connection.vendor != "postgresql":
            return self._NO_INDEX
        return super().remove_sql(model, schema_editor, **kwargs)


def any_of(rows: Rows, *conditions: Q) -> Rows:
    """The rows of which one of the conditions is true, where each condition has an index in a table of its own.

    Joined by OR, PostgreSQL would hold all of them against every row; in a UNION each uses its index.
    """
    first, *others = (rows.filter(condition).order_by().values("pk") for condition in conditions)
    return rows.filter(pk__in=first.union(*others))


def holding(rows: Rows, text: str, *conditions: Q) -> Rows:
    """As `any_of`, of conditions that look for a text: one too short for an index is in many rows, and OR ends with the page."""
    if len(text) < INDEXED_CHARACTERS:
        return rows.filter(reduce(or_, conditions))
    return any_of(rows, *conditions)
