"""Which release this is: the package writes it down at the import root."""

import json
from pathlib import Path

FILE_NAME = "release.json"


def packaged_release(root: Path) -> str | None:
    """The id in `release.json` (`{"release": "<id>", …}`), None where nothing was packaged.

    Raises:
        KeyError, ValueError: the file is there and is not what the package writes.
    """
    path = root / FILE_NAME
    if not path.exists():
        return None
    release: str = json.loads(path.read_text())["release"]
    return release
