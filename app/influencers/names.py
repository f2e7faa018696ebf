"""One spelling of an influencer's name and telephone number, which together say who it is."""

import re
import unicodedata

# What a number without a country code is taken for.
HOME_COUNTRY = "US"
PHONE_LENGTH = 16  # E.164: a plus and at most 15 digits

# Unicode's spaces and controls (Cc); NUL is one of these, which PostgreSQL takes in no text.
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
# How most of the world writes the plus.
_INTERNATIONAL_PREFIX = re.compile(r"^\s*00(?=[\s().-]*[1-9])")


class NotAPhoneNumberError(ValueError):
    """The text is no telephone number; the message says what is expected."""


def normalise_text(text: str) -> str:
    """Composed characters (NFC), one space between words, none around them; a control character is a space."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def normalise_tag(text: str) -> str:
    """A tag as it is stored and compared: as `normalise_text`, in lower case."""
    return normalise_text(text).lower()


def normalise_phone(text: str) -> str:
    """The number in E.164, as +12025550143; empty for an empty text.

    Args:
        text: as people write it; without a country code it is one of HOME_COUNTRY.

    Raises:
        NotAPhoneNumberError: no number of that length exists there, or it has an extension.
    """
    if not text.strip():
        return ""
    # Here, because its tables of countries take 20 ms that a cold start without a number need not wait for.
    import phonenumbers

    try:
        number = phonenumbers.parse(_INTERNATIONAL_PREFIX.sub("+", text), HOME_COUNTRY)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise NotAPhoneNumberError(
            "This is no telephone number. Write it with its country code, as +1 202 555 0143."
        )
    if number.extension:
        raise NotAPhoneNumberError("Leave the extension out of the number; the notes have room for it.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
