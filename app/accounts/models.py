"""Staff users and the tokens of programs. The public never has an account: it proves an e-mail address instead."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q


class User(AbstractUser):
    """A member of staff; what they may do follows from their groups (see roles.py), and ends when they are none."""

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        # Django asks no backend about a superuser, so RoleBackend cannot say this of them.
        return self.is_staff and super().has_perm(perm, obj)


class Scope(models.TextChoices):
    """What a machine token may be good for; policy.py says which route asks for which."""

    INFLUENCERS_READ = "influencers:read", "Read influencers and their accounts"
    CONSENT_FORMS = "consent-forms", "Add, download and delete consent forms of influencers"
    INFLUENCERS_WRITE = "influencers:write", "Add, change, merge and delete influencers and accounts"


class MachineTokenQuerySet(models.QuerySet["MachineToken"]):
    def usable(self, at: dt.datetime) -> Self:
        return self.filter(expires_at__gt=at, revoked_at=None)


class MachineToken(models.Model):
    """What a program signs in with. Of its 256 random bits only the SHA-256 is kept (see tokens.py)."""

    name = models.CharField(max_length=60, unique=True, help_text="Which program has it, and where.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = MachineTokenQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="machine_token_digest_is_sha256"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="machine_token_named"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not self.scopes or not set(self.scopes) <= set(Scope.values):
            raise ValidationError({"scopes": "Choose at least one of the scopes there are."})
