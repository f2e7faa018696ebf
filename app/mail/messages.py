"""A mail made from a template."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string


def send_mail(template: str, to: str, context: Mapping[str, object], *, key: str) -> None:
    """Render a mail and send it, under a Message-ID that is the same for the same key.

    Called by a job, the key being the job's: a worker that dies between sending and saying so makes a second mail, and
    mailboxes that compare the id show it once (SES puts its own id in its place, so behind it the second one shows).

    Args:
        template: path of a text template whose first line is the subject, then a blank line, then the body.
        to: the recipient's address.
        context: what the template needs; links in it are absolute.
        key: letters, digits and hyphens.
    """
    subject, _, body = render_to_string(template, dict(context)).lstrip().partition("\n")
    message_id = f"<{key}@{urlsplit(settings.PUBLIC_URL).hostname}>"
    EmailMessage(
        subject=subject.strip(), body=body.strip() + "\n", to=[to], headers={"Message-ID": message_id}
    ).send()
