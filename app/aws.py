"""Every AWS client of the application: one session, one client per service, each with its address family and time limits.

boto3 is imported when the first client is made, because it costs a cold start about 0.4 s and most tests and every
local run need none.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from threading import RLock
from typing import Any


@dataclass(frozen=True)
class TimeLimits:
    """How long one call may take: `attempts` times the sum of the others."""

    connect_seconds: float
    read_seconds: float
    attempts: int


USUAL = TimeLimits(connect_seconds=2, read_seconds=5, attempts=3)


class UnlistedServiceError(Exception):
    """A service that nobody has looked at: whether the private subnets reach it depends on its address family."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """How the private subnets reach a service, which have no way out over IPv4 but the free gateway endpoints.

    Attributes:
        dual_stack: whether its host answers on IPv6 only by its dual-stack name.
        gateway: whether a gateway endpoint leads to its plain host, over IPv4.
        required: whether a stage can't serve without it.
        without_it: what happens while it is not reached.
    """

    dual_stack: bool = False
    gateway: bool = False
    required: bool = True
    without_it: str


# All that a client is made for; docs/endpoints.md says the same to people, and a test compares them.
ENDPOINTS = {
    "secretsmanager": Endpoint(without_it="no function starts"),
    "dynamodb": Endpoint(
        gateway=True,
        without_it="signing in, endorsing and mailed links answer 503; looking up a district is counted by each process alone",
    ),
    "s3": Endpoint(gateway=True, required=False, without_it="no file is stored or read"),
    "sesv2": Endpoint(dual_stack=True, required=False, without_it="mail waits in the queue"),
}

# Making a client is not thread-safe, using one is. The session is made inside the making of a client.
_making = RLock()


def client(service: str, *, time_limits: TimeLimits | None = None) -> Any:
    """The boto3 client of a service, e.g. `client("secretsmanager")`, the same for the same time limits.

    Raises:
        UnlistedServiceError: the service is none of ENDPOINTS.
        botocore.exceptions.BotoCoreError: no region is known, or the service has no such endpoint there.
    """
    if service not in ENDPOINTS:
        raise UnlistedServiceError(
            f"{service} is not in ENDPOINTS of app/aws.py: add it there and to docs/endpoints.md, by its address family."
        )
    with _making:
        return _client(service, time_limits or USUAL)


@contextlib.contextmanager
def failures_as(kind: type[Exception]) -> Iterator[None]:
    """Raise boto3's failures as another kind, with their words. It is not on every machine, nor needed before it is used."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise kind(str(error)) from error


def address(service: str) -> str:
    """Where the service's client sends its requests, e.g. `https://secretsmanager.us-east-1.amazonaws.com`.

    Raises:
        As `client`.
    """
    url: str = client(service).meta.endpoint_url
    return url


def trusted_certificates() -> str:
    """The file of the authorities that the clients trust."""
    from botocore.httpsession import get_cert_path
    from botocore.session import get_session

    path: str = get_cert_path(get_session().get_config_variable("ca_bundle") or True)
    return path


def forget_clients() -> None:
    """Drop the session and its clients, for a test that changes what is behind them."""
    with _making:
        _client.cache_clear()
        _session.cache_clear()


@cache
def _session() -> Any:
    import boto3

    # ECS gives only AWS_REGION, which boto3 does not read by itself; Lambda gives both.
    return boto3.Session(region_name=os.environ.get("AWS_REGION"))


@cache
def _client(service: str, time_limits: TimeLimits) -> Any:
    from botocore.config import Config

    return _session().client(
        service,
        config=Config(
            connect_timeout=time_limits.connect_seconds,
            read_timeout=time_limits.read_seconds,
            retries={"mode": "standard", "total_max_attempts": time_limits.attempts},
            use_dualstack_endpoint=ENDPOINTS[service].dual_stack,
            # By itself it asks us-east-1 at S3's global host, which is no region's own; signs what others will send by a
            # scheme that newer regions refuse; and sends them to the global host, which redirects, and a form can't follow.
            s3={"us_east_1_regional_endpoint": "regional", "addressing_style": "virtual"},
            signature_version="s3v4" if service == "s3" else None,
        ),
    )
