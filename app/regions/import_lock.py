"""One import at a time: a lock that the server takes back when its holder's connection ends, however it ends."""

import contextlib
from collections.abc import Iterator

from django.db import DatabaseError, connection

from app.regions.models import ImportRun
from app.regions.sources import SourceError

# Two numbers of our own choice: "regn", and the first lock of it.
_LOCK = (0x7265676E, 1)


@contextlib.contextmanager
def import_lock() -> Iterator[None]:
    """Hold the lock inside the block. Runs of imports that were killed are recognised by nobody holding it.

    SQLite has no such lock; there one process writes at a time anyway.

    Raises:
        SourceError: another import holds it.
    """
    if not _try_lock():
        running = ImportRun.objects.unfinished().first()
        raise SourceError(
            f"Another import is running{f': {running}' if running else ''}. Wait until it ends."
        )
    try:
        yield
    finally:
        _unlock()


def is_import_running() -> bool:
    """Whether anybody holds the lock; on SQLite, which can't tell, True."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND granted)",
            _LOCK,
        )
        return bool(cursor.fetchone()[0])


def _try_lock() -> bool:
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _LOCK)
        return bool(cursor.fetchone()[0])


def _unlock() -> None:
    if connection.vendor != "postgresql":
        return
    # A connection that is lost has lost its locks.
    with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _LOCK)
