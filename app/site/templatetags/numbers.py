"""Numbers as people read them."""

from django import template

register = template.Library()


@register.filter
def thousands(count: int) -> str:
    """1234567 as 1,234,567."""
    return f"{count:,}"


@register.filter
def known(count: int | None) -> str:
    """As `thousands`; a dash for what was not measured."""
    return "\N{EN DASH}" if count is None else thousands(count)
