"""What the -ops function runs every day: `app.endorsements.schedule.forget_unconfirmed` in zappa_settings.json."""

import logging
from typing import Any

from app.endorsements import services

logger = logging.getLogger(__name__)


def forget_unconfirmed(event: dict[str, Any], context: Any) -> int:
    """Delete what was never confirmed; returns how many.

    Args:
        event: the schedule's; nothing in it matters.
        context: Lambda's, likewise.
    """
    del event, context
    forgotten = services.forget_unconfirmed()
    logger.info("%d unconfirmed endorsements forgotten", forgotten)
    return forgotten
