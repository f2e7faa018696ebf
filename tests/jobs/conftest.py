"""A clock that stands still until it is told, and a file that jobs write to."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from django_tasks_db.management.commands import db_worker

from app.jobs import worker


@pytest.fixture
def advance(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the clock on by so many seconds."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)

    def move(seconds: float) -> None:
        nonlocal now
        now += dt.timedelta(seconds=seconds)

    return move


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
def one_connection(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker drops idle connections; here the connection is the one that the test's transaction lives on."""
    for module in (db_worker, worker):
        monkeypatch.setattr(module, "close_old_connections", lambda: None)
