"""From the form to the confirmed endorsement."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from app.campaigns.models import Campaign
from app.endorsements.models import EmailLink, Endorsement
from app.endorsements.services import (
    AlreadyEndorsedError,
    CampaignNotOpenError,
    LinkUnusableError,
    confirm,
    find_link,
    limited_clients,
    request_withdrawal,
    submit,
    withdraw,
)
from app.ratelimit.requests import address_of, first_refusal, limited
from app.site.caching import private_page, token_page
from app.site.campaigns import published_campaign, standing
from app.site.forms import EndorseForm, WithdrawForm
from app.site.limits import refused_form, refused_link

CONFLICT, GONE = 409, 410
_ANY = ["GET", "HEAD", "POST"]
_MANY_ENDORSEMENTS = (
    "Many endorsements came from your network or with this e-mail address, and we take a few at a time."
)
_MANY_MAILS = "We have just sent several messages for your network or to this address."


@require_http_methods(_ANY)
@private_page
def endorse(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = published_campaign(slug)
    if not campaign.is_open():
        return _not_open(request, campaign)
    form = EndorseForm(request.POST if request.method == "POST" else None)
    context = {"campaign": campaign, "form": form}
    if form.is_valid():
        submission = form.submission()
        if refusal := first_refusal(request, limited_clients(submission, address_of(request))):
            return refused_form(request, "site/endorse.html", context, refusal, _MANY_ENDORSEMENTS)
        try:
            submit(campaign, submission)
        except CampaignNotOpenError:
            return _not_open(request, published_campaign(slug))
        return redirect("site:endorse-sent", slug=slug)
    return render(request, "site/endorse.html", context)


@require_safe
@private_page
def endorse_sent(request: HttpRequest, slug: str) -> HttpResponse:
    return render(request, "site/endorse_sent.html", _sent_context(slug))


@require_http_methods(_ANY)
@private_page
def request_withdrawal_link(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a link to withdraw, also after the campaign closed; the answer tells nothing about the address."""
    campaign = published_campaign(slug)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    context = {"campaign": campaign, "form": form}
    if form.is_valid():
        email = form.cleaned_data["email"]
        clients = {"mail-link-address": address_of(request), "mail-link-email": email}
        if refusal := first_refusal(request, clients):
            return refused_form(request, "site/withdraw_request.html", context, refusal, _MANY_MAILS)
        request_withdrawal(campaign, email)
        return redirect("site:withdraw-sent", slug=slug)
    return render(request, "site/withdraw_request.html", context)


@require_safe
@private_page
def withdraw_sent(request: HttpRequest, slug: str) -> HttpResponse:
    return render(request, "site/withdraw_sent.html", _sent_context(slug))


# Exempt: the token in the address is the authority, a forger would need it, and the browsers inside mail apps often
# keep no cookies, so that a CSRF token could not be checked.
@csrf_exempt
@require_http_methods(_ANY)
@token_page
@limited("use-link", refused_link)
def confirm_link(request: HttpRequest, token: str) -> HttpResponse:
    return _use_link(request, token, EmailLink.Purpose.CONFIRM, confirm)


# Exempt for the same reason.
@csrf_exempt
@require_http_methods(_ANY)
@token_page
@limited("use-link", refused_link)
def withdraw_link(request: HttpRequest, token: str) -> HttpResponse:
    return _use_link(request, token, EmailLink.Purpose.WITHDRAW, withdraw)


def _use_link(
    request: HttpRequest, token: str, purpose: EmailLink.Purpose, use: Callable[[str], Endorsement]
) -> HttpResponse:
    """GET shows what the button will do; mail scanners open every link they see, so POST alone does it."""
    try:
        if request.method != "POST":
            endorsement = find_link(token, purpose).endorsement
            return render(request, f"site/{purpose}.html", {"endorsement": endorsement})
        endorsement = use(token)
    except LinkUnusableError:
        context = {"purpose": purpose.value, "hours": settings.ENDORSEMENT_LINK_HOURS}
        return render(request, "site/link_unusable.html", context, status=GONE)
    except AlreadyEndorsedError as error:
        return render(request, "site/already_endorsed.html", {"campaign": error.campaign})
    return render(request, f"site/{purpose}_done.html", {"endorsement": endorsement})


def _sent_context(slug: str) -> dict[str, object]:
    return {
        "campaign": published_campaign(slug),
        "hours": settings.ENDORSEMENT_LINK_HOURS,
        "local": settings.STAGE == "local",
    }


def _not_open(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    context = {"campaign": campaign, "standing": standing(campaign)}
    status = CONFLICT if request.method == "POST" else 200
    return render(request, "site/campaign_not_open.html", context, status=status)
