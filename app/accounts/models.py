"""Staff users. The public never has an account: it proves an e-mail address instead."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A member of staff; what they may do follows from their groups (see roles.py)."""
