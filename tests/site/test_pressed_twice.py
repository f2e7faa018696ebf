"""A button of a staff page that is pressed again before the first answer came."""

from collections import Counter
from typing import Any

import pytest
from django.test import Client

from app.accounts.models import MachineToken, User
from app.influencers.models import Influencer, Merge
from tests.at_once import at_once

TIMES = 8

pytestmark = pytest.mark.django_db(transaction=True)


def pressed_at_once(address: str, form: dict[str, Any], by: User) -> Counter[int]:
    """The statuses of the answers to TIMES requests that arrive together."""
    clients = [Client(raise_request_exception=False) for _ in range(TIMES)]
    for client in clients:
        client.force_login(by)
    return Counter(at_once(TIMES, lambda: clients.pop().post(address, form).status_code))


def test_deleting_an_influencer_deletes_once_and_never_fails(administrator: User) -> None:
    ada = Influencer.objects.create(name="Ada")
    statuses = pressed_at_once(f"/staff/influencers/{ada.pk}/delete/", {}, administrator)
    # Who comes late is told that it was done, or that there is nothing.
    assert statuses.keys() <= {302, 404}
    assert statuses.total() == TIMES
    assert not Influencer.objects.exists()


def test_merging_happens_once_and_never_fails(administrator: User) -> None:
    ada, twin = (Influencer.objects.create(name=name) for name in ("Ada", "A. Lovelace"))
    address = f"/staff/influencers/{ada.pk}/merge/{twin.pk}/"
    assert pressed_at_once(address, {"name": "kept"}, administrator) == {302: 1, 404: TIMES - 1}
    assert Merge.objects.count() == 1


def test_a_token_is_made_once_and_its_name_is_taken_then(administrator: User) -> None:
    form = {"name": "exporter", "scopes": ["influencers:read"], "days": "30"}
    assert pressed_at_once("/staff/tokens/", form, administrator) == {200: 1, 400: TIMES - 1}
    assert MachineToken.objects.count() == 1
