"""Whether a secret has got out into anything that was written."""

import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path


def found(canaries: Collection[str], folders: Collection[Path], packages: Collection[Path]) -> list[str]:
    """Where a secret's value stands readable.

    Args:
        canaries: the values.
        folders: of settings and logs, searched whole.
        packages: zips, searched unpacked.

    Returns:
        The names of files, and of files in zips.
    """
    needles = [canary.encode() for canary in canaries]
    return [
        name for name, content in _contents(folders, packages) if any(needle in content for needle in needles)
    ]


def _contents(folders: Collection[Path], packages: Collection[Path]) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()
    for package in packages:
        with zipfile.ZipFile(package) as archive:
            for entry in archive.namelist():
                yield f"{package.name}:{entry}", archive.read(entry)
