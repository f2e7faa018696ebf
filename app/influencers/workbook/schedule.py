"""What the -ops function runs every day: `app.influencers.workbook.schedule.forget_old` in zappa_settings.json."""

from typing import Any

from app.influencers.workbook import exporting


def forget_old(event: dict[str, Any], context: Any) -> None:
    """As `exporting.forget_old`.

    Args:
        event: the schedule's; nothing in it matters.
        context: Lambda's, likewise.
    """
    del event, context
    exporting.forget_old()
