"""The one spelling in which a row's values are compared and stored."""

from typing import Any

from app.influencers.names import NotAPhoneNumberError, normalise_phone, normalise_tag, normalise_text
from app.influencers.platforms import NotAnAccountError, adapter
from app.influencers.workbook import region_cells
from app.influencers.workbook.columns import CUT, OF_ACCOUNT, CellError
from app.influencers.workbook.reading import Problem, Row
from app.mail.addresses import normalise_email


def named(row: Row, letters: dict[str, str], name: str, message: str) -> Problem:
    """A problem of a cell, or of the row where the sheet lacks the column."""
    return Problem(f"{letters.get(name, '')}{row.number}", message)


def normalise(row: Row, letters: dict[str, str]) -> None:
    """Bring a row's values to the one spelling that they are stored in; once."""
    values = row.values
    # What an export had to cut stays as it is, by being absent here.
    for name in [name for name, value in values.items() if isinstance(value, str) and value.endswith(CUT)]:
        del values[name]

    def attempt(name: str, normalised: Any) -> None:
        try:
            values[name] = normalised(values[name])
        except (NotAPhoneNumberError, NotAnAccountError, CellError) as error:
            row.problems.append(named(row, letters, name, str(error)))
            values[name] = ""

    for name, spelling in _SPELLINGS.items():
        if name in values:
            attempt(name, spelling)
    if "name" in values and not values["name"]:
        row.problems.append(named(row, letters, "name", "the influencer's name is missing"))
    values.setdefault("platform", "")
    if values.get("handle") and values["platform"]:
        attempt("handle", adapter(str(values["platform"])).handle)
    _check_account(row, letters)


def _check_account(row: Row, letters: dict[str, str]) -> None:
    values = row.values
    broken = {problem.cell for problem in row.problems}
    has_problem = any(f"{letters.get(name, '')}{row.number}" in broken for name in ("platform", "handle"))
    if has_problem:
        return
    if values.get("handle") and not values["platform"]:
        row.problems.append(named(row, letters, "platform", "the platform of this handle is missing"))
    elif not values.get("handle"):
        filled = [name for name in ("platform", "id", *OF_ACCOUNT) if values.get(name) not in ("", None, [])]
        if filled:
            row.problems.append(
                named(
                    row,
                    letters,
                    "handle",
                    "the handle is missing; without one only an influencer can stand here",
                )
            )


def _names(text: str) -> list[str]:
    return sorted({name for name in map(normalise_tag, text.split(",")) if name})


_SPELLINGS: dict[str, Any] = {
    "name": normalise_text,
    "phone": normalise_phone,
    "email": normalise_email,
    "url": str.strip,
    "tags": _names,
    "campaigns": _names,
    "regions": region_cells.names,
}
