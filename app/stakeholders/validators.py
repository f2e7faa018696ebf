"""What a name may look like."""

import unicodedata

from django.core.exceptions import ValidationError

_BREAKS = {"Cc", "Zl", "Zp"}
# Of the Unicode bidirectional algorithm: embeddings, overrides, isolates and their ends. Scripts that run from right to
# left need none of them.
_TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def validate_single_line(text: str) -> None:
    """Refuse what could pass for a text of ours in a mail or a list: line breaks, turned or invisible text, and links.

    Raises:
        ValidationError: says which.
    """
    if any(unicodedata.category(character) in _BREAKS for character in text):
        raise ValidationError("Line breaks and control characters can't be part of this.")
    if any(unicodedata.bidirectional(character) in _TURNS for character in text):
        raise ValidationError("Characters that turn the direction of writing can't be part of this.")
    # C are controls and what has no form of its own, Z are spaces.
    if all(unicodedata.category(character)[0] in "CZ" for character in text):
        raise ValidationError("There is nothing to see in this.")
    if "://" in text:
        raise ValidationError("A link can't be part of this.")
