"""The way of an endorsement over HTTP: submitted, mailed, confirmed, approved, public."""

import re

from ops.processes import wait_until
from ops.rehearse.cast import IN_HOWARD, MODERATOR, SLUG
from ops.rehearse.mailbox import Mailbox
from ops.rehearse.visitor import UnexpectedAnswerError, Visitor

ENDORSER = "Ada Example"
ENDORSERS_ADDRESS = "ada@example.org"
_MAIL_SECONDS = 180
_LIST = "/admin/endorsements/endorsement/"


def submit(visitor: Visitor, name: str = ENDORSER, address: str = ENDORSERS_ADDRESS) -> None:
    """Somebody finds the campaign and endorses it."""
    slugs = [campaign["slug"] for campaign in visitor.get("/api/campaigns/").json()["results"]]
    if slugs != [SLUG]:
        raise UnexpectedAnswerError(f"/api/campaigns/ lists {slugs}.")
    body = {
        "name": name,
        "email": address,
        "statement": "Clean water — für alle.",
        "consent_to_publish": True,
        "terms_accepted": True,
        **IN_HOWARD,
    }
    visitor.post_json(f"/api/campaigns/{SLUG}/endorsements/", body, 202)


def await_link(mailbox: Mailbox, base_url: str) -> str:
    """The path of the link in the mail that the scheduled job sends.

    Raises:
        TimeoutError: no mail came.
    """
    wait_until(lambda: bool(mailbox()), "The job that sends the mail", _MAIL_SECONDS)
    text = "\n".join(mailbox())
    found = re.search(re.escape(base_url) + r"(/confirm/[\w-]+/)", text)
    if found is None:
        raise UnexpectedAnswerError(f"The mail holds no link to {base_url}/confirm/…:\n{text}")
    return found[1]


def confirm(base_url: str, path: str) -> None:
    """The endorser opens the link and presses the button; a second press finds it used."""
    visitor = Visitor(base_url)
    page = visitor.get(path)
    if ENDORSER not in page.body:
        raise UnexpectedAnswerError(f"The page to confirm does not name {ENDORSER}:\n{page.body[:1500]}")
    visitor.post_form(path, {}, 200)
    visitor.get(path, 410)


def approve(base_url: str, password: str) -> None:
    """The moderator signs in and approves what waits."""
    visitor = Visitor(base_url)
    visitor.get("/admin/login/")
    visitor.post_form("/admin/login/", {"username": MODERATOR, "password": password, "next": "/"}, 302)
    waiting = re.findall(r'name="_selected_action" value="(\d+)"', visitor.get(_LIST).body)
    if len(waiting) != 1:
        raise UnexpectedAnswerError(f"{len(waiting)} endorsements wait for the moderator, expected 1.")
    visitor.post_form(_LIST, {"action": "approve", "_selected_action": waiting[0], "index": "0"}, 302)


def check_public(base_url: str) -> str:
    """The public list shows it, in its county.

    Returns:
        What it shows.
    """
    found = Visitor(base_url).get(f"/api/campaigns/{SLUG}/endorsements/").json()["results"]
    shown = [f"{entry['name']}, {(entry['county'] or {}).get('name')}" for entry in found]
    if shown != [f"{ENDORSER}, Howard County"]:
        raise UnexpectedAnswerError(f"The public list shows {shown}.")
    return shown[0]
