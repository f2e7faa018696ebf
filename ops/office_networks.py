"""The resource policy by which the API itself refuses the staff's paths to addresses outside the office.

As AWS shows it: everybody may call everything, and a denial, which always wins, names paths and what is not an office's address.
The denial matches the path that was asked for, so one {proxy+} resource is no obstacle. The application checks again, after the path
was decoded (app/config/offices.py).
"""

from collections.abc import Sequence
from typing import Any

# As app/config/offices.py has them.
STAFF_PATHS = ("/admin", "/staff", "/api/influencers", "/api/platforms")

# Each by its name: a * in its place would match slashes too, and so deny /static/admin/ to the public.
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


def policy(stage: str, networks: Sequence[str]) -> dict[str, Any]:
    """The policy of a stage's API.

    Args:
        stage: dev, staging or prod.
        networks: the office's, IPv4 or IPv6; at least one, for an empty list would deny everybody.
    """
    if not networks:
        raise ValueError("A policy without a network would lock everybody out.")
    resources = [f"execute-api:/{stage}/{method}{path}/*" for path in STAFF_PATHS for method in METHODS]
    return {
        "Version": "2012-10-17",
        "Statement": [
            _statement("Allow", ["execute-api:/*"]),
            {
                **_statement("Deny", resources),
                "Condition": {"NotIpAddress": {"aws:SourceIp": list(networks)}},
            },
        ],
    }


def _statement(effect: str, resources: list[str]) -> dict[str, Any]:
    return {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": resources}
