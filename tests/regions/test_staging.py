"""How the database is asked to work on the staged shapes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from app.regions.layers import import_layer
from tests.layers import county, degree_square, write_layer

pytestmark = pytest.mark.django_db


def test_shapes_are_worked_on_by_parallel_workers(tmp_path: Path) -> None:
    """All of it: below the node that gathers what the workers made nothing is left to do but to write."""
    plans: list[str] = []

    def explain(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's signature
        if "ST_MakeValid" in sql:
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (VERBOSE) {sql}", params)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)

    rows = [(county(f"24{number:03}"), degree_square()) for number in range(300)]
    with connection.execute_wrapper(explain):
        import_layer(write_layer(tmp_path, rows), "county", 2016)
    (plan,) = plans
    gather, below = plan.split("->", 1)
    assert gather.startswith("Gather")
    assert "st_simplifypreservetopology" in below.lower()


def test_shapes_are_stored_by_lz4_where_the_server_knows_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
        )
        (is_known,) = cursor.fetchone()
        cursor.execute(
            "SELECT attname, attcompression FROM pg_attribute WHERE attrelid = 'regions_region'::regclass"
            " AND attname = 'geometry'"
        )
        assert cursor.fetchone() == ("geometry", "l" if is_known else "")
