"""An endorsement's way from a form to the public list."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
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
from app.endorsements.tasks import mail_link
from app.mail.addresses import normalise_email
from app.stakeholders.models import Stakeholder, StakeholderKind
from app.stakeholders.places import Place
from app.stakeholders.services import locate

KEEP_UNCONFIRMED_DAYS = 14


class CampaignNotOpenError(Exception):
    """The campaign takes no endorsements now."""


class LinkUnusableError(Exception):
    """The link is unknown, used or expired; which of them is nobody's business but its owner's."""


class AlreadyEndorsedError(Exception):
    """The person behind the address has endorsed this campaign before; nothing was changed."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(campaign.pk)
        self.campaign = campaign


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
    if endorsed := _standing_of(campaign, email):
        _mail(endorsed, EmailLink.Purpose.WITHDRAW, "already_endorsed")
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
    _mail(endorsement, EmailLink.Purpose.CONFIRM, "confirm")


def limited_clients(submission: Submission, ip_address: str) -> dict[str, str]:
    """Whom a submission counts for, by row of RATE_LIMITS; what refuses most comes first."""
    return {
        "endorse-address": ip_address,
        "endorse-email": submission.email,
        "endorse-domain": submission.email,
    }


def request_withdrawal(campaign: Campaign, address: str) -> None:
    """Mail a link to withdraw, also when the campaign is closed; an unknown address looks the same from outside."""
    if endorsed := _standing_of(campaign, normalise_email(address)):
        _mail(endorsed, EmailLink.Purpose.WITHDRAW, "withdraw")


def find_link(token: str, purpose: EmailLink.Purpose) -> EmailLink:
    """The link of a token, without using it: mail scanners open every link they see.

    Raises:
        LinkUnusableError: there is none that can be used for this purpose.
    """
    link = (
        EmailLink.objects.filter(digest=EmailLink.digest_of(token), purpose=purpose)
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
        stakeholder = _locked_stakeholder(endorsement)
        if not stakeholder.endorsements.standing().filter(campaign=endorsement.campaign_id).exists():
            _confirm_as(endorsement, stakeholder)
            return endorsement
        endorsement.delete()
    raise AlreadyEndorsedError(endorsement.campaign)


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


def forget_unconfirmed() -> int:
    """Delete submissions that nobody confirmed while they could; returns how many."""
    before = timezone.now() - dt.timedelta(days=KEEP_UNCONFIRMED_DAYS)
    forgotten = Endorsement.objects.filter(state=State.SUBMITTED, submitted_at__lt=before)
    return forgotten.delete()[1].get(Endorsement._meta.label, 0)  # noqa: SLF001 - Django's public name


@transaction.atomic
def erase(address: str) -> dict[str, int]:
    """Delete a person and every endorsement of their address, so that they are neither shown nor counted nor known.

    Returns:
        How many rows of each kind were deleted.
    """
    email = normalise_email(address)
    # First what they typed, as a confirmation does: in another order the two would wait for each other.
    theirs = Q(email=email) | Q(stakeholder__email=email)
    found = list(
        Endorsement.objects.select_for_update(of=("self",))
        .filter(theirs)
        .values_list("stakeholder", flat=True)
    )
    # Staff may have corrected their address since.
    people = Stakeholder.objects.select_for_update().filter(Q(email=email) | Q(pk__in=found))
    # That staff changed a row stays on record, not whose it was.
    of_people = ContentType.objects.get_for_model(Stakeholder)
    keys = [str(person.pk) for person in people]
    LogEntry.objects.filter(content_type=of_people, object_id__in=keys).update(
        object_repr="erased", change_message=""
    )
    endorsements = Endorsement.objects.filter(Q(email=email) | Q(stakeholder__in=keys))
    # In this order: a person with endorsements can't be deleted.
    _, deleted = endorsements.delete()
    deleted |= people.delete()[1]
    kinds = (Stakeholder, Endorsement)
    return {kind._meta.model_name or "": deleted.get(kind._meta.label, 0) for kind in kinds}  # noqa: SLF001 - Django's public name


def _standing_of(campaign: Campaign, email: str) -> Endorsement | None:
    return campaign.endorsements.standing().filter(stakeholder__email=email).first()


def _mail(endorsement: Endorsement, purpose: EmailLink.Purpose, template: str) -> None:
    mail_link.enqueue(endorsement.pk, purpose.value, template)


def _use(token: str, purpose: EmailLink.Purpose, leads_to: State) -> Endorsement:
    """The link's endorsement, locked until the transaction ends, if it may reach the state."""
    link = find_link(token, purpose)
    # Whoever waits here may find it deleted: the same link's other request came first.
    found = Endorsement.objects.select_for_update(of=("self",)).select_related("campaign")
    endorsement = found.filter(pk=link.endorsement_id).first()
    # Of any number of parallel requests exactly one changes the row.
    used = EmailLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now())
    if not (endorsement and used and endorsement.may_become(leads_to)):
        raise LinkUnusableError
    return endorsement


def _locked_stakeholder(endorsement: Endorsement) -> Stakeholder:
    """The person behind the proven address, made if need be; locked, so that of two confirmations one waits."""
    typed = {field: getattr(endorsement, field) for field in ("kind", "name", "organisation", "role")}
    stakeholder, _ = Stakeholder.objects.select_for_update().get_or_create(
        email=endorsement.email, defaults=typed
    )
    return stakeholder


def _confirm_as(endorsement: Endorsement, stakeholder: Stakeholder) -> None:
    endorsement.state = State.CONFIRMED
    endorsement.confirmed_at = timezone.now()
    endorsement.stakeholder = stakeholder
    endorsement.save(update_fields=["state", "confirmed_at", "stakeholder"])
    stakeholder.kind = endorsement.kind
    stakeholder.name = endorsement.name
    # What was left empty this time is no reason to forget what was known.
    stakeholder.organisation = endorsement.organisation or stakeholder.organisation
    stakeholder.role = endorsement.role or stakeholder.role
    stakeholder.save(update_fields=["kind", "name", "organisation", "role", "updated_at"])
    locate(stakeholder, Place.at(endorsement.latitude, endorsement.longitude, endorsement.county_geoid))
