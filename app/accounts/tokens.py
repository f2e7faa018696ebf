"""Machine tokens: how a program signs in to the API. Shown once, kept as a hash, good for what it was made for."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from app.accounts.models import MachineToken, User

PREFIX = "cb_"
TOKEN_BYTES = 32
# How exact `last_used_at` is: a write for every call would cost more than it tells.
LAST_USED_RESOLUTION = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class NewToken:
    """A token just made.

    Attributes:
        row: what is kept.
        text: what the program sends; kept nowhere, so it can't be shown a second time.
    """

    row: MachineToken
    text: str


def issue(name: str, scopes: list[str], *, days: int, by: User) -> NewToken:
    """Make a token that ends after so many days.

    Raises:
        ValidationError: the name is taken, or a scope is none.
    """
    text = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    row = MachineToken(
        name=name,
        scopes=sorted(set(scopes)),
        digest=digest_of(text),
        created_by=by,
        expires_at=timezone.now() + dt.timedelta(days=days),
    )
    row.full_clean()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        # Another request took the name meanwhile, which a second look finds.
        row.full_clean()
        raise
    return NewToken(row, text)


def find(text: str) -> MachineToken | None:
    """The token that a program sent, if it holds now; notes that it was used."""
    now = timezone.now()
    token = MachineToken.objects.usable(now).filter(digest=digest_of(text)).first()
    if token is not None:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_RESOLUTION)
        MachineToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token


def revoke(token: MachineToken) -> None:
    """End a token now; a second time changes nothing."""
    MachineToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def digest_of(text: str) -> str:
    """SHA-256: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()
