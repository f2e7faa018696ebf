"""An endorsement's way from a form to the public list."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from app.accounts.models import User
from app.campaigns.models import Campaign
from app.endorsements.models import (
    MODERATED,
    REACHED_FROM,
    EmailLink,
    Endorsement,
    EndorsementQuerySet,
    State,
)
from app.mail.addresses import normalise_email
from app.mail.links import absolute_link
from app.mail.tasks import queue_mail
from app.stakeholders.models import Stakeholder, StakeholderKind
from app.stakeholders.places import Place
from app.stakeholders.services import locate

_TOKEN_BYTES = 32


class CampaignNotOpenError(Exception):
    """The campaign takes no endorsements now."""


class LinkUnusableError(Exception):
    """The link is unknown, used or expired; which of them is nobody's business but its owner's."""


class AlreadyEndorsedError(Exception):
    """The person behind the address has endorsed this campaign before; nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What an endorser typed, checked."""

    name: str
    email: str
    place: Place
    organisation: str = ""
    role: str = ""
    statement: str = ""
    kind: str = StakeholderKind.PERSON
    consent_to_publish: bool = False


@transaction.atomic
def submit(campaign: Campaign, submission: Submission) -> None:
    """Keep a submission and mail its author a link to confirm it.

    The outcome looks the same whether or not the address is known; only the mail tells.

    Raises:
        CampaignNotOpenError: nothing was kept.
    """
    if not campaign.is_open():
        raise CampaignNotOpenError
    email = normalise_email(submission.email)
    endorsed = campaign.endorsements.filter(stakeholder__email=email).exclude(state=State.WITHDRAWN).first()
    if endorsed:
        _mail(endorsed, "already_endorsed", EmailLink.Purpose.WITHDRAW)
        return
    point = submission.place.point
    endorsement = campaign.endorsements.create(
        kind=submission.kind,
        name=submission.name,
        email=email,
        organisation=submission.organisation,
        role=submission.role,
        statement=submission.statement,
        latitude=point.latitude if point else None,
        longitude=point.longitude if point else None,
        county_geoid=submission.place.county_geoid,
        consent_to_publish=submission.consent_to_publish,
        terms_version=settings.TERMS_VERSION,
    )
    _mail(endorsement, "confirm", EmailLink.Purpose.CONFIRM)


def find_link(token: str, purpose: EmailLink.Purpose) -> EmailLink:
    """The link of a token, without using it: mail scanners open every link they see.

    Raises:
        LinkUnusableError: there is none that can be used for this purpose.
    """
    link = (
        EmailLink.objects.filter(digest=_digest(token), purpose=purpose)
        .select_related("endorsement__campaign")
        .first()
    )
    if link is None or not link.is_usable():
        raise LinkUnusableError
    return link


def confirm(token: str) -> Endorsement:
    """Use a confirmation link: the address is proven, so the stakeholder is made or brought up to date.

    Raises:
        LinkUnusableError: unknown, used or expired.
        AlreadyEndorsedError: another submission of the same person was confirmed before; this one is dropped.
    """
    with transaction.atomic():
        endorsement = _use(token, EmailLink.Purpose.CONFIRM, State.CONFIRMED)
        stakeholder = _stakeholder_of(endorsement)
        if _confirm_as(endorsement, stakeholder):
            locate(
                stakeholder, Place.at(endorsement.latitude, endorsement.longitude, endorsement.county_geoid)
            )
            return endorsement
        endorsement.delete()
    raise AlreadyEndorsedError


@transaction.atomic
def withdraw(token: str) -> Endorsement:
    """Use a withdrawal link.

    Raises:
        LinkUnusableError: unknown, used or expired.
    """
    endorsement = _use(token, EmailLink.Purpose.WITHDRAW, State.WITHDRAWN)
    endorsement.state = State.WITHDRAWN
    endorsement.withdrawn_at = timezone.now()
    endorsement.save(update_fields=["state", "withdrawn_at"])
    return endorsement


def moderate(endorsements: EndorsementQuerySet, state: State, by: User) -> int:
    """Approve or reject, in bulk; an earlier decision may be reversed.

    Returns:
        How many changed; those that may not reach the state (unconfirmed, withdrawn) stay as they are.

    Raises:
        ValueError: the state is no decision of a moderator.
    """
    if state not in MODERATED:
        raise ValueError(f"{state} is no moderator's decision.")
    return endorsements.filter(state__in=REACHED_FROM[state]).update(
        state=state, moderated_at=timezone.now(), moderated_by=by
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _mail(endorsement: Endorsement, template: str, purpose: EmailLink.Purpose) -> None:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    EmailLink.objects.create(
        endorsement=endorsement,
        purpose=purpose,
        digest=_digest(token),
        expires_at=timezone.now() + dt.timedelta(hours=settings.ENDORSEMENT_LINK_HOURS),
    )
    context = {
        "endorsement": endorsement,
        "campaign": endorsement.campaign,
        "link": absolute_link(f"site:{purpose.value}", token),
        "hours": settings.ENDORSEMENT_LINK_HOURS,
    }
    queue_mail(f"endorsements/mail/{template}.txt", endorsement.email, context)


def _use(token: str, purpose: EmailLink.Purpose, leads_to: State) -> Endorsement:
    """The link's endorsement, locked until the transaction ends, if it may reach the state."""
    link = find_link(token, purpose)
    # Of any number of parallel requests exactly one changes the row.
    used = EmailLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now())
    endorsement = Endorsement.objects.select_for_update().get(pk=link.endorsement_id)
    if not used or not endorsement.may_become(leads_to):
        raise LinkUnusableError
    return endorsement


def _stakeholder_of(endorsement: Endorsement) -> Stakeholder:
    typed = {
        "kind": endorsement.kind,
        "name": endorsement.name,
        # What was left empty this time is no reason to forget what was known.
        **{field: value for field in ("organisation", "role") if (value := getattr(endorsement, field))},
    }
    stakeholder, _ = Stakeholder.objects.update_or_create(email=endorsement.email, defaults=typed)
    return stakeholder


def _confirm_as(endorsement: Endorsement, stakeholder: Stakeholder) -> bool:
    """Whether the endorsement became this stakeholder's one of the campaign."""
    endorsement.state = State.CONFIRMED
    endorsement.confirmed_at = timezone.now()
    endorsement.stakeholder = stakeholder
    try:
        with transaction.atomic():
            endorsement.save(update_fields=["state", "confirmed_at", "stakeholder"])
    except IntegrityError:
        return False
    return True
