"""What Lambda calls: `lambda_handler` in zappa_settings.json.

A request goes to Django through apig-wsgi, the keep-warm rule is answered at once, and everything else (management
commands, scheduled functions, records of S3 and SNS) is handed to Zappa, imported only then: with boto3 it takes a
second of a cold start that no request needs.
"""

import contextlib
import io
import json
import logging
import uuid
from http import HTTPStatus
from typing import Any

from apig_wsgi import make_lambda_handler
from django.conf import settings
from django.urls import get_resolver

from app.config import (
    gateway,
    request_id,
    wsgi,
)  # wsgi sets Django up, so it comes before what needs the settings
from app.config.api import error_body
from app.config.gateway import Event

KEEP_WARM = "handler.keep_warm_callback"

# Only what declares itself UTF-8 travels as text. The rest, whatever its charset, is base64 and arrives byte for byte,
# if the gateway takes the request for one of binary data.
TEXT_TYPES = (
    "application/json",
    "application/problem+json",
    "image/svg+xml; charset=utf-8",
    "text/css; charset=utf-8",
    "text/csv; charset=utf-8",
    "text/html; charset=utf-8",
    "text/javascript; charset=utf-8",
    "text/plain; charset=utf-8",
)

logger = logging.getLogger(__name__)

# Lambda gives its start more processor than a request gets, so the views are imported here and not by the first one.
_ = get_resolver().url_patterns

_answer = make_lambda_handler(
    gateway.GatewayApplication(
        wsgi.application, origin_secrets=settings.ORIGIN_SECRETS, public_url=settings.PUBLIC_URL
    ),
    binary_support=True,
    non_binary_content_type_prefixes=TEXT_TYPES,
)


class RefusedEventError(Exception):
    """An event that nobody who runs this application has a reason to send."""


def handler(event: Event, context: Any) -> Any:
    """Answer one event; `context` is Lambda's.

    Raises:
        RefusedEventError: the event carries code. Lambda reports it as the invocation's error.
    """
    if "httpMethod" in event:
        return _respond(event, context)
    if _is_keep_warm(event):
        return {"status": "warm"}
    if "raw_command" in event:
        raise RefusedEventError(
            "raw_command executes code from the event; use `zappa manage` with a command instead."
        )
    if event.get("reply"):
        return _reply(event, context)
    return _hand_to_zappa(event, context)


def _is_keep_warm(event: Event) -> bool:
    is_scheduled = event.get("detail-type") == "Scheduled Event"
    return is_scheduled and event["resources"][0].endswith(KEEP_WARM)


def _zappa() -> Any:
    from zappa.handler import LambdaHandler

    # A singleton: this call decides on the settings, and prints a word the first time.
    LambdaHandler("app.config.zappa_runtime")
    return LambdaHandler


def _hand_to_zappa(event: Event, context: Any) -> Any:
    zappa = _zappa()
    token = request_id.current.set(context.aws_request_id)
    try:
        return zappa.lambda_handler(event, context)
    finally:
        request_id.current.reset(token)


def _reply(event: Event, context: Any) -> dict[str, str]:
    """Give back what a command prints, which may be a one-time link: printed, it would stand in the log.

    Returns:
        `{"output": …}`, or `{"refused": …}` with what the command says to an operator.
    """
    # No request needs it, so no request's cold start pays for it.
    from django.core.management.base import CommandError

    _zappa()
    try:
        with contextlib.redirect_stdout(io.StringIO()) as said:
            _hand_to_zappa(event, context)
    except CommandError as error:
        return {"refused": str(error)}
    return {"output": said.getvalue()}


def _respond(event: Event, context: Any) -> dict[str, Any]:
    token = request_id.current.set(event["requestContext"].get("requestId") or uuid.uuid4().hex)
    try:
        if gateway.request_bytes(event) > gateway.MAX_REQUEST_BYTES:
            return _too_large()
        response: dict[str, Any] = _answer(gateway.normalised(event), context)
        if gateway.exceeds_response_limit(response):
            logger.error(
                "the response to %s %s is larger than Lambda returns", event["httpMethod"], event["path"]
            )
            return _failed("response_too_large")
    except Exception:
        # The last line of defence: what gets out of here is answered by the gateway, without an id.
        logger.exception("unhandled error at %s %s", event["httpMethod"], event.get("path"))
        return _failed("server_error")
    else:
        return response
    finally:
        request_id.current.reset(token)


def _too_large() -> dict[str, Any]:
    limit_mib = gateway.MAX_REQUEST_BYTES // 1024**2
    message = f"The body is larger than the {limit_mib} MiB that a request may have."
    return _json(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error_body("request_too_large", message))


def _failed(code: str) -> dict[str, Any]:
    message = f"Something failed on our side. Its number is {request_id.current.get()}."
    return _json(HTTPStatus.INTERNAL_SERVER_ERROR, error_body(code, message))


def _json(status: HTTPStatus, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": ["application/json"], "Cache-Control": ["no-store"]}
    return {
        "statusCode": status.value,
        "multiValueHeaders": headers,
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
