"""Log lines of a deployed stage: one JSON object a record, without secrets and personal data.

Own and not Lambda's JSON format, because that is switched on by a key Zappa doesn't know, prints exceptions whole, and
is not there in the import task on Fargate.
"""

import datetime as dt
import json
import logging
import re
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError

from app.config import request_id

_MASK = "[removed]"
_SHORTEST_SECRET = 8
# What a call may add by `extra=`; besides these only `metric`, in CloudWatch's embedded metric format, is printed.
_EXTRAS = ("request_id", "gateway_request_id", "error_id", "method", "path", "status_code")
_MOST_CAUSES = 4
_MOST_FRAMES = 20
_MOST_CHARACTERS = 4096
# An address's 64, the `@` and a domain's 255: nothing to remove that has no gap in it is longer, but for web tokens.
_LONGEST_WORD = 320

# A client chooses how long a text is, so each expression takes a run of characters once, as a whole and from its start
# (the look-behind, the possessive `++`): tried anew from each character it would cost the square of the length.
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]++@[\w-]++(?:\.[\w-]++)+")
# The links in e-mails, and the one of a first administrator, carry their token as the last part of the path.
_LINK = re.compile(r"(/(?:confirm|withdraw|set-password/[^/\s]+)/)[^/\s\"'?]+")
# A JSON web token is words joined by dots, of which the first begins as the base64 of `{"` does.
_DOTTED_WORDS = re.compile(r"(?<![\w.-])[\w.-]++")
_WEB_TOKEN_START = "eyJ"  # noqa: S105 - of all of them
# 256 random bits in base64 or hexadecimal. Release ids (40) are shorter.
_LONG_WORD = re.compile(r"(?<![\w-])[\w-]{43,}")
_PASSWORD_IN_URL = re.compile(r"(://[^:/\s@]*:)[^@\s/]+@")
_UP_TO_LAST_GAP = re.compile(r".*[^\w.+%@-]", re.DOTALL)


class AddRequestId(logging.Filter):
    """Gives every record the id of the request it belongs to, unless it brings one."""

    def filter(self, record: logging.LogRecord) -> bool:
        known = getattr(record, "request_id", None) or request_id.current.get()
        of_request = getattr(getattr(record, "request", None), "request_id", None)
        found = known or of_request
        record.request_id = found
        record.request_mark = f" [{found}]" if found else ""
        return True


class JsonLines(logging.Formatter):
    """`{"time", "level", "logger", "message"}`, and where known those of _EXTRAS and `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        line |= {
            key: redact(str(value)) for key in _EXTRAS if (value := getattr(record, key, None)) is not None
        }
        # CloudWatch takes a metric from fields at the top of the line.
        line |= getattr(record, "metric", {})
        if record.exc_info and record.exc_info[1]:
            line["exception"] = [_describe(error) for error in _causes(record.exc_info[1])]
        return json.dumps(line, ensure_ascii=False)


def redact(text: str) -> str:
    """The text without e-mail addresses, tokens, and whatever is a secret of this process, cut to about 4 KB."""
    for secret in _secrets():
        text = text.replace(secret, _MASK)
    text, note = _cut(text)
    text = _PASSWORD_IN_URL.sub(rf"\1{_MASK}@", text)
    text = _LINK.sub(rf"\1{_MASK}", text)
    text = _EMAIL.sub(_MASK, text)
    text = _DOTTED_WORDS.sub(_without_web_token, text)
    return _LONG_WORD.sub(_without_token, text) + note


def _cut(text: str) -> tuple[str, str]:
    """The text's beginning and a note of its length. The cut is at a gap: half an address would not be recognised."""
    if len(text) <= _MOST_CHARACTERS:
        return text, ""
    start = _MOST_CHARACTERS - _LONGEST_WORD
    whole = _UP_TO_LAST_GAP.match(text[:_MOST_CHARACTERS], start)
    return text[: whole.end() if whole else start], f" [cut, it had {len(text)} characters]"


def _without_web_token(found: re.Match[str]) -> str:
    before, start, rest = found[0].partition(_WEB_TOKEN_START)
    return f"{before}{_MASK}" if start and "." in rest else found[0]


def _without_token(found: re.Match[str]) -> str:
    word = found[0]
    return _MASK if re.search(r"\d", word) and re.search(r"[A-Za-z]", word) else word


def _secrets() -> Iterator[str]:
    """Read anew each time: a rotation changes the database's password."""
    candidates = (
        settings.SECRET_KEY,
        *settings.SECRET_KEY_FALLBACKS,
        *settings.ORIGIN_SECRETS,
        settings.EMAIL_HOST_PASSWORD,
        *(database.get("PASSWORD") for database in settings.DATABASES.values()),
    )
    return (value for value in candidates if value and len(value) >= _SHORTEST_SECRET)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_MOST_CAUSES):
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _describe(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    return {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "message": redact(_message(error)),
        "stack": _stack(error.__traceback__),
    }


def _message(error: BaseException) -> str:
    """The error's text; of a database's only the first line, because the others repeat the row or the statement."""
    text = str(error)
    if isinstance(error, DatabaseError) or type(error).__module__.startswith("psycopg2"):
        return re.sub(r': ".*', f": {_MASK}", text.partition("\n")[0])
    return text


def _stack(found: TracebackType | None) -> list[str]:
    """Where it happened, the innermost last; neither values nor source."""
    frames = traceback.extract_tb(found)[-_MOST_FRAMES:]
    root = f"{settings.ROOT}/"
    return [f"{frame.filename.removeprefix(root)}:{frame.lineno} {frame.name}" for frame in frames]


def logging_config(*, as_json: bool, level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error once, as JSON or for a person's eyes."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "app.config.logs.JsonLines"},
            "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s%(request_mark)s"},
        },
        "filters": {"request_id": {"()": "app.config.logs.AddRequestId"}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "json" if as_json else "line",
                "filters": ["request_id"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers would print a line again, and mail it to administrators with the request.
            "django": {"handlers": [], "level": "NOTSET", "propagate": True},
            # Says every minute that a worker starts and ends; app.jobs says what it did.
            "django_tasks_db": {"level": "WARNING"},
            # At DEBUG it prints whole answers, Secrets Manager's too.
            "botocore": {"level": "INFO"},
        },
    }
