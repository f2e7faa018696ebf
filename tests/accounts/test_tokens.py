"""A token is shown once, kept as a hash, and good for its scopes until it ends."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from app.accounts import tokens
from app.accounts.models import MachineToken, User


def test_only_a_hash_of_a_token_is_kept(administrator: User) -> None:
    made = tokens.issue("exporter", ["influencers:read"], days=30, by=administrator)
    kept = MachineToken.objects.values().get()
    assert made.text.startswith("cb_")
    assert len(made.text) >= 43
    assert made.text not in str(kept)
    assert tokens.find(made.text) == made.row


def test_a_token_ends_and_can_be_ended(administrator: User) -> None:
    short = tokens.issue("short", ["influencers:read"], days=1, by=administrator)
    MachineToken.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert tokens.find(short.text) is None
    other = tokens.issue("other", ["influencers:read"], days=1, by=administrator)
    tokens.revoke(other.row)
    first = MachineToken.objects.get(name="other").revoked_at
    tokens.revoke(other.row)
    assert tokens.find(other.text) is None
    assert MachineToken.objects.get(name="other").revoked_at == first


def test_its_use_is_noted_and_not_at_every_call(administrator: User) -> None:
    made = tokens.issue("exporter", ["influencers:read"], days=30, by=administrator)
    assert made.row.last_used_at is None
    tokens.find(made.text)
    first = MachineToken.objects.get().last_used_at
    assert first is not None
    tokens.find(made.text)
    assert MachineToken.objects.get().last_used_at == first
    MachineToken.objects.update(last_used_at=first - tokens.LAST_USED_RESOLUTION - dt.timedelta(seconds=1))
    tokens.find(made.text)
    assert MachineToken.objects.get().last_used_at >= first  # type: ignore[operator]


@pytest.mark.parametrize("scopes", [[], ["everything"], ["influencers:read", "everything"]])
def test_a_token_without_a_known_scope_is_not_made(administrator: User, scopes: list[str]) -> None:
    with pytest.raises(ValidationError, match="at least one of the scopes"):
        tokens.issue("exporter", scopes, days=30, by=administrator)
    assert not MachineToken.objects.exists()


def test_a_name_is_given_once(administrator: User) -> None:
    tokens.issue("exporter", ["influencers:read"], days=30, by=administrator)
    with pytest.raises(ValidationError, match="already exists"):
        tokens.issue("exporter", ["influencers:read"], days=30, by=administrator)
