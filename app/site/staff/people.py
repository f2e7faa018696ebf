"""Influencers: the list, one of them, a new one, and making one of two."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from app.influencers import merging
from app.influencers.listing import InfluencerQuery, influencers_asked_for
from app.influencers.models import Account, Influencer
from app.influencers.services import ConsentFormKeptError, delete_influencer
from app.site.staff.access import CONSENT_READ, CONSENT_WRITE, READ, WRITE, staff_page
from app.site.staff.forms import AccountForm, InfluencerForm

INFLUENCERS_A_PAGE = 50


@require_safe
@staff_page(READ)
def influencer_list(request: HttpRequest) -> HttpResponse:
    query = InfluencerQuery(data=request.GET)
    is_valid = query.is_valid()
    found = influencers_asked_for(query.validated_data) if is_valid else Influencer.objects.none()
    context = {
        "page": Paginator(found.with_accounts(), INFLUENCERS_A_PAGE).get_page(request.GET.get("page")),
        "search": request.GET.get("search", ""),
        "asked": request.GET,
        "errors": {} if is_valid else query.errors,
        "may_write": request.user.has_perm(WRITE),
    }
    return render(request, "site/staff/influencer_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(READ, to_post=WRITE)
def influencer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    influencers = Influencer.objects.with_accounts()
    influencer = get_object_or_404(influencers, pk=pk)
    form = InfluencerForm(influencer, request.POST if request.method == "POST" else None)
    if form.is_bound and form.save():
        messages.success(request, "Saved.")
        return redirect("site:staff-influencer", pk)
    # What was refused is in the form's row; beside the form stands what is kept.
    shown = get_object_or_404(influencers, pk=pk) if form.is_bound else influencer
    context = {
        "influencer": shown,
        "form": form,
        "may_write": request.user.has_perm(WRITE),
        "candidates": merging.candidates(shown),
        "merges": shown.merges.all(),
        "may_see_forms": request.user.has_perm(CONSENT_READ),
        "may_write_forms": request.user.has_perm(CONSENT_WRITE),
        "consent_forms": shown.consent_forms.all(),
    }
    return render(request, "site/staff/influencer.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(WRITE)
def new_influencer(request: HttpRequest) -> HttpResponse:
    influencer = Influencer()
    form = InfluencerForm(influencer, request.POST if request.method == "POST" else None)
    if form.is_bound and form.save():
        messages.success(request, "Added. Now their accounts.")
        return redirect("site:staff-new-account", influencer.pk)
    return render(request, "site/staff/new_influencer.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(WRITE)
def new_account(request: HttpRequest, pk: int) -> HttpResponse:
    influencer = get_object_or_404(Influencer, pk=pk)
    account = Account(influencer=influencer, platform=request.GET.get("platform", ""))
    form = AccountForm(account, request.POST if request.method == "POST" else None)
    if form.is_bound and form.save():
        messages.success(request, f"{account.shown_handle} was added.")
        return redirect("site:staff-influencer", pk)
    return render(request, "site/staff/new_account.html", {"form": form, "influencer": influencer})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(WRITE)
def remove_influencer(request: HttpRequest, pk: int) -> HttpResponse:
    influencer = get_object_or_404(Influencer.objects.with_accounts(), pk=pk)
    context: dict[str, Any] = {"influencer": influencer}
    if request.method == "POST":
        try:
            delete_influencer(influencer, request.user.get_username())
        except ConsentFormKeptError as error:
            context["problem"] = str(error)
            return render(request, "site/staff/delete_influencer.html", context, status=409)
        messages.success(request, f"{influencer.name} was deleted.")
        return redirect("site:staff-influencers")
    return render(request, "site/staff/delete_influencer.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(WRITE)
def merge_influencers(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """Show what would become of the two and what has to be chosen; then do it."""
    both = Influencer.objects.with_accounts()
    kept, removed = get_object_or_404(both, pk=pk), get_object_or_404(both, pk=other)
    problems: list[str] = []
    if request.method == "POST":
        choices = {column: request.POST[column] for column in merging.EXCLUSIVE if column in request.POST}
        try:
            merging.merge(pk, other, choices, request.user)
        except Influencer.DoesNotExist:
            # It was there a moment ago: somebody merged them first.
            raise Http404 from None
        except merging.UnresolvedError as error:
            problems = [text for texts in error.fields.values() for text in texts]
        else:
            messages.success(request, f"{removed} is part of this influencer now.")
            return redirect("site:staff-influencer", pk)
    try:
        found = merging.preview(kept, removed)
    except merging.UnresolvedError:
        return redirect("site:staff-influencer", pk)
    context = {"found": found, "problems": problems}
    return render(request, "site/staff/merge.html", context, status=400 if problems else 200)
