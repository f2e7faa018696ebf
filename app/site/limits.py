"""What a visitor sees who was refused for having come too often: the same page, with all that was typed still in it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from app.ratelimit.limiter import Decision
from app.ratelimit.requests import as_refusal, refusal_words
from app.site.forms import SummarisedForm


def explain(form: SummarisedForm, refusal: Decision, too_many: str) -> None:
    """Say on the form why it was not taken."""
    form.add_error(None, f"{refusal_words(refusal, too_many)} What you typed is still here.")


def refused_form(
    request: HttpRequest, template: str, context: dict[str, Any], refusal: Decision, too_many: str
) -> HttpResponse:
    """The page of a form again, filled in, as 429 or 503.

    Args:
        request: the one that is refused.
        template: of the page.
        context: with the `form`.
        refusal: by the limiter.
        too_many: why, in a sentence.
    """
    explain(context["form"], refusal, too_many)
    return as_refusal(render(request, template, {**context, "refused": True}), refusal)


def refused_link(request: HttpRequest, refusal: Decision) -> HttpResponse:
    """In place of what the button of a mailed link does: the button again."""
    return render(request, "site/limited.html", {"words": refusal_words(refusal)})
