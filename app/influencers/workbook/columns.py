"""The columns of the workbook. This one table drives import, export and template."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from app.influencers.listing import MAX_METRIC
from app.influencers.models import AccountStatus, Platform
from app.influencers.names import normalise_text

# What a cell holds, as the reader hands it over.
Cell = str | float | bool | dt.date | None
Value = str | int | dt.date | None

# Excel's limit for a cell, in UTF-16 units.
MAX_TEXT = 32_767
CUT = "… [too long for a cell; an import leaves the whole text as it is]"


class CellError(ValueError):
    """A cell that can't be taken; the message says what is expected."""


class Kind(Enum):
    """What Excel is told of a column. Text keeps leading zeros, and what looks like a formula stays text."""

    TEXT = "@"
    NUMBER = "0"
    DATE = "yyyy-mm-dd"


@dataclass(frozen=True)
class Column:
    """A column of the sheet.

    Attributes:
        name: in the code.
        header: in the first row.
        kind: text, number or date.
        width: in characters.
        help: the note on the header.
        required: whether the sheet must have it.
        choices: labels by value, of which a cell holds one.
    """

    name: str
    header: str
    kind: Kind
    width: int
    help: str
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()

    def parse(self, cell: Cell) -> Value:
        """The value of a cell: "" or None for an empty one.

        Raises:
            CellError: says what is expected.
        """
        if self.choices:
            return _choice(_text(cell), self.choices)
        return _PARSERS[self.kind](cell)

    def show(self, value: Value) -> str | int | dt.date | None:
        """What stands in the cell of a value."""
        if self.choices:
            return dict(self.choices).get(str(value), "")
        return fitting(value) if isinstance(value, str) else value


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(cell)
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if "\0" in cell:
        raise CellError("a character in it (NUL) can't be kept")
    return cell


def _integer(cell: Cell) -> int | None:
    if type(cell) is float and cell.is_integer() and 0 <= cell <= MAX_METRIC:
        return int(cell)
    if isinstance(cell, bool | dt.date):
        raise CellError(f"not a number: {_text(cell)}")
    shown = _text(cell).strip()
    # As people group thousands; the no-break spaces are what Excel's own formats put there.
    digits = shown.translate({ord(separator): None for separator in ", \u00a0\u202f'"})
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit()):
        raise CellError(f"not a whole number of 0 or more: {_quoted(shown)}")
    # No more digits than it needs: Python refuses to read thousands of them.
    if len(digits) > len(str(MAX_METRIC)) or int(digits) > MAX_METRIC:
        raise CellError(f"too large: {_quoted(shown)}")
    return int(digits)


def _date(cell: Cell) -> dt.date | None:
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    if isinstance(cell, float):
        raise CellError(f"the number {_text(cell)}, not a date: format the cell as a date")
    shown = _text(cell).strip()
    if not shown:
        return None
    try:
        return dt.date.fromisoformat(shown)
    except ValueError:
        raise CellError(f"not a date: {_quoted(shown)}; write it as 2026-03-31") from None


@lru_cache(maxsize=256)
def _choice(cell: str, choices: tuple[tuple[str, str], ...]) -> str:
    wanted = normalise_text(cell).casefold()
    for value, label in choices:
        if wanted in {value.casefold(), label.casefold()}:
            return value
    if not wanted:
        return ""
    raise CellError(f"{_quoted(cell)} is none of {', '.join(label for _, label in choices)}")


def _quoted(text: str) -> str:
    longest = 60
    return f"“{text if len(text) <= longest else text[:longest] + '…'}”"


def fitting(text: str) -> str:
    """The text, cut where it is longer than a cell holds."""
    if len(text.encode("utf-16-le")) // 2 <= MAX_TEXT:
        return text
    room = (MAX_TEXT - len(CUT)) * 2
    return text.encode("utf-16-le")[:room].decode("utf-16-le", "ignore") + CUT


_PARSERS: dict[Kind, Callable[[Cell], Value]] = {Kind.TEXT: _text, Kind.NUMBER: _integer, Kind.DATE: _date}

COLUMNS = (
    Column(
        "id", "Account ID", Kind.NUMBER, 11,
        "Leave it as it was exported, and empty for a new account. With it the handle can be changed.",
    ),
    Column(
        "influencer_id", "Influencer ID", Kind.NUMBER, 13,
        "Leave it as it was exported, and empty for a new influencer. With it name and number can be changed.",
    ),
    Column(
        "platform", "Platform", Kind.TEXT, 11, "Where the account is.", choices=tuple(Platform.choices),
    ),
    Column(
        "handle", "Handle", Kind.TEXT, 24,
        "@name, or the account's address. Empty, with the platform, for an influencer without accounts.",
    ),
    Column("name", "Influencer", Kind.TEXT, 26, "Name of the person or group.", required=True),
    Column("phone", "Telephone number", Kind.TEXT, 18, "With country code: +1 202 555 0143."),
    Column("email", "E-mail", Kind.TEXT, 28, "Address for this account."),
    Column("url", "Address", Kind.TEXT, 36, "Of the account on the web. Follows from the handle if empty."),
    Column("status", "Status", Kind.TEXT, 11, "How far the outreach has come. New if empty.", choices=tuple(AccountStatus.choices)),
    Column("tags", "Tags", Kind.TEXT, 24, "Separated by commas: food, rivers."),
    Column("notes", "Notes", Kind.TEXT, 36, "On the account."),
    Column("about", "About the influencer", Kind.TEXT, 36, "Notes on the person, the same for all their accounts."),
    Column("campaigns", "Campaigns", Kind.TEXT, 24, "The last part of their addresses, separated by commas."),
    Column(
        "regions", "Regions", Kind.TEXT, 30,
        "Of the influencer, separated by semicolons: MD; Howard County, MD; Congressional district 3, MD;"
        " State senate district 12, MD; State house district 12A, MD; ZIP area 21201.",
    ),
    Column("followers", "Followers", Kind.NUMBER, 12, "On the day in “Measured on”. Empty leaves what is known."),
    Column("daily_views", "Daily views", Kind.NUMBER, 12, "On the day in “Measured on”. Empty leaves what is known."),
    Column("posts", "Posts", Kind.NUMBER, 9, "On the day in “Measured on”. Empty leaves what is known."),
    Column("measured_on", "Measured on", Kind.DATE, 13, "The day (UTC) of followers, views and posts."),
)  # fmt: skip
BY_NAME = {column.name: column for column in COLUMNS}
METRICS = ("followers", "daily_views", "posts")
OF_ACCOUNT = ("handle", "email", "url", "status", "tags", "notes", *METRICS, "measured_on")
OF_INFLUENCER = ("name", "phone", "about", "campaigns", "regions")
# Of a workbook of rows that were refused.
PROBLEM = Column("problem", "Problem", Kind.TEXT, 60, "What to mend. An import does not read this column.")
