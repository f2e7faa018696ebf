"""Fetching a file by HTTPS or from S3, so that what broke off goes on where it was.

A file lies in its folder under a name made of its address, with a note of what tells its version (its ETag) beside it.
A later fetch of the same address asks for the rest, from the last byte that is there: a file that is whole costs one
byte, one that changed meanwhile comes anew.
"""

import hashlib
import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from email.message import Message
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import urlsplit

from app.regions.sources import NotThereError, SourceError, too_large

CHUNK_BYTES = 1 << 20
TIMEOUT_SECONDS = 60
# Of one file, as long as none brings a byte; a broken line is no reason to give up a download that gets on.
WAITS_SECONDS = (1.0, 4.0, 15.0)
_TRY_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


class _BrokenOffError(Exception):
    """The line broke, or the server has too much to do: worth another try."""


@dataclass(frozen=True)
class _Note:
    """What is known of a file that is being fetched: empty if the server does not say."""

    url: str
    version: str = ""


@dataclass(frozen=True)
class _Answer:
    """The rest of a file from a byte on.

    Attributes:
        begins_at: the first byte; 0 is the whole file, whatever was asked for.
        total: bytes of the whole file, if the server says it.
    """

    chunks: Iterator[bytes]
    begins_at: int
    total: int | None
    version: str


_Ask = Callable[[str, int, str], _Answer]


def fetch(url: str, folder: Path, max_bytes: int) -> Path:
    """The file of an https:// or s3:// address, in a folder that may hold a part of it already.

    Raises:
        SourceError: it can't be had, or is larger than allowed.
    """
    ask = _ask_of(url)
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(url.encode()).hexdigest()[:12]
    target = folder / f"{digest}-{PurePosixPath(urlsplit(url).path).name[-100:]}"
    waits = iter(WAITS_SECONDS)
    while True:
        before = _size(target)
        try:
            _go_on(url, ask, target, max_bytes)
        except _BrokenOffError as error:
            if _size(target) > before:
                waits = iter(WAITS_SECONDS)
            wait = next(waits, None)
            if wait is None:
                raise SourceError(f"{url} {error}.") from error
            time.sleep(wait)
        else:
            return target


def _ask_of(url: str) -> _Ask:
    scheme = urlsplit(url).scheme
    if scheme == "https":
        return _ask_https
    if scheme == "s3":
        return _ask_s3
    raise SourceError(f"{url} is refused: only https and s3 addresses are downloaded.")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _go_on(url: str, ask: _Ask, target: Path, max_bytes: int) -> None:
    note_path = target.with_name(f"{target.name}.json")
    note = _read_note(note_path, url)
    # One byte again, so that a file that is whole is no range that the server has to refuse.
    offset = max(_size(target) - 1, 0) if note.version else 0
    answer = ask(url, offset, note.version)
    if not answer.begins_at:
        # In this order: the bytes of one version must never lie beside the note of another.
        target.write_bytes(b"")
    note_path.write_text(json.dumps(asdict(_Note(url, answer.version))))
    with target.open("r+b") as file:
        copied = file.seek(answer.begins_at)
        for chunk in answer.chunks:
            copied += len(chunk)
            if copied > max_bytes:
                raise too_large(url)
            file.write(chunk)
        file.truncate()
    if answer.total is not None and copied != answer.total:
        raise _BrokenOffError(f"broke off after {copied} of {answer.total} bytes")


def _read_note(path: Path, url: str) -> _Note:
    try:
        note = _Note(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        # A process that was killed may leave half of one.
        return _Note(url)
    return note if note.url == url else _Note(url)


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    def redirect_request(  # noqa: PLR0913, PLR0917 - urllib's signature
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme != "https":
            fp.close()
            raise SourceError(f"{newurl} is refused: only https addresses are downloaded.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]  # typeshed wants HTTPMessage, which urllib hands over


def _ask_https(url: str, offset: int, version: str) -> _Answer:
    opener = urllib.request.build_opener(
        _HttpsOnly(), urllib.request.HTTPSHandler(context=ssl.create_default_context())
    )
    request = urllib.request.Request(url)  # noqa: S310 - https, see _ask_of
    if offset:
        request.add_header("Range", f"bytes={offset}-")
        request.add_header("If-Range", version)
    try:
        response = opener.open(request, timeout=TIMEOUT_SECONDS)
    except (OSError, http.client.HTTPException) as error:
        raise _refusal(url, error) from error
    length = response.headers.get("Content-Length")
    begins_at = offset if response.status == HTTPStatus.PARTIAL_CONTENT else 0
    if begins_at and not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
        response.close()
        raise SourceError(f"{url} was asked for bytes from {offset} on and answers others.")
    total = None if length is None else begins_at + int(length)
    return _Answer(_https_chunks(response), begins_at, total, _https_version(response.headers))


def _https_version(headers: Message) -> str:
    tag = headers.get("ETag", "")
    # A weak tag does not promise the same bytes.
    return str(headers.get("Last-Modified", "")) if not tag or tag.startswith("W/") else str(tag)


def _https_chunks(response: Any) -> Iterator[bytes]:
    with response:
        while True:
            try:
                chunk = response.read(CHUNK_BYTES)
            except http.client.IncompleteRead as error:
                # In chunks nobody says how long the whole is, so only this tells.
                yield error.partial
                raise _BrokenOffError("broke off in the middle") from error
            except (OSError, http.client.HTTPException) as error:
                raise _BrokenOffError(f"broke off: {error}") from error
            if not chunk:
                return
            yield chunk


def _refusal(url: str, error: Exception) -> Exception:
    """What an error before the first byte means: HTTPError, URLError, certificate errors and time-outs are all OSErrors."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        if error.code == HTTPStatus.NOT_FOUND:
            return NotThereError(f"{url} can't be downloaded: {reason}.")
        final = error.code not in _TRY_AGAIN and error.code < HTTPStatus.INTERNAL_SERVER_ERROR
    else:
        final = isinstance(reason, ssl.SSLCertVerificationError)
    text = f"can't be downloaded: {reason}"
    return SourceError(f"{url} {text}.") if final else _BrokenOffError(text)


def _ask_s3(url: str, offset: int, version: str) -> _Answer:
    # Not at the top: boto3 takes half a second, and few imports need it.
    from botocore.exceptions import BotoCoreError, ClientError

    from app.aws import client

    place = urlsplit(url)
    wanted = {"Range": f"bytes={offset}-", "IfMatch": version} if offset else {}
    try:
        answer = client("s3").get_object(Bucket=place.netloc, Key=place.path.lstrip("/"), **wanted)
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status in {HTTPStatus.PRECONDITION_FAILED, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE}:
            return _ask_s3(url, 0, "")
        kind = NotThereError if status == HTTPStatus.NOT_FOUND else SourceError
        raise kind(f"{url} can't be downloaded: {error}.") from error
    except BotoCoreError as error:
        raise _BrokenOffError(f"can't be downloaded: {error}") from error
    return _Answer(_s3_chunks(answer["Body"]), offset, offset + answer["ContentLength"], answer["ETag"])


def _s3_chunks(body: Any) -> Iterator[bytes]:
    from botocore.exceptions import BotoCoreError

    try:
        yield from body.iter_chunks(CHUNK_BYTES)
    except (BotoCoreError, OSError) as error:
        raise _BrokenOffError(f"broke off: {error}") from error
    finally:
        body.close()
