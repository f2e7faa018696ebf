"""The first administrator, as an operator makes one and as they sign in."""

import re
import secrets

from ops import administration
from ops.platform import StagePlatform
from ops.rehearse.visitor import UnexpectedAnswerError, Visitor

ADDRESS = "first@rehearsal.test"


def sign_in_by_link(platform: StagePlatform, base_url: str) -> tuple[str, Visitor]:
    """Make an administrator, choose a password by the link, and open the list of staff.

    Returns:
        The link's token, which nothing may have written down, and the administrator.
    """
    said = administration.create_administrator(platform, base_url, ADDRESS)
    found = re.search(re.escape(base_url) + r"(/set-password/[\w-]+/)([\w-]+)/", said)
    if found is None:
        raise UnexpectedAnswerError(f"There is no link to {base_url}/set-password/… in:\n{said}")
    path, token = found.groups()
    password = secrets.token_urlsafe(16)
    visitor = Visitor(base_url)
    visitor.get(f"{path}{token}/", 302)
    # Django keeps the token in the session and puts this in its place.
    form = f"{path}set-password/"
    visitor.get(form)
    visitor.post_form(form, {"new_password1": password, "new_password2": password}, 302)
    visitor.get(f"{path}{token}/", 410)
    visitor.get("/admin/login/")
    visitor.post_form("/admin/login/", {"username": ADDRESS, "password": password, "next": "/"}, 302)
    visitor.get("/admin/accounts/user/")
    return token, visitor
