"""The first administrator, who appoints everybody else in the staff area."""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from app.accounts.models import User

ROLE = "administrator"


class NotAppointedError(Exception):
    """The address can't become an administrator's; the message says why, without the address."""


@dataclass(frozen=True)
class Appointment:
    """An administrator who is about to choose a password.

    Attributes:
        user: the account; its name is the e-mail address.
        is_new: whether it was made just now.
    """

    user: User
    is_new: bool


@transaction.atomic
def appoint(email: str) -> Appointment:
    """Make an administrator without a password, or find the one who has this address.

    No superuser: the role may appoint others, and the table in roles.py stays the one place that grants.
    Links for an account that never had a password stop working here: its stand-in is made anew.

    Args:
        email: in its one spelling.

    Raises:
        NotAppointedError: it is no address, or somebody else's than an administrator's.
    """
    found = list(User.objects.select_for_update().filter(Q(username=email) | Q(email__iexact=email))[:2])
    if not found:
        return Appointment(_make(email), is_new=True)
    user = found[0]
    if len(found) > 1:
        raise NotAppointedError("Several accounts have this address: appoint one of them in the staff area.")
    if not (user.is_active and user.is_staff and user.groups.filter(name=ROLE).exists()):
        raise NotAppointedError(
            "An account has this address and is no active administrator: have one appoint it in the staff area,"
            " or name another address."
        )
    if not user.has_usable_password():
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return Appointment(user, is_new=False)


def _make(email: str) -> User:
    user = User(username=email, email=email, is_staff=True)
    user.set_unusable_password()
    try:
        user.full_clean()
    except ValidationError as error:
        raise NotAppointedError(f"This can't be an account's address: {' '.join(error.messages)}") from None
    user.save()
    user.groups.add(Group.objects.get(name=ROLE))
    return user
