"""What the REST API's event says about a request, and what of it can be trusted.

A client may send any header, so the address, the host and the prefix come from the gateway's request context. Only a
request that carries the secret of our own CDN is believed where it says who the viewer is.
Event format: https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html (proxy integration, version 1.0).
"""

import hmac
import json
import logging
from collections.abc import Iterable, Sequence
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

Event = dict[str, Any]

# terraform/modules/cdn/viewer_request.js sets these three.
ORIGIN_SECRET_HEADER = "x-origin-secret"  # noqa: S105 - its name
VIEWER_ADDRESS_HEADER = "x-viewer-address"
VIEWER_HOST_HEADER = "x-viewer-host"

# Lambda takes 6 MB a call. The gateway hands every body over in base64 (a third more) beside its headers, up to 20 KB.
MAX_REQUEST_BYTES = 4 * 1024 * 1024
MAX_RESPONSE_BYTES = 6_291_556
# A character of a response takes at most 6 bytes of JSON a byte (a control character as \\u0000).
_MOST_JSON_BYTES_PER_BYTE = 6

# Headers that proxies write and clients forge. None of them reaches the application.
_UNTRUSTED = tuple(
    "HTTP_" + name.upper().replace("-", "_")
    for name in (
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-real-ip",
        "cloudfront-viewer-address",
        ORIGIN_SECRET_HEADER,
        VIEWER_ADDRESS_HEADER,
        VIEWER_HOST_HEADER,
    )
)

logger = logging.getLogger(__name__)


def normalised(event: Event) -> Event:
    """The event with `multiValueHeaders`, which a test call from the console leaves out."""
    if event.get("multiValueHeaders"):
        return event
    single = event.get("headers") or {}
    return {**event, "multiValueHeaders": {name: [value] for name, value in single.items()}}


class GatewayApplication:
    """A WSGI application for apig-wsgi that gives Django the address, URL and cookies of the request.

    Args:
        application: Django.
        origin_secrets: what our CDN may send as `X-Origin-Secret`; two during a rotation, none without a CDN.
        public_url: where a CDN serves that does not say which of its hosts was asked.
    """

    def __init__(
        self, application: "WSGIApplication", *, origin_secrets: Sequence[str], public_url: str
    ) -> None:
        self._application = application
        self._origin_secrets = [secret.encode() for secret in origin_secrets]
        public = urlsplit(public_url)
        self._public = public.netloc, public.path.rstrip("/")

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        event = environ["apig_wsgi.full_event"]
        headers = {name.lower(): values for name, values in event["multiValueHeaders"].items()}
        for name in _UNTRUSTED:
            environ.pop(name, None)
        through_cdn = self._is_from_cdn(headers)
        context = event["requestContext"]
        if through_cdn:
            host, prefix = self._asked_at(headers)
        else:
            host = context.get("domainName") or headers["host"][-1]
            prefix = stage_prefix(event)
        environ |= {
            "REMOTE_ADDR": _address(context, headers, through_cdn=through_cdn),
            "HTTP_HOST": host,
            "HTTP_X_FORWARDED_PROTO": "https",
            "PATH_INFO": unquote_to_bytes(event["path"]).decode("latin-1"),
            "SCRIPT_NAME": prefix,
            "SERVER_NAME": host,
            "SERVER_PORT": "443",
            "wsgi.url_scheme": "https",
        }
        if "cookie" in headers:
            environ["HTTP_COOKIE"] = _wsgi_text("; ".join(headers["cookie"]))
        return self._application(environ, start_response)

    def _asked_at(self, headers: dict[str, list[str]]) -> tuple[str, str]:
        """Host and prefix of the address that the visitor sees; the CDN hides the gateway's stage behind it."""
        public_host, public_prefix = self._public
        host = headers.get(VIEWER_HOST_HEADER, [public_host])[-1]
        return host, public_prefix if host == public_host else ""

    def _is_from_cdn(self, headers: dict[str, list[str]]) -> bool:
        sent = headers.get(ORIGIN_SECRET_HEADER, [""])[-1].encode()
        return any(hmac.compare_digest(sent, secret) for secret in self._origin_secrets)


def stage_prefix(event: Event) -> str:
    """`/<stage>` where the address has it: on the API's own host. A custom domain's path is the application's path."""
    context = event["requestContext"]
    path, prefix = context["path"], f"/{context['stage']}"
    # A page of ours may be called like the stage: on a custom domain both paths are then the same.
    is_prefixed = path != event["path"] and (path == prefix or path.startswith(f"{prefix}/"))
    return prefix if is_prefixed else ""


def _address(context: dict[str, Any], headers: dict[str, list[str]], *, through_cdn: bool) -> str:
    address: str = context["identity"]["sourceIp"]
    if through_cdn:
        if VIEWER_ADDRESS_HEADER in headers:
            return str(ip_address(headers[VIEWER_ADDRESS_HEADER][-1]))
        _warn_of_missing_viewer_address()
    return address


@cache
def _warn_of_missing_viewer_address() -> None:
    logger.warning(
        "The CDN sends no X-Viewer-Address, so all its viewers count as one address:"
        " its function (terraform/modules/cdn/viewer_request.js) is not at work."
    )


def _wsgi_text(text: str) -> str:
    """PEP 3333 wants bytes as Latin-1; the gateway may have decoded them as UTF-8."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode().decode("latin-1")
    return text


def request_bytes(event: Event) -> int:
    """How large the body is once decoded, to within the padding."""
    body = event.get("body") or ""
    return len(body) * 3 // 4 if event.get("isBase64Encoded") else len(body.encode())


def exceeds_response_limit(response: dict[str, Any]) -> bool:
    """Whether Lambda would refuse the response, which it counts as JSON, base64 and headers included."""
    if len(response["body"]) * _MOST_JSON_BYTES_PER_BYTE < MAX_RESPONSE_BYTES // 2:
        return False
    return len(json.dumps(response).encode()) > MAX_RESPONSE_BYTES
