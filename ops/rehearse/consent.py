"""A consent form of an influencer: sent past the functions by a signed form, looked at, given out, deleted."""

import datetime as dt
import html
import re
from http import HTTPStatus

import urllib3

from ops.processes import wait_until
from ops.rehearse.visitor import UnexpectedAnswerError, Visitor

_CONTENT = b"%PDF-1.7\nsigned by Lin Example"
_LOOK_SECONDS = 180


def send_and_delete(staff: Visitor, *, is_told: bool) -> str:
    """Walk a form's whole way.

    Args:
        staff: is signed in, and may.
        is_told: the bucket tells of what arrives. If so the browser is closed in time, and nobody else has it looked at.

    Returns:
        What the bucket said of the form, and of the file in the end.

    Raises:
        UnexpectedAnswerError, TimeoutError: something is otherwise than it should be.
    """
    page = _ask(staff)
    sent = _send(staff.get(page).body)
    if not is_told:
        staff.get(f"{page}arrived/", 302)
    wait_until(lambda: "Download</a>" in staff.get(page).body, "Whoever looks at uploads", _LOOK_SECONDS)
    address = staff.get(f"{page}download/", 302).headers["Location"]
    found = urllib3.request("GET", address)
    if found.data != _CONTENT or not found.headers["Content-Disposition"].startswith("attachment"):
        raise UnexpectedAnswerError(f"The file is not what was sent: {found.headers} {found.data!r}")
    staff.post_form(f"{page}delete/", {}, 302)
    return f"{sent}, then {urllib3.request('GET', address).status}"


def _ask(staff: Visitor) -> str:
    """The path of the page that takes the file."""
    staff.get("/staff/influencers/new/")
    influencer = _number(staff.post_form("/staff/influencers/new/", {"name": "Lin Example"}, 302).headers)
    typed = {"signed_on": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}", "content_type": "application/pdf"}
    form = staff.post_form(f"/staff/influencers/{influencer}/consent-forms/new/", typed, 302)
    return f"/staff/consent-forms/{_number(form.headers)}/"


def _number(headers: dict[str, str]) -> str:
    number: str = re.findall(r"/(\d+)/", headers["Location"])[-1]
    return number


def _send(page: str) -> int:
    """Post the page's form as a browser does, at first with a file that is too large.

    Returns:
        How the bucket refused that one.
    """
    found = re.search(
        r'<form method="post" action="(http[^"]+)" enctype="multipart/form-data">(.*?)</form>',
        page,
        re.DOTALL,
    )
    if found is None:
        raise UnexpectedAnswerError(f"No form leads to the bucket:\n{page}")
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', found[2])
    fields = {name: html.unescape(value) for name, value in hidden}
    too_large, taken = (
        urllib3.request(
            "POST", html.unescape(found[1]), fields={**fields, "file": ("Lin.pdf", content)}, redirect=False
        )
        for content in (b"%PDF-" + b"x" * 10 * 1024**2, _CONTENT)
    )
    if (too_large.status, taken.status) != (HTTPStatus.BAD_REQUEST, HTTPStatus.SEE_OTHER):
        raise UnexpectedAnswerError(
            f"The bucket answered {too_large.status} and {taken.status}: {taken.data!r}"
        )
    return too_large.status
