"""Where the application's mails arrive."""

import email
import json
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

# The plain texts of all mails so far.
Mailbox = Callable[[], list[str]]


def in_folder(folder: Path) -> Mailbox:
    """Of an application that writes each mail to a file (EMAIL_URL=filemail://…)."""
    return partial(_texts_in, folder)


def in_ses(emulator_url: str) -> Mailbox:
    """Of one that sends by the emulated SES, which takes no mail of a sender that is not verified."""
    return partial(_texts_sent, emulator_url)


def _texts_in(folder: Path) -> list[str]:
    return [_text(path.read_bytes()) for path in folder.iterdir()]


def _text(message: bytes) -> str:
    parts = email.message_from_bytes(message).walk()
    plain = [part for part in parts if part.get_content_type() == "text/plain"]
    return "\n".join(part.get_payload(decode=True).decode() for part in plain)  # type: ignore[union-attr]


def _texts_sent(emulator_url: str) -> list[str]:
    with urllib.request.urlopen(f"{emulator_url}/_ministack/ses/messages", timeout=60) as answer:
        by_account = json.load(answer)["messages"]
    return [message["BodyText"] for messages in by_account.values() for message in messages]
