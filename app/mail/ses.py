"""Mail by Amazon SES: EMAIL_URL=ses://CONFIGURATION_SET."""

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import sanitize_address

from app.aws import client

# What another attempt would be answered too. All else may pass: throttling, the day's quota, an account that is paused
# for review, failures on SES's side, a network that does not answer.
_PERMANENT = frozenset(
    {
        "AccessDeniedException",
        "AccountSuspendedException",
        "BadRequestException",
        "MailFromDomainNotVerifiedException",
        "MessageRejected",
        "NotFoundException",
        "ValidationException",
    }
)

_ADDRESS = re.compile(r"[^\s<>:/'\"]+@[^\s<>'\",]+")


class MailNotSentError(Exception):
    """SES did not take a mail, and may take it later."""


class MailRefusedError(MailNotSentError):
    """SES will not take this mail, or any of ours, until somebody changes something."""

    # app.jobs.queue asks each error for this.
    is_permanent = True


class EmailBackend(BaseEmailBackend):
    """Sends each mail as a whole by SES version 2, so that its headers and parts are the ones Django made."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send mails one after the other.

        Returns:
            How many SES took.

        Raises:
            MailNotSentError: at the first one it did not take, unless `fail_silently`.
        """
        sent = 0
        for message in email_messages:
            if message.recipients():
                sent += self._send(message)
        return sent

    def _send(self, message: EmailMessage) -> bool:
        try:
            _call(_request(message))
        except MailNotSentError:
            if not self.fail_silently:
                raise
            return False
        return True


def _request(message: EmailMessage) -> dict[str, Any]:
    encoding = message.encoding or settings.DEFAULT_CHARSET

    def plain(addresses: Sequence[str]) -> list[str]:
        return [sanitize_address(address, encoding) for address in addresses]

    # Django's message has `linesep`, which the stubs don't know.
    whole: bytes = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
    return {
        "FromEmailAddress": sanitize_address(message.from_email, encoding),
        # Bcc stands in no header.
        "Destination": {
            "ToAddresses": plain(message.to),
            "CcAddresses": plain(message.cc),
            "BccAddresses": plain(message.bcc),
        },
        "Content": {"Raw": {"Data": whole}},
        "ConfigurationSetName": settings.SES_CONFIGURATION_SET,
    }


def _call(request: dict[str, Any]) -> None:
    # Imported here because boto3 costs a cold start 0.4 s, and requests send no mail.
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client("sesv2").send_email(**request)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        # A failed job keeps its error for months, and SES names recipients.
        text = _ADDRESS.sub("[address]", error.response["Error"].get("Message", ""))
        if code in _PERMANENT:
            raise MailRefusedError(f"SES refuses the mail: {code}: {text}") from None
        raise MailNotSentError(f"SES did not take the mail: {code}: {text}") from None
    except BotoCoreError as error:
        raise MailNotSentError(f"SES was not reached: {type(error).__name__}") from error
