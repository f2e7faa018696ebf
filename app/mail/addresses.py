"""One spelling of an e-mail address, and which addresses have none."""

from django.core.exceptions import ValidationError
from django.utils.encoding import punycode

MOST_CHARACTERS = 254


def normalise_email(address: str) -> str:
    """The address as it is stored and compared: trimmed, in lower case, its domain as DNS has it.

    RFC 5321 lets a server tell capitals apart in the part before the @; no provider of note does, and people type
    their own address both ways. Of a domain there are many spellings (full-width letters, umlauts, other dots), which
    sending a mail makes one. A domain that can't be encoded is left as it is.
    """
    local, at, domain = address.strip().lower().rpartition("@")
    try:
        # In lower case again: a letter may have become a capital.
        return f"{local}{at}{punycode(domain).lower()}"
    except UnicodeError:
        return f"{local}{at}{domain}"


def validate_mailbox(address: str) -> None:
    """Refuse an address that another one is another spelling of: quotes and backslashes vanish when a mail is sent.

    Raises:
        ValidationError: says what is in the way.
    """
    local = address.strip().rpartition("@")[0]
    # The syntax lets a few letters through that only look like a k or an s.
    if not local.isascii() or any(sign in local for sign in '"\\'):
        raise ValidationError(
            "Give the address without quotation marks, backslashes or accents before the @.", code="quoted"
        )
    if len(normalise_email(address)) > MOST_CHARACTERS:
        raise ValidationError(
            f"The address is too long: at most {MOST_CHARACTERS} characters, its domain spelled as xn--….",
            code="max_length",
        )
