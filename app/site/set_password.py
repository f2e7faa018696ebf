"""A member of staff chooses a password by a link that `create_admin` printed."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from app.accounts.models import User
from app.ratelimit.requests import address_of, as_refusal, first_refusal
from app.site.caching import private_page
from app.site.forms import SummarisedForm
from app.site.limits import explain


def _password(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        help_text=help_text,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        error_messages={"required": "Type the password, and again below."},
    )


class ChoosePasswordForm(SetPasswordForm, SummarisedForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """Django's, in the site's words, with what is wrong with a password said where it is typed first."""

    new_password1 = _password(
        "New password", "Eight characters or more, not digits alone, and nothing common."
    )
    new_password2 = _password("The same again")
    error_messages = {"password_mismatch": "The two passwords differ."}

    def __init__(self, user: User, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        del options
        super().__init__(user, data)

    def validate_password_for_user(self, user: User, password_field_name: str = "") -> None:
        del password_field_name
        super().validate_password_for_user(user, "new_password1")


# The token leaves the address at once: Django keeps it in the session and redirects. So the page may tell its origin,
# which the check against forgery needs; `no-referrer` would make browsers send `Origin: null`.
@method_decorator(private_page, name="dispatch")
class SetPassword(PasswordResetConfirmView):
    """GET shows the form, POST sets the password, which makes every link for the account void."""

    form_class = ChoosePasswordForm
    template_name = "site/set_password.html"
    success_url = reverse_lazy("site:set-password-done")

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:  # type: ignore[type-arg]
        assert isinstance(form, ChoosePasswordForm)  # noqa: S101 - for the type checker
        if refusal := first_refusal(self.request, {"set-password": address_of(self.request)}):
            explain(form, refusal, "Many passwords were set from your network.")
            context = self.get_context_data(form=form, refused=True)
            return as_refusal(self.render_to_response(context), refusal)
        return super().form_valid(form)

    def render_to_response(self, context: dict[str, Any], **options: Any) -> HttpResponse:
        if self.validlink:
            response = super().render_to_response(context, **options)
        else:
            hours = settings.PASSWORD_RESET_TIMEOUT // 3600
            page, status = "site/set_password_unusable.html", HTTPStatus.GONE
            response = render(self.request, page, {"hours": hours}, status=status)
        response["X-Robots-Tag"] = "noindex"
        return response


@require_safe
@private_page
def set_password_done(request: HttpRequest) -> HttpResponse:
    return render(request, "site/set_password_done.html")
