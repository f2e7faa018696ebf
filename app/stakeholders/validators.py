"""What a name may look like."""

import unicodedata

from django.core.exceptions import ValidationError

_BREAKS = {"Cc", "Zl", "Zp"}


def validate_single_line(text: str) -> None:
    """Refuse what could pass for a text of ours in a mail or a list: line breaks and links.

    Raises:
        ValidationError: says which.
    """
    if any(unicodedata.category(character) in _BREAKS for character in text):
        raise ValidationError("Line breaks and control characters can't be part of this.")
    if "://" in text:
        raise ValidationError("A link can't be part of this.")
