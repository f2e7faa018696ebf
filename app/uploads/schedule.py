"""What the -ops function runs every hour: `app.uploads.schedule.look_again` in zappa_settings.json's `events`."""

from typing import Any

from app.uploads.purposes import purposes
from app.uploads.receiving import receive_upload


def look_again(event: dict[str, Any], context: Any) -> int:
    """Have every file that is still awaited looked for: S3's notification may get lost, and a browser be closed.

    Each is a job of its own, so that one that fails keeps no other waiting.

    Args:
        event: the schedule's; nothing in it matters.
        context: Lambda's, likewise.

    Returns:
        How many are awaited.
    """
    del event, context
    keys = [key for purpose in purposes() for key in purpose.awaited()]
    for key in keys:
        receive_upload.enqueue(key)
    return len(keys)
