"""Opening what holds a shapefile: a folder, a zip or the address of one. Nothing in a zip is trusted."""

import contextlib
import hashlib
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

GIBIBYTE = 2**30
DEFAULT_MAX_BYTES = 2 * GIBIBYTE
_CHUNK_BYTES = 1 << 20
_SUFFIXES = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_REQUIRED = (".shp", ".dbf")
_ENCRYPTED = 0x1
# What the Census Bureau uses. The others' decoders raise errors of their own on damaged data.
_COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_MAX_NAME_BYTES = 255
# Beside its own error zipfile lets those through that damaged data and names raise (UnicodeDecodeError is a ValueError).
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OverflowError)


class SourceError(Exception):
    """The source can't be used; the message says why, for the person who named it."""


class NotThereError(SourceError):
    """Nothing has that name where the source is said to be."""


@dataclass(frozen=True)
class ShapefileParts:
    """The files of one shapefile; .prj and .cpg may be absent."""

    shp: Path
    dbf: Path
    prj: Path | None = None
    cpg: Path | None = None


@contextlib.contextmanager
def opened(source: str, max_bytes: int = DEFAULT_MAX_BYTES) -> Iterator[ShapefileParts]:
    """The parts of the one shapefile that a source holds, good inside the block.

    Args:
        source: path of a zip, of a folder or of a .shp with its companions beside it; or a zip's https:// or s3:// address.
        max_bytes: the most that is downloaded, and the most that is unpacked.

    Raises:
        SourceError: it is missing, unsafe, broken or too large.
    """
    with tempfile.TemporaryDirectory(prefix="shapefile-") as name:
        folder = Path(name)
        if is_remote(source):
            # That module needs this one's error.
            from app.regions.downloads import fetch

            yield _unpack(fetch(source, folder / "download", max_bytes), folder, max_bytes)
            return
        path = Path(source)
        if path.is_dir():
            yield _parts([entry for entry in path.iterdir() if entry.is_file()])
        elif path.suffix.lower() == ".shp" and path.is_file():
            yield _parts([entry for entry in path.parent.iterdir() if entry.stem == path.stem])
        elif path.is_file():
            yield _unpack(path, folder, max_bytes)
        else:
            raise NotThereError(f"{source} does not exist.")


def is_remote(source: str) -> bool:
    return "://" in source


def sha256_of(source: Path) -> str:
    """The checksum of a zip; of a folder or .shp, that of a listing of its parts' checksums as sha256sum writes it."""
    if source.is_file() and source.suffix.lower() != ".shp":
        return _sha256(source)
    with opened(str(source)) as parts:
        files = [path for path in (parts.shp, parts.dbf, parts.prj, parts.cpg) if path]
        listing = "".join(f"{_sha256(path)}  {path.name}\n" for path in sorted(files))
    return hashlib.sha256(listing.encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def too_large(what: str) -> SourceError:
    return SourceError(f"{what} is larger than allowed: --max-gib raises the limit.")


def _parts(files: list[Path]) -> ShapefileParts:
    shp = _only_shp([path for path in files if path.suffix.lower() == ".shp"])
    by_suffix = {path.suffix.lower(): path for path in files if path.stem == shp.stem}
    for suffix in _REQUIRED:
        if suffix not in by_suffix:
            raise SourceError(f"{shp.name} has no {suffix} beside it.")
    return ShapefileParts(shp, by_suffix[".dbf"], by_suffix.get(".prj"), by_suffix.get(".cpg"))


def _only_shp(found: list[Path]) -> Path:
    if len(found) != 1:
        names = ", ".join(sorted(path.name for path in found)) or "none"
        raise SourceError(f"One .shp is expected, there are {len(found)}: {names}.")
    return found[0]


def _unpack(archive: Path, folder: Path, max_bytes: int) -> ShapefileParts:
    """Copy the parts, and only them, under their bare names."""
    try:
        with zipfile.ZipFile(archive) as opened_zip:
            members = _wanted(opened_zip.infolist())
            left = max_bytes
            for name, member in members.items():
                with opened_zip.open(member) as packed, (folder / name).open("wb") as unpacked:
                    left -= _copy(packed, unpacked, left, f"Unpacked, {archive.name}")
    except _UNREADABLE as error:
        raise SourceError(f"{archive.name} is no zip that can be read: {error}.") from error
    return _parts([folder / name for name in members])


def _wanted(members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    wanted: dict[str, zipfile.ZipInfo] = {}
    for member in members:
        _refuse_unsafe(member)
        name = PurePosixPath(member.filename).name
        # macOS packs "._x.shp" beside x.shp: not a shapefile.
        if member.is_dir() or name.startswith(".") or PurePosixPath(name).suffix.lower() not in _SUFFIXES:
            continue
        if name in wanted:
            raise SourceError(f"The zip holds {name} twice.")
        wanted[name] = member
    return wanted


def _refuse_unsafe(member: zipfile.ZipInfo) -> None:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    problem = ""
    if not member.filename:
        problem = "has no name"
    elif path.is_absolute() or re.match(r"^[A-Za-z]:", member.filename):
        problem = "has an absolute path"
    elif ".." in path.parts:
        problem = "leads out of its folder"
    elif stat.S_ISLNK(member.external_attr >> 16):
        problem = "is a link"
    elif member.flag_bits & _ENCRYPTED:
        problem = "is encrypted"
    elif member.compress_type not in _COMPRESSIONS:
        problem = "is compressed by another method than deflate"
    elif member.header_offset < 0:
        problem = "would begin before the zip"
    elif len(path.name.encode()) > _MAX_NAME_BYTES:
        problem = "has a name too long for a file"
    if problem:
        raise SourceError(f"The zip is refused: its entry {member.filename!r} {problem}.")


def _copy(source: IO[bytes], target: BinaryIO | IO[bytes], limit: int, what: str) -> int:
    """Copy at most `limit` bytes and count them: what a header claims about a size binds nobody."""
    copied = 0
    while chunk := source.read(_CHUNK_BYTES):
        copied += len(chunk)
        if copied > limit:
            raise too_large(what)
        target.write(chunk)
    return copied
