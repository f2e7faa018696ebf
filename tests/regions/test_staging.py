"""How the database is asked to work on the staged shapes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.regions.layers import import_layer
from tests.layers import county, degree_square, write_layer
from tests.regions.test_census_files import census_file

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


def statistics_taken() -> str:
    with CaptureQueriesContext(connection) as seen:
        import_layer(census_file("county"), "county", 2016)
    (taken,) = [query["sql"] for query in seen if query["sql"].startswith("ANALYZE regions_region")]
    return str(taken)


def test_statistics_of_shapes_are_taken_anew_after_a_tenth_of_the_rows() -> None:
    """As autovacuum does it: after a small layer they would take longer than the layer."""
    assert statistics_taken() == "ANALYZE regions_region"
    with connection.cursor() as cursor:
        cursor.execute("SELECT attname FROM pg_stats WHERE tablename = 'regions_region'")
        assert {"geometry", "kind"} <= {name for (name,) in cursor.fetchall()}
    # Nothing changes the second time.
    again = statistics_taken()
    assert again == "ANALYZE regions_region (kind, vintage, geoid, state_fips, parent_id, superseded_in)"
