"""Ada, known on both platforms, and who works with her."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from app.accounts import tokens
from app.accounts.models import MachineToken, User
from app.influencers.models import Account, Influencer
from app.influencers.services import tags_named
from tests.staff import member, signed_in

Make = Callable[..., Any]


@pytest.fixture
def make_user(db: None) -> Callable[[str], User]:
    return member


@pytest.fixture
def outreach(db: None) -> Client:
    """Somebody of the outreach, signed in."""
    return signed_in("outreach")


@pytest.fixture
def make_account(db: None) -> Make:
    """An account, of an influencer of its own if none is given."""

    def make(
        handle: str, *, influencer: Influencer | None = None, tags: tuple[str, ...] = (), **columns: Any
    ) -> Account:
        owner = influencer or Influencer.objects.create(name=f"Owner of {handle}")
        account = Account(influencer=owner, handle=handle, **({"platform": "youtube"} | columns))
        account.full_clean()
        account.save()
        account.tags.set(tags_named(tags))
        return account

    return make


@pytest.fixture
def ada(make_account: Make) -> Influencer:
    """On YouTube as adarivers, on Instagram as ada.rivers and ada.lakes."""
    row = Influencer.objects.create(name="Ada Lovelace", phone="+12025550143")
    make_account("adarivers", influencer=row, email="ada@example.org", followers=5000)
    make_account("ada.rivers", influencer=row, platform="instagram")
    make_account("ada.lakes", influencer=row, platform="instagram")
    return row


@pytest.fixture
def program(make_user: Callable[[str], User]) -> Callable[..., Client]:
    """A client that sends a token of these scopes with every request."""

    def make(*scopes: str, days: int = 30) -> Client:
        by = User.objects.filter(username="administrator").first() or make_user("administrator")
        text = tokens.issue(f"program {len(MachineToken.objects.all())}", list(scopes), days=days, by=by).text
        return Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {text}"})

    return make
