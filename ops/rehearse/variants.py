"""The package of a tree, and packages that are bad on purpose."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops import package

ROOT = Path(__file__).resolve().parents[2]


class RefusedPackageError(Exception):
    """A package whose gates do not hold; the message is their report."""


@dataclass(frozen=True)
class Built:
    """A release that can be deployed."""

    release: str
    package: Path
    static_files: Path


def build(root: Path = ROOT) -> Built:
    """Build the package of a tree as `make package` does.

    Raises:
        RefusedPackageError: a gate does not hold.
        ops.package.PackageError: it can't be built here.
    """
    path, gates = package.build(root)
    if not all(gate.holds for gate in gates):
        raise RefusedPackageError(package.report(path, gates))
    return Built(path.stem, path, root / "build" / "static" / path.stem)


def changed(good: Built, release: str, files: Mapping[str, str], folder: Path) -> Built:
    """A package with some of its files replaced: what a release would be that no gate and no test had stopped.

    Args:
        good: what it is made from.
        release: its id.
        files: new texts by path.
        folder: where the zip is put.
    """
    texts = {**files, "release.json": json.dumps({"release": release})}
    path = folder / f"{release}.zip"
    with zipfile.ZipFile(good.package) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            if not _is_replaced(entry.filename, texts):
                target.writestr(entry, source.read(entry))
        for name, text in texts.items():
            target.writestr(name, text)
    return Built(release, path, good.static_files)


def _is_replaced(name: str, texts: Mapping[str, str]) -> bool:
    """A module's bytecode goes with its source: it is used unchecked."""
    if "__pycache__/" in name:
        folder, _, file = name.partition("__pycache__/")
        return f"{folder}{file.split('.')[0]}.py" in texts
    return name in texts
