"""Any spelling that a mail to one mailbox can have is stored as one, or refused."""

import pytest
from django.core.exceptions import ValidationError
from django.core.mail.message import sanitize_address
from django.core.validators import validate_email

from app.mail.addresses import normalise_email, validate_mailbox


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada@\uff47mail.com", "ada@gmail.com"),
        ("ada@gmail\u3002com", "ada@gmail.com"),
        ("ada@M\u00dcNCHEN.de", "ada@xn--mnchen-3ya.de"),
        ("ada@XN--MNCHEN-3YA.de", "ada@xn--mnchen-3ya.de"),
        ("Ada+Tag@\u24bcmail.com", "ada+tag@gmail.com"),
        ("ada", "ada"),
        ("", ""),
        (f"ada@{'a' * 64}.org", f"ada@{'a' * 64}.org"),
    ],
)
def test_a_domain_has_one_spelling(typed: str, kept: str) -> None:
    assert normalise_email(typed) == kept
    assert normalise_email(kept) == kept


def test_what_is_kept_is_where_the_mail_goes() -> None:
    typed = "ada@\uff47mail.com"
    validate_email(typed)
    assert sanitize_address(typed, "utf-8") == normalise_email(typed)


@pytest.mark.parametrize(
    "typed",
    ['"ada"@gmail.com', '"\\ada"@gmail.com', "\u017fam@gmail.com", "\u212aim@gmail.com", '"a@b"@gmail.com'],
)
def test_an_address_that_is_another_spelling_of_one_is_refused(typed: str) -> None:
    validate_email(typed)
    with pytest.raises(ValidationError, match="without quotation marks, backslashes or accents"):
        validate_mailbox(typed)


def test_a_domain_that_is_too_long_as_dns_has_it_is_refused() -> None:
    label = "\u00fc" * 55
    typed = f"ada@{'.'.join([label] * 4)}.org"
    assert len(typed) <= 254
    with pytest.raises(ValidationError, match="too long: at most 254"):
        validate_mailbox(typed)


@pytest.mark.parametrize("typed", ["ada@example.org", "o'hara+x@example.org", "ada@m\u00fcnchen.de"])
def test_what_people_have_is_taken(typed: str) -> None:
    validate_mailbox(typed)
