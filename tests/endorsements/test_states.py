"""An endorsement's states: which lead where, and who takes it there."""

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.campaigns.models import Campaign
from app.endorsements.models import REACHED_FROM, EmailLink, Endorsement, State
from app.endorsements.services import LinkUnusableError, confirm, moderate, withdraw
from app.stakeholders.models import Stakeholder

ALLOWED = {
    (State.SUBMITTED, State.CONFIRMED),
    (State.SUBMITTED, State.WITHDRAWN),
    (State.CONFIRMED, State.APPROVED),
    (State.CONFIRMED, State.REJECTED),
    (State.CONFIRMED, State.WITHDRAWN),
    (State.APPROVED, State.REJECTED),
    (State.APPROVED, State.WITHDRAWN),
    (State.REJECTED, State.APPROVED),
    (State.REJECTED, State.WITHDRAWN),
}
EVERY_PAIR = [(source, target) for source in State for target in State]


def endorsement_in(state: State, campaign: Campaign) -> Endorsement:
    now = timezone.now()
    unconfirmed = state == State.SUBMITTED
    return Endorsement.objects.create(
        campaign=campaign,
        state=state,
        name="Ada",
        email="ada@example.org",
        county_geoid="24510",
        terms_version="1",
        stakeholder=None if unconfirmed else Stakeholder.objects.create(name="Ada", email="ada@example.org"),
        confirmed_at=None if unconfirmed else now,
        moderated_at=now if state in {State.APPROVED, State.REJECTED} else None,
        withdrawn_at=now if state == State.WITHDRAWN else None,
    )


def link_to(endorsement: Endorsement, purpose: EmailLink.Purpose) -> str:
    return EmailLink.issue(endorsement, purpose)


def take(endorsement: Endorsement, target: State, moderator: User) -> None:
    """Try to reach a state by the service that leads there."""
    if target == State.CONFIRMED:
        confirm(link_to(endorsement, EmailLink.Purpose.CONFIRM))
    elif target == State.WITHDRAWN:
        withdraw(link_to(endorsement, EmailLink.Purpose.WITHDRAW))
    else:
        moderate(Endorsement.objects.all(), target, moderator)


@pytest.mark.parametrize(("source", "target"), [pair for pair in EVERY_PAIR if pair in ALLOWED])
def test_it_goes_from_one_state_to_the_next(
    source: State, target: State, campaign: Campaign, maryland: object, moderator: User
) -> None:
    endorsement = endorsement_in(source, campaign)
    assert endorsement.may_become(target)
    take(endorsement, target, moderator)
    endorsement.refresh_from_db()
    assert endorsement.state == target


@pytest.mark.parametrize(
    ("source", "target"),
    [pair for pair in EVERY_PAIR if pair not in ALLOWED and pair[1] != State.SUBMITTED],
)
def test_it_stays_where_no_way_leads(
    source: State, target: State, campaign: Campaign, maryland: object, moderator: User
) -> None:
    endorsement = endorsement_in(source, campaign)
    assert not endorsement.may_become(target)
    if target in {State.APPROVED, State.REJECTED}:
        take(endorsement, target, moderator)
    else:
        with pytest.raises(LinkUnusableError):
            take(endorsement, target, moderator)
    endorsement.refresh_from_db()
    assert endorsement.state == source


def test_no_state_leads_back_to_submitted() -> None:
    assert REACHED_FROM[State.SUBMITTED] == frozenset()


def test_the_table_of_states_is_complete() -> None:
    assert {(source, target) for target, sources in REACHED_FROM.items() for source in sources} == ALLOWED


def test_a_decision_says_who_took_it_and_when(campaign: Campaign, moderator: User) -> None:
    endorsement = endorsement_in(State.CONFIRMED, campaign)
    before = timezone.now()
    assert moderate(Endorsement.objects.all(), State.APPROVED, moderator) == 1
    endorsement.refresh_from_db()
    assert endorsement.moderated_by == moderator
    assert endorsement.moderated_at is not None
    assert endorsement.moderated_at >= before


@pytest.mark.parametrize("state", [State.SUBMITTED, State.CONFIRMED, State.WITHDRAWN])
def test_a_moderator_decides_between_two(state: State, campaign: Campaign, moderator: User) -> None:
    endorsement_in(State.CONFIRMED, campaign)
    with pytest.raises(ValueError, match="no moderator's decision"):
        moderate(Endorsement.objects.all(), state, moderator)
