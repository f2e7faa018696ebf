"""What the -ops function runs every minute: `app.jobs.schedule.work_off_queue` in zappa_settings.json's `events`."""

import logging
from typing import Any

from app.jobs import INTERNET_QUEUE
from app.jobs.worker import work_off

logger = logging.getLogger(__name__)

# What a job that begins at the last moment may take. One that takes longer is killed and taken up again.
RESERVED_SECONDS = 120


def work_off_queue(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Work the queue off until it is empty or this function's time runs out.

    Args:
        event: the schedule's; nothing in it matters.
        context: Lambda's, asked for the time that is left.

    Returns:
        As `work_off`.
    """
    del event
    remaining_seconds = context.get_remaining_time_in_millis() / 1000
    # A function in the VPC has no way to the IPv4 internet.
    done = work_off(seconds=max(0, remaining_seconds - RESERVED_SECONDS), except_queues=[INTERNET_QUEUE])
    if done:
        logger.info(
            "queue worked off: %s", ", ".join(f"{count} {what}" for what, count in sorted(done.items()))
        )
    return done
