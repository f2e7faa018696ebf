"""Mail goes out by the task queue, so it is sent after the transaction that caused it, or not at all."""

from collections.abc import Mapping

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django_tasks import task


def queue_mail(template: str, to: str, context: Mapping[str, object]) -> None:
    """Render a mail and enqueue it in the current transaction.

    Args:
        template: path of a text template whose first line is the subject, then a blank line, then the body.
        to: the recipient's address.
        context: what the template needs; links in it are absolute.
    """
    subject, _, body = render_to_string(template, dict(context)).lstrip().partition("\n")
    send_mail.enqueue(to, subject.strip(), body.strip() + "\n")


@task()
def send_mail(to: str, subject: str, body: str) -> None:
    EmailMessage(subject=subject, body=body, to=[to]).send()
