"""What S3 tells the -ops function: `app.uploads.events.received`, a stage's upload_handler in terraform/variables.tf."""

from typing import Any
from urllib.parse import unquote_plus

from app.uploads.receiving import receive
from app.uploads.stores import QUARANTINE


def received(event: dict[str, Any], context: Any) -> None:
    """Look at the files that a notification names.

    Args:
        event: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
        context: Lambda's; nothing in it matters.

    Raises:
        app.uploads.stores.StoreError: Lambda tries the notification again.
    """
    del context
    for record in event["Records"]:
        name = unquote_plus(record["s3"]["object"]["key"])
        receive(name.removeprefix(QUARANTINE))
