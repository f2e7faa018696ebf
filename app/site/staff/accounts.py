"""The list of a platform's accounts, one account, and changes to many at once."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from app.influencers.listing import AccountQuery, accounts_asked_for
from app.influencers.models import Account, AccountQuerySet, AccountStatus, DailyMetrics, Tag
from app.influencers.platforms import adapter
from app.influencers.services import tags_named
from app.site.staff.access import READ, WRITE, staff_page
from app.site.staff.chart import HEIGHT, WIDTH, line
from app.site.staff.forms import AccountForm, BulkForm

ACCOUNTS_A_PAGE = 50
CHART_DAYS = 90
# What the list can show beside the handle and the name, and what it does unless somebody chose.
COLUMNS = {
    "elsewhere": "Other platform",
    "followers": "Followers",
    "daily_views": "Daily views",
    "posts": "Posts",
    "status": "Status",
    "tags": "Tags",
    "email": "E-mail",
    "measured_on": "Measured",
}
_USUAL_COLUMNS = ("elsewhere", "followers", "daily_views", "status", "tags")
_SESSION_KEY = "account_columns"
_SORTS = {
    "handle": "Handle",
    "name": "Name",
    "-followers": "Most followers",
    "-daily_views": "Most daily views",
    "-created": "Newest",
}


@require_safe
@staff_page(READ)
def account_list(request: HttpRequest, platform: str) -> HttpResponse:
    query = AccountQuery(data=request.GET)
    is_valid = query.is_valid()
    found = accounts_asked_for(platform, query.validated_data) if is_valid else Account.objects.none()
    page = Paginator(found.with_elsewhere(), ACCOUNTS_A_PAGE).get_page(request.GET.get("page"))
    without_page = request.GET.copy()
    without_page.pop("page", None)
    chosen = request.session.get(_SESSION_KEY, _USUAL_COLUMNS)
    context = {
        "adapter": adapter(platform),
        "page": page,
        "errors": {} if is_valid else query.errors,
        "asked": request.GET,
        "query": without_page.urlencode(),
        "statuses": AccountStatus.choices,
        "sorts": _SORTS,
        "columns": {name: label for name, label in COLUMNS.items() if name in chosen},
        "all_columns": COLUMNS,
        "tags": Tag.objects.all()[:200],
        "may_write": request.user.has_perm(WRITE),
    }
    return render(request, "site/staff/account_list.html", context)


@require_POST
@staff_page(READ)
def choose_columns(request: HttpRequest, platform: str) -> HttpResponse:
    request.session[_SESSION_KEY] = [name for name in COLUMNS if name in request.POST.getlist("columns")]
    return _back_to_list(request, platform)


def _back_to_list(request: HttpRequest, platform: str) -> HttpResponse:
    """Lead to the search that a form of the list was part of."""
    # Spelled anew, so that no line break gets into the header.
    query = QueryDict(request.POST.get("query", "")).urlencode()
    response = redirect("site:staff-accounts", platform)
    # Behind the path, so that it leads to no other site whatever it says.
    response["Location"] += f"?{query}" if query else ""
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(READ, to_post=WRITE)
def account_detail(request: HttpRequest, platform: str, pk: int) -> HttpResponse:
    accounts = Account.objects.on(platform).with_elsewhere()
    account = get_object_or_404(accounts, pk=pk)
    form = AccountForm(account, request.POST if request.method == "POST" else None)
    if form.is_bound and form.save():
        messages.success(request, "Saved.")
        return redirect("site:staff-account", platform, pk)
    days = list(account.metrics.order_by("-day")[:CHART_DAYS])
    context = {
        # What was refused is in the form's row; beside the form stands what is kept.
        "account": get_object_or_404(accounts, pk=pk) if form.is_bound else account,
        "adapter": adapter(platform),
        "form": form,
        "may_write": request.user.has_perm(WRITE),
        "days": days,
        "charts": _charts(days, adapter(platform).visitors_label),
        "box": f"0 0 {WIDTH} {HEIGHT}",
    }
    return render(request, "site/staff/account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(WRITE)
def delete_account(request: HttpRequest, platform: str, pk: int) -> HttpResponse:
    account = get_object_or_404(Account.objects.on(platform).with_elsewhere(), pk=pk)
    if request.method == "POST":
        account.delete()
        messages.success(request, f"{account.shown_handle} was deleted.")
        return redirect("site:staff-influencer", account.influencer_id)
    days = account.metrics.count()
    return render(request, "site/staff/delete_account.html", {"account": account, "days": days})


@require_POST
@staff_page(WRITE)
def change_many(request: HttpRequest, platform: str) -> HttpResponse:
    """Say what would change; on the second call, with `confirmed`, change it."""
    form = BulkForm(platform, request.POST)
    context: dict[str, Any] = {
        "form": form,
        "adapter": adapter(platform),
        "query": request.POST.get("query", ""),
    }
    if not form.is_valid():
        context["problems"] = [str(text) for texts in form.errors.values() for text in texts]
        return render(request, "site/staff/change_many.html", context, status=400)
    asked = form.cleaned_data
    if "confirmed" not in request.POST:
        context |= {"asked": asked, "status_label": dict(AccountStatus.choices).get(asked["status"], "")}
        return render(request, "site/staff/change_many.html", context)
    try:
        count = _change(asked["accounts"], asked)
    except ValidationError as error:
        context["problems"] = error.messages
        return render(request, "site/staff/change_many.html", context, status=400)
    messages.success(request, f"{count} account{'' if count == 1 else 's'} changed.")
    return _back_to_list(request, platform)


@transaction.atomic
def _change(accounts: AccountQuerySet, asked: dict[str, Any]) -> int:
    keys = list(accounts.values_list("pk", flat=True))
    chosen = Account.objects.filter(pk__in=keys)
    for tag in tags_named([asked["add_tag"]]):
        tag.accounts.add(*keys)
    for tag in Tag.objects.filter(name=asked["remove_tag"].strip().lower()):
        tag.accounts.remove(*keys)
    changes = {"updated_at": timezone.now()} | ({"status": asked["status"]} if asked["status"] else {})
    return chosen.update(**changes)


def _charts(days: list[DailyMetrics], visitors_label: str) -> list[dict[str, Any]]:
    labels = {"followers": "Followers", "daily_views": visitors_label}
    charts = []
    for name, label in labels.items():
        values = [(day.day, value) for day in reversed(days) if (value := getattr(day, name)) is not None]
        if drawn := line(values):
            charts.append({"name": name, "label": label, "line": drawn})
    return charts
