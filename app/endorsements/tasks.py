"""Mails with links. The job names the endorsement alone, so that the queue holds neither a token nor an address."""

from django.conf import settings
from django_tasks import TaskContext, task

from app.endorsements.models import EmailLink, Endorsement
from app.mail.links import absolute_link
from app.mail.messages import send_mail


@task(takes_context=True)
def mail_link(context: TaskContext, endorsement_id: int, purpose: str, template: str) -> None:
    """Mail a new link to the endorsement's address; to nobody if the endorsement is gone by now."""
    found = Endorsement.objects.filter(pk=endorsement_id).select_related("campaign", "stakeholder")
    endorsement = found.first()
    if endorsement is None:
        return
    token = EmailLink.issue(endorsement, EmailLink.Purpose(purpose))
    values = {
        "endorsement": endorsement,
        "campaign": endorsement.campaign,
        "link": absolute_link(f"site:{purpose}", token),
        "hours": settings.ENDORSEMENT_LINK_HOURS,
    }
    # The proven address where there is one: staff may have corrected it since.
    to = endorsement.stakeholder.email if endorsement.stakeholder else endorsement.email
    send_mail(f"endorsements/mail/{template}.txt", to, values, key=str(context.task_result.id))
