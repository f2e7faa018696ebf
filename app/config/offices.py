"""Staff routes answer the office's networks alone, if the operator names any (OFFICE_NETWORKS).

The gateway's resource policy refuses the same before the function runs, where no CDN is in front (ops/office_networks.py).
A way back for who is locked out: docs/runbooks/locked-out.md.
"""

import logging
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from app.config.api import error_answer
from app.config.env import Network

# The one list of what is the staff's; ops/office_networks.py repeats it for the gateway, and a test compares them.
STAFF_PATHS = ("/admin", "/staff", "/api/influencers", "/api/platforms")

logger = logging.getLogger(__name__)


class OfficeNetworksMiddleware:
    """Refuses staff paths to addresses outside; before sessions, so that nothing is looked up for them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # REMOTE_ADDR is what gateway.py found out; a client can't write it.
        address = request.META.get("REMOTE_ADDR", "")
        if is_staff_path(request.path_info) and not is_inside(address, settings.OFFICE_NETWORKS):
            logger.warning("a staff page was asked for from outside the office")
            return _refusal(request, address)
        return self._get_response(request)


def is_staff_path(path: str) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in STAFF_PATHS)


def is_inside(address: str, networks: list[Network]) -> bool:
    """Whether the address may pass: in one of the networks, or there are none."""
    if not networks:
        return True
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in networks)


def _refusal(request: HttpRequest, address: str) -> HttpResponse:
    """Says the address, which is what who is locked out has to tell the operator."""
    message = f"This answers the office's networks alone; you come from {address}."
    response = error_answer(
        request, 403, "office_only", message, page="site/office_only.html", address=address
    )
    response["Cache-Control"] = "private, no-store"
    return response
