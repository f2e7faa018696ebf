"""One spelling of names, numbers, handles and addresses, held by the forms and by the database."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from app.influencers.models import Account, Influencer, Tag
from app.influencers.names import NotAPhoneNumberError, normalise_phone


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("(202) 555-0143", "+12025550143"),
        ("1-202-555-0143", "+12025550143"),
        ("+44 20 7946 0958", "+442079460958"),
        ("0044 20 7946 0958", "+442079460958"),
        ("+49 (0)30 901820", "+4930901820"),
        ("  ", ""),
    ],
)
def test_a_number_has_one_spelling(typed: str, kept: str) -> None:
    assert normalise_phone(typed) == kept


@pytest.mark.parametrize("typed", ["ask her", "12", "+1 202 555 0143 99999", "202 555 0143 ext. 9", "+0 1"])
def test_what_is_no_number_is_refused_with_a_reason(typed: str) -> None:
    with pytest.raises(NotAPhoneNumberError, match=r"country code|extension"):
        normalise_phone(typed)


@pytest.mark.django_db
def test_name_and_number_together_are_one_person_however_they_are_written() -> None:
    ada = Influencer(name=" Ada\u00a0 Lovelace", phone="202 555 0143")
    ada.full_clean()
    ada.save()
    assert str(ada) == "Ada Lovelace (+12025550143)"
    again = Influencer(name="ADA LOVELACE", phone="+1 (202) 555-0143")
    with pytest.raises(ValidationError, match="There is an influencer of this name and telephone number"):
        again.full_clean()
    with pytest.raises(IntegrityError, match="influencer_one_per_name_and_phone"):
        again.save()


def test_a_name_has_no_control_characters() -> None:
    ada = Influencer(name="\x1bAda\x07\x00\u2028Love\u200dlace\x7f\x9b")
    ada.normalise()
    # The joiner is part of writing, and of emoji.
    assert ada.name == "Ada Love\u200dlace"


@pytest.mark.django_db
def test_the_same_name_with_another_number_is_another_person() -> None:
    Influencer.objects.create(name="Ada", phone="+12025550143")
    other = Influencer(name="Ada", phone="+12025550144")
    other.full_clean()
    other.save()
    assert Influencer.objects.count() == 2


@pytest.mark.django_db
def test_a_handle_is_on_a_platform_once_and_brings_its_address() -> None:
    ada = Influencer.objects.create(name="Ada", phone="")
    first = Account(influencer=ada, platform="instagram", handle="@Clean.Rivers", email=" A@Example.org")
    first.full_clean()
    first.save()
    assert (first.handle, first.url) == ("clean.rivers", "https://www.instagram.com/clean.rivers/")
    assert first.email == "a@example.org"
    again = Account(influencer=ada, platform="instagram", handle="clean.rivers")
    with pytest.raises(ValidationError, match="an account of this handle on that platform"):
        again.full_clean()
    Account(influencer=ada, platform="youtube", handle="clean.rivers").full_clean()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"handle": "Rivers"}, "account_handle_fits_platform"),
        ({"handle": "@rivers"}, "account_handle_fits_platform"),
        ({"platform": "tiktok"}, "account_handle_fits_platform"),
        ({"status": "lost"}, "account_status_known"),
        ({"email": "A@example.org"}, "account_email_normalised"),
    ],
)
def test_the_database_refuses_what_a_form_would_have_normalised(
    columns: dict[str, Any], constraint: str
) -> None:
    ada = Influencer.objects.create(name="Ada", phone="")
    values = {"influencer": ada, "platform": "instagram", "handle": "rivers"} | columns
    with pytest.raises(IntegrityError, match=constraint):
        Account.objects.create(**values)


@pytest.mark.django_db
@pytest.mark.parametrize("handle", ["реки", "日本の川", "UCabcdefghijklmnopqrstuv", "o'brien", "a b c", "ab"])
def test_python_and_the_database_agree_on_a_channels_handle(handle: str) -> None:
    ada = Influencer.objects.create(name="Ada", phone="")
    account = Account(influencer=ada, platform="youtube", handle=handle)
    try:
        account.full_clean()
    except ValidationError:
        with pytest.raises(IntegrityError, match="account_handle_fits_platform"):
            account.save()
    else:
        account.save()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Rivers", " rivers", "a,b", ""])
def test_the_database_refuses_a_tag_that_is_not_normalised(name: str) -> None:
    with pytest.raises(IntegrityError, match="tag_normalised"):
        Tag.objects.create(name=name)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["lovel", "0143", "(202) 555", "@ADA-ON", "ada@exam"])
def test_a_search_finds_by_name_number_handle_and_address(text: str) -> None:
    ada = Influencer.objects.create(name="Ada Lovelace", phone="+12025550143")
    account = Account.objects.create(
        influencer=ada, platform="youtube", handle="ada-on-rivers", email="ada@example.org"
    )
    Influencer.objects.create(name="Bob", phone="+13015550100")
    assert list(Influencer.objects.search(text)) == [ada]
    assert list(Account.objects.search(text)) == [account]
