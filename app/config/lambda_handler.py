"""What Lambda calls: `lambda_handler` in zappa_settings.json.

A request goes to Django through apig-wsgi, the keep-warm rule is answered at once, and commands, scheduled functions
and S3's notifications are handed to Zappa, imported only then: with boto3 it takes a second of a cold start that no
request needs. Zappa would answer ten more kinds, some of them as a request past the gateway's checks, so any other
event is refused.
"""

import contextlib
import io
import json
import logging
import re
import uuid
from http import HTTPStatus
from typing import Any

from apig_wsgi import make_lambda_handler
from django.conf import settings
from django.db import close_old_connections
from django.urls import get_resolver

from app.config import (
    gateway,
    request_id,
    wsgi,
)  # wsgi sets Django up, so it comes before what needs the settings
from app.config.api import error_body
from app.config.gateway import Event

KEEP_WARM = "handler.keep_warm_callback"

# https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html; a replayed event has one more.
_EVENTBRIDGE_KEYS = frozenset(
    {
        "version",
        "id",
        "source",
        "account",
        "time",
        "region",
        "resources",
        "detail-type",
        "detail",
        "replay-name",
    }
)
_MOST_NAMED_KEYS = 10
# Zappa takes what follows the last colon of a notification's id for the function to call.
_ID_WITH_FUNCTION = re.compile(r".*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)

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


class FailedInvocationError(Exception):
    """A command or a scheduled function failed; the log has why, under the request id that is all this says.

    Lambda prints what leaves the handler as it is, and answers with it.
    """


def handler(event: Event, context: Any) -> Any:
    """Answer one event; `context` is Lambda's.

    Raises:
        RefusedEventError: the event is of no expected kind. Lambda reports it as the invocation's error.
        FailedInvocationError: what Zappa was handed failed, so that Lambda counts it and tries it again.
    """
    if _is_request(event):
        return _respond(event, context)
    if "raw_command" in event:
        raise RefusedEventError(
            "raw_command executes code from the event; use `zappa manage` with a command instead."
        )
    if not _is_expected(event):
        raise RefusedEventError(
            "expected a REST API's request, a scheduled event, a command, or S3's notification with a function in its"
            f" id; this has {', '.join(sorted(event)[:_MOST_NAMED_KEYS]) or 'nothing'}"
        )
    if "resources" in event and event["resources"][0].endswith(KEEP_WARM):
        return {"status": "warm"}
    return _hand_to_zappa(event, context)


def _is_request(event: Event) -> bool:
    """Whether it comes from a REST API (version 1.0). A load balancer's event has no stage."""
    match event:
        case {"httpMethod": str(), "requestContext": {"stage": str()}}:
            return True
    return False


def _is_expected(event: Event) -> bool:
    """Whether it is of a kind that Zappa is meant for, without keys that make another one of it for Zappa.

    One such is `stageVariables`, which Zappa puts into the environment whatever they come with.
    """
    match event:
        case {"manage": str(command)} | {"command": str(command)}:
            return event.keys() - {"reply"} in ({"manage"}, {"command"}) and bool(command)
        case {"detail-type": "Scheduled Event", "source": "aws.events", "resources": [str(), *_]}:
            return event.keys() <= _EVENTBRIDGE_KEYS and event.get("version", "0") == "0"
        case {"Records": [_, *_] as records}:
            return len(event) == 1 and _names_one_function(records)
    return False


def _names_one_function(records: list[Any]) -> bool:
    """Whether all are S3's and for one function: Zappa looks at the first alone."""
    ids = {_notification_id(record) for record in records}
    return len(ids) == 1 and _ID_WITH_FUNCTION.fullmatch(ids.pop()) is not None


def _notification_id(record: Any) -> str:
    match record:
        case {"eventSource": "aws:s3", "s3": {"configurationId": str(name)}} if "Sns" not in record:
            return name
    return ""


def _hand_to_zappa(event: Event, context: Any) -> Any:
    token = request_id.current.set(context.aws_request_id)
    # What the signals of a request do for a request: a frozen Lambda wakes up with the connection of an hour ago.
    close_old_connections()
    try:
        return _reply(event, context) if event.get("reply") else _zappa().lambda_handler(event, context)
    except Exception:
        logger.exception("failed: %s", event.get("manage") or event.get("command") or event.get("resources"))
    finally:
        close_old_connections()
        request_id.current.reset(token)
    # Outside of the `except`, so that it drags no cause along.
    raise FailedInvocationError(f"see request_id {context.aws_request_id} in the log")


def _zappa() -> Any:
    from zappa.handler import LambdaHandler

    # A singleton: this call decides on the settings, and prints a word the first time.
    LambdaHandler("app.config.zappa_runtime")
    return LambdaHandler


def _reply(event: Event, context: Any) -> dict[str, str]:
    """Give back what a command prints, which may be a one-time link: printed, it would stand in the log.

    Returns:
        `{"output": …}`, or `{"refused": …}` with what the command says to an operator.
    """
    # No request needs it, so no request's cold start pays for it.
    from django.core.management.base import CommandError

    zappa = _zappa()
    try:
        with contextlib.redirect_stdout(io.StringIO()) as said:
            zappa.lambda_handler(event, context)
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
