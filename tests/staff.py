"""Members of staff by their role."""

from django.contrib.auth.models import Group
from django.test import Client

from app.accounts.models import User

PASSWORD = "correct horse battery"


def member(role: str) -> User:
    """Somebody of that role, who is called like it."""
    user = User.objects.create_user(role, password=PASSWORD, is_staff=True)
    # A test that commits empties the tables afterwards, the groups of the migration too.
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(member(role))
    return client
