"""What a release is made of, and the id that follows from it."""

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PACKAGED = "app"
# All that decides the bytes of the zip: a change elsewhere (docs, terraform) makes no other release of the same commit.
INPUTS = (PACKAGED, "manage.py", "ops", "requirements")
ID_DIGITS = 12


class SourceError(Exception):
    """The sources can't be read as a commit; the message says what to do."""


@dataclass(frozen=True)
class Sources:
    """The files of a working tree that make a release.

    Attributes:
        root: the working tree.
        files: paths relative to it, sorted; what git ignores is not among them.
        release_id: `<commit>`, or `<commit>-dirty-<hash of the files>` when they differ from the commit.
    """

    root: Path
    files: tuple[Path, ...]
    release_id: str

    def copy_packaged(self, target: Path) -> None:
        """Copy the application's files, and nothing that lies about beside them, into `target`."""
        for file in self.files:
            if file.parts[0] == PACKAGED:
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.root / file, target / file)


def read_sources(root: Path) -> Sources:
    """The sources in the working tree at `root`.

    Raises:
        SourceError: it is no git checkout with a commit.
    """
    commit = _git(root, "rev-parse", "HEAD").strip()
    listing = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *INPUTS)
    # A deleted file is still listed until the deletion is staged.
    files = tuple(sorted({Path(name) for name in listing.split("\0") if name and (root / name).is_file()}))
    release_id = commit[:ID_DIGITS]
    if _git(root, "status", "--porcelain", "--untracked-files=all", "--", *INPUTS):
        release_id += f"-dirty-{_digest(root, files)}"
    return Sources(root, files, release_id)


def _digest(root: Path, files: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = (root / file).read_bytes()
        digest.update(f"{file.as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:ID_DIGITS]


def changes(root: Path) -> list[str]:
    """A line for each file of the working tree that differs from the commit.

    Raises:
        SourceError: it is no git checkout.
    """
    return _git(root, "status", "--porcelain").splitlines()


def _git(root: Path, *arguments: str) -> str:
    try:
        result = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise SourceError("git is not on PATH: install it.") from None
    if result.returncode:
        raise SourceError(
            f"`git {arguments[0]}` failed in {root}: {result.stderr.strip()}\n"
            "A release is named after its commit, so packaging needs a git checkout."
        )
    return result.stdout
