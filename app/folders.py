"""Files in folders, which stand in for buckets on a developer's machine."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of another one when it is whole; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as undo:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
        undo.callback(Path(temporary).unlink, missing_ok=True)
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(temporary).replace(path)
