"""Mail goes out by the task queue, so it is sent after the transaction that caused it, or not at all."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django_tasks import TaskContext, task


def queue_mail(template: str, to: str, context: Mapping[str, object]) -> None:
    """Render a mail and enqueue it in the current transaction.

    Args:
        template: path of a text template whose first line is the subject, then a blank line, then the body.
        to: the recipient's address.
        context: what the template needs; links in it are absolute.
    """
    subject, _, body = render_to_string(template, dict(context)).lstrip().partition("\n")
    send_mail.enqueue(to, subject.strip(), body.strip() + "\n")


@task(takes_context=True)
def send_mail(context: TaskContext, to: str, subject: str, body: str) -> None:
    """Send a mail under a Message-ID that is the same at every attempt.

    A worker that dies between sending and saying so makes a second mail. Mailboxes that compare the id show it once
    (SES puts its own id in its place, so behind it the second one shows).
    """
    message_id = f"<{context.task_result.id}@{urlsplit(settings.PUBLIC_URL).hostname}>"
    EmailMessage(subject=subject, body=body, to=[to], headers={"Message-ID": message_id}).send()
