"""Numbers as people read them."""

from django import template

register = template.Library()


@register.filter
def thousands(count: int) -> str:
    """1234567 as 1,234,567."""
    return f"{count:,}"
