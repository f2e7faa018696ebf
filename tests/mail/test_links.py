import pytest
from django.urls import set_script_prefix

from app.mail.addresses import normalise_email
from app.mail.links import absolute_link


def test_a_link_names_the_gateways_stage_once(settings: object) -> None:
    settings.PUBLIC_URL = "https://abc.execute-api.us-east-1.amazonaws.com/prod"  # type: ignore[attr-defined]
    set_script_prefix("/prod/")
    try:
        link = absolute_link("site:confirm", "token")
    finally:
        set_script_prefix("/")
    assert link == "https://abc.execute-api.us-east-1.amazonaws.com/prod/confirm/token/"


@pytest.mark.parametrize("typed", ["Ada@Example.org", " ada@example.org ", "ADA@EXAMPLE.ORG\n"])
def test_an_address_has_one_spelling(typed: str) -> None:
    assert normalise_email(typed) == "ada@example.org"
