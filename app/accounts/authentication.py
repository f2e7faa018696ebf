"""Programs sign in to the API with `Authorization: Bearer cb_…`; people with the session of the staff area."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from app.accounts import tokens
from app.accounts.models import MachineToken
from app.accounts.roles import PERMISSIONS_BY_SCOPE

_SCHEME = "Bearer"


class Machine:
    """A program that signed in: what a view may ask of `request.user`. It may what its token's scopes grant."""

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False

    def __init__(self, token: MachineToken) -> None:
        self._name = token.name
        self._permissions = frozenset[str]().union(
            *(PERMISSIONS_BY_SCOPE.get(scope, frozenset()) for scope in token.scopes)
        )

    def get_username(self) -> str:
        return f"token {self._name}"

    def has_perm(self, permission: str, obj: object = None) -> bool:
        return obj is None and permission in self._permissions


class MachineTokenAuthentication(BaseAuthentication):
    """A request without the header is left to the session, whose changes need a CSRF token."""

    def authenticate(self, request: Request) -> tuple[Any, MachineToken] | None:
        scheme, _, text = get_authorization_header(request).partition(b" ")
        if scheme.lower() != _SCHEME.lower().encode():
            return None
        token = tokens.find(text.strip().decode("latin-1"))
        if token is None:
            raise AuthenticationFailed("This token is unknown, has expired or was revoked.")
        return Machine(token), token

    def authenticate_header(self, request: Request) -> str:
        del request
        return _SCHEME


class MachineTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    target_class = MachineTokenAuthentication
    name = "machineToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        del auto_schema
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "Made by an administrator in the staff area.",
        }
