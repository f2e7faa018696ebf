"""What a plan changes in a resource, fit to be shown to everybody.

No secret, no address of a person, no account number, and nothing that a comment would take for markup.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

REDACTED = "(not shown)"
_UNKNOWN = "(known after apply)"
_SOMETHING = "(something else)"

_LONGEST_VALUE = 120
_LONGEST_CODE = 250
_SECRET_NAME = re.compile(
    r"passw|secret|token|private_?key|credential|api_?key|access_?key|connection_?string|webhook",
    re.IGNORECASE,
)
# What the two are called in lists of pairs, as those of containers and of parameter groups.
_NAMES = {"name", "key"}
_VALUES = ("value", "Value", "values", "Values")
_HARMLESS_NAME = re.compile(r"_(version|arn|days|length|enabled|in_days)$", re.IGNORECASE)
_SECRET_VALUE = re.compile(
    r"-----BEGIN|"  # PEM
    r"\b(AKIA|ASIA)[A-Z0-9]{12,}|"
    r"\beyJ[\w-]{8,}\.|"  # a JSON web token
    r"://[^/\s:@\"]*:[^/\s@\"]+@|"  # an address with a password
    r"\bgh[a-z]_\w{20,}|\bgithub_pat_\w{20,}"
)
# Letters of both cases and digits in one long word: a key, rarely a name.
_DENSE = re.compile(
    r"(?<![\w/+=.-])(?=[\w+/]*[a-z])(?=[\w+/]*[A-Z])(?=[\w+/]*\d)[A-Za-z0-9+/_]{24,}={0,2}(?![\w/+=-])"
)
_HEXADECIMAL = re.compile(r"(?<![0-9a-f-])[0-9a-f]{32,}(?![0-9a-f])")
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
# What Markdown, HTML and GitHub leave alone wherever it stands.
_PLAIN = re.compile(r"[A-Za-z0-9 -]|(?<=[A-Za-z0-9])(?<!www)[._](?=[A-Za-z0-9])", re.IGNORECASE)


@dataclass(frozen=True)
class Changed:
    """One attribute.

    Attributes:
        path: e.g. `ingress[0].cidr_blocks`, or a place inside a policy's JSON.
        before: on one line; empty if there was nothing.
        after: on one line; empty if there is nothing any more.
        replaces: it can't be changed in place.
    """

    path: str
    before: str
    after: str
    replaces: bool = False


def visible(text: str) -> str:
    """On one line, every control and direction character spelled out, account numbers and addresses left out."""
    spelled = "".join(_spelled(character) for character in text)
    return _MAIL.sub("(e-mail)", _ACCOUNT.sub("(account)", spelled))


def code(text: str) -> str:
    """Inline code of a comment: nothing in it can be markup, a mention or a link."""
    seen = visible(text)
    seen = seen if len(seen) <= _LONGEST_CODE else f"{seen[:_LONGEST_CODE]}…"
    safe = "".join(
        character if _PLAIN.match(seen, place) else f"&#{ord(character)};"
        for place, character in enumerate(seen)
    )
    return f"<code>{safe}</code>"


def _spelled(character: str) -> str:
    if unicodedata.category(character)[0] in "CZ" and character != " ":
        return json.dumps(character)[1:-1] if ord(character) < 0x80 else f"\\u{ord(character):04x}"  # noqa: PLR2004 - ASCII
    return character


def changes(change: Mapping[str, Any]) -> list[Changed]:
    """The attributes that differ, by a plan's `change`."""
    before, after = dict(_walk(change.get("before"))), dict(_walk(change.get("after")))
    for path in _true_paths(change.get("after_unknown")):
        _collapse(before, path)
        after[path] = _UNKNOWN
    replaced = {_joined(path) for path in change.get("replace_paths") or []}
    hidden = {
        *_true_paths(change.get("before_sensitive")),
        *_true_paths(change.get("after_sensitive")),
        *_values_of_secrets(before),
        *_values_of_secrets(after),
    }
    return [
        Changed(
            visible(path),
            _shown(path, before.get(path), hidden),
            _shown(path, after.get(path), hidden),
            _is_below(path, replaced),
        )
        for path in sorted(before.keys() | after.keys())
        if (before.get(path) or None) != (after.get(path) or None) and not _is_repeated(path, after, before)
    ]


def _is_repeated(path: str, *sides: Mapping[str, Any]) -> bool:
    """Whether it is a tag that the provider lists a second time, with the tags that everything has."""
    own = path.replace("tags_all.", "tags.", 1)
    return own != path and all(side.get(own) == side.get(path) for side in sides)


def _collapse(leaves: dict[str, Any], path: str) -> None:
    """Make one leaf of all that is below a path, such as a policy whose next text nobody knows."""
    below = [one for one in leaves if one != path and _is_below(one, {path})]
    for one in below:
        del leaves[one]
    if below:
        leaves[path] = _SOMETHING


def _is_below(path: str, tops: Iterable[str]) -> bool:
    return any(not top or path == top or path.startswith((f"{top}.", f"{top}[")) for top in tops)


def _joined(path: Iterable[Any]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _true_paths(marks: Any) -> Iterator[str]:
    """Where a plan says true of a value, or of something in a list of plain values."""
    for path, mark in _walk(marks):
        if mark is True or (isinstance(mark, list) and True in mark):
            yield path


def _walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each leaf with its path; JSON is looked into, a list of plain values is a leaf."""
    value = _document(value)
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and any(isinstance(_document(inner), (dict, list)) for inner in value):
        for place, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{place}]")
    else:
        yield path, value


def _document(value: Any) -> Any:
    """What a text says if it is a JSON object or array, such as a policy; everything else as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _values_of_secrets(leaves: Mapping[str, Any]) -> Iterator[str]:
    """Where values stand that have the name of a secret beside them: {"name": "API_TOKEN", "value": "…"}."""
    for path, leaf in leaves.items():
        above, dot, name = path.rpartition(".")
        if name.lower() in _NAMES and isinstance(leaf, str) and _names_a_secret(leaf):
            yield from (f"{above}{dot}{value}" for value in _VALUES)


def _shown(path: str, leaf: Any, hidden: Iterable[str]) -> str:
    if leaf in (None, []):
        return ""
    if leaf in (_UNKNOWN, _SOMETHING):
        return str(leaf)
    if _is_below(path, hidden) or _names_a_secret(path):
        return REDACTED
    return _cut(without_secrets(json.dumps(leaf, ensure_ascii=False)))


def _names_a_secret(path: str) -> bool:
    names = re.split(r"[.\[\]]", path)
    return any(_SECRET_NAME.search(name) and not _HARMLESS_NAME.search(name) for name in names)


def without_secrets(text: str) -> str:
    """The text, or what stands for it if something in it looks like a secret."""
    if _SECRET_VALUE.search(text) or _DENSE.search(text) or _HEXADECIMAL.search(text):
        return REDACTED
    return visible(text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}… ({len(text)} characters)"
