"""Mail on a developer's machine."""

import re
import sys

from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend as FileBackend


class EmailBackend(FileBackend):
    """Keeps each mail as a file, as its base does, and shows its links in the terminal."""

    def write_message(self, message: EmailMessage) -> None:
        super().write_message(message)
        links = " ".join(re.findall(r"https?://\S+", str(message.body)))
        sys.stdout.write(f"Mail to {', '.join(message.to)}: {message.subject} {links}\n")
        sys.stdout.flush()
