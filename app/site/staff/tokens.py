"""Machine tokens: an administrator makes them, sees each once, and ends them."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from app.accounts import tokens
from app.accounts.models import MachineToken
from app.accounts.sign_in import who_signed_in
from app.site.staff.access import TOKENS, staff_page
from app.site.staff.forms import TokenForm


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(TOKENS)
def token_list(request: HttpRequest) -> HttpResponse:
    form = TokenForm(request.POST if request.method == "POST" else None)
    made = _issue(form, request) if form.is_bound and form.is_valid() else None
    context = {
        "form": form if made is None else TokenForm(),
        # In the answer to the request that made it and nowhere else: not in the session, not in a message.
        "made": made,
        "tokens": MachineToken.objects.select_related("created_by"),
        "now": timezone.now(),
    }
    return render(request, "site/staff/tokens.html", context, status=400 if form.errors else 200)


@require_POST
@staff_page(TOKENS)
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(MachineToken, pk=pk)
    tokens.revoke(token)
    messages.success(request, f"The token {token} is good for nothing now.")
    return redirect("site:staff-tokens")


def _issue(form: TokenForm, request: HttpRequest) -> tokens.NewToken | None:
    asked = form.cleaned_data
    try:
        return tokens.issue(asked["name"], asked["scopes"], days=asked["days"], by=who_signed_in(request))
    except ValidationError as error:
        for name, texts in error.message_dict.items():
            form.add_error(name if name in form.fields else None, texts)
        return None
