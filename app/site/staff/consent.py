"""Consent forms: asked for, uploaded past us, looked at, downloaded, deleted."""

import logging
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from app.influencers import consent
from app.influencers.models import ConsentForm, Influencer
from app.site.forms import SummarisedForm
from app.site.staff.access import CONSENT_READ, CONSENT_WRITE, staff_page
from app.site.staff.uploads import back_from_store, upload_page
from app.uploads.stores import StoreError

logger = logging.getLogger(__name__)


class NewConsentForm(SummarisedForm):
    signed_on = forms.DateField(
        label="Signed on",
        widget=forms.DateInput({"type": "date"}),
        error_messages={"required": "Give the day on the form.", "invalid": "Give the day as 2026-11-21."},
    )
    retain_until = forms.DateField(
        required=False,
        label="Keep until",
        help_text=f"The file is deleted the day after. Left empty: {consent.KEPT_YEARS} years after it was signed.",
        widget=forms.DateInput({"type": "date"}),
        error_messages={"invalid": "Give the day as 2029-11-21."},
    )
    content_type = forms.ChoiceField(
        label="The file is a",
        choices=[(kind.content_type, kind.label) for kind in consent.PURPOSE.kinds],
        initial=consent.PURPOSE.kinds[0].content_type,
        widget=forms.RadioSelect,
        error_messages={"required": "Say what kind of file it is."},
    )

    def ask(self, influencer: Influencer, who: str) -> ConsentForm | None:
        """The row that now waits for a file; None if something has to be mended first."""
        if not self.is_valid():
            return None
        try:
            return consent.ask_for_form(influencer.pk, who=who, **self.cleaned_data)
        except ValidationError as error:
            for name, texts in error.message_dict.items():
                self.add_error(name if name in self.fields else "retain_until", texts)
            return None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(CONSENT_WRITE)
def new_consent_form(request: HttpRequest, pk: int) -> HttpResponse:
    influencer = get_object_or_404(Influencer, pk=pk)
    form = NewConsentForm(request.POST if request.method == "POST" else None)
    try:
        made = form.ask(influencer, request.user.get_username()) if form.is_bound else None
    except Influencer.DoesNotExist:
        raise Http404 from None
    if made:
        return redirect("site:staff-consent-form", made.pk)
    context = {"form": form, "influencer": influencer}
    return render(request, "site/staff/new_consent_form.html", context, status=400 if form.errors else 200)


@require_safe
@staff_page(CONSENT_READ)
def consent_form(request: HttpRequest, pk: int) -> HttpResponse:
    """How a form stands: its file is awaited, being looked at, there, refused or gone; and who saw it."""
    found = get_object_or_404(ConsentForm.objects.select_related("influencer"), pk=pk)
    may_write = request.user.has_perm(CONSENT_WRITE)
    context: dict[str, Any] = {
        "form": found,
        "State": ConsentForm.State,
        "accesses": found.accesses.all(),
        "may_write": may_write,
        "kind": consent.PURPOSE.kind(found.content_type),
        "max_mib": consent.MAX_MIB,
        "max_bytes": consent.PURPOSE.max_bytes,
    }
    if found.state != ConsentForm.State.AWAITED or found.influencer is None:
        return render(request, "site/staff/consent_form.html", context)
    form_to = partial(consent.upload_form, found) if may_write else None
    back_to = reverse("site:staff-consent-form-arrived", args=[pk])
    return upload_page(request, "site/staff/consent_form.html", context, form_to, back_to)


@require_GET
@staff_page(CONSENT_WRITE)
def arrived(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the store sends the browser with a file sent."""
    del request
    found = get_object_or_404(ConsentForm, pk=pk)
    page = reverse("site:staff-consent-form", args=[pk])
    return back_from_store(found.key, page, is_awaited=found.state == ConsentForm.State.AWAITED)


@require_GET
@staff_page(CONSENT_READ)
def download_consent_form(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        return redirect(consent.download_address(pk, request.user.get_username()))
    except ConsentForm.DoesNotExist:
        raise Http404 from None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(CONSENT_WRITE)
def delete_consent_form(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ConsentForm, pk=pk)
    context: dict[str, Any] = {"form": found}
    if request.method == "POST":
        try:
            consent.delete_form(pk, request.user.get_username())
        except ConsentForm.DoesNotExist:
            # Somebody was faster: its page says so.
            return redirect("site:staff-consent-form", pk)
        except StoreError:
            logger.exception("a consent form could not be deleted")
            context["problem"] = consent.NOT_DELETED
            return render(request, "site/staff/delete_consent_form.html", context, status=503)
        messages.success(request, "The consent form was deleted.")
        return redirect("site:staff-consent-form", pk)
    if found.state != ConsentForm.State.STORED:
        return redirect("site:staff-consent-form", pk)
    return render(request, "site/staff/delete_consent_form.html", context)
