"""Sign-in to the staff area, limited by address and by account."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from app.accounts.models import User
from app.ratelimit.limiter import Decision
from app.ratelimit.requests import address_of, as_refusal, first_refusal, refusal_words


class SignInForm(AdminAuthenticationForm):
    """Django's; every attempt counts, before the password is looked at.

    Attributes:
        refusal: why this attempt was not looked at.
    """

    refusal: Decision | None = None

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        if username and self.request:
            address = address_of(self.request)
            clients = {
                "sign-in-address": address,
                "sign-in-account-address": f"{username},{address}",
                "sign-in-account": username,
            }
            self.refusal = first_refusal(self.request, clients)
        if self.refusal:
            raise ValidationError(refusal_words(self.refusal, "Somebody tried to sign in too often."))
        return super().clean()


def sign_in(request: HttpRequest) -> HttpResponse:
    """The staff area's page; a refused attempt is 429 or 503, with the name still typed."""
    response = admin.site.login(request)
    form = (getattr(response, "context_data", None) or {}).get("form")
    refusal = getattr(form, "refusal", None)
    return as_refusal(response, refusal) if refusal else response


def who_signed_in(request: HttpRequest) -> User:
    """The member of staff, on a page that asked for a permission."""
    assert isinstance(request.user, User)  # noqa: S101 - for the type checker: a visitor has no permission
    return request.user
