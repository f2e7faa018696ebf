"""Whether what an import publishes is published under its lock."""

from typing import Any

import pytest

from app.regions.files import Folder
from app.regions.import_lock import is_import_running


def held_at_writes(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Grows by one with each file of a map that is written from now on: whether an import was running."""
    held: list[bool] = []
    plain_write = Folder.write

    def write(self: Folder, *arguments: Any) -> None:
        held.append(is_import_running())
        plain_write(self, *arguments)

    monkeypatch.setattr(Folder, "write", write)
    return held
