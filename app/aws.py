"""Every AWS client of the application: one session, one client per service, each with its address family and time limits.

boto3 is imported when the first client is made, because it costs a cold start about 0.4 s and most tests and every
local run need none.
"""

import os
from dataclasses import dataclass
from functools import cache
from threading import RLock
from typing import Any

# The private subnets have no way out over IPv4 but the S3 and DynamoDB gateway endpoints, which are plain hosts.
# Secrets Manager's plain host answers on IPv6. These services do so only under their dual-stack host.
DUAL_STACK_SERVICES = frozenset({"events", "lambda", "sesv2", "sns", "sqs"})


@dataclass(frozen=True)
class TimeLimits:
    """How long one call may take: `attempts` times the sum of the others."""

    connect_seconds: float
    read_seconds: float
    attempts: int


USUAL = TimeLimits(connect_seconds=2, read_seconds=5, attempts=3)

# Making a client is not thread-safe, using one is. The session is made inside the making of a client.
_making = RLock()


def client(service: str, time_limits: TimeLimits | None = None) -> Any:
    """The boto3 client of a service, e.g. `client("secretsmanager")`, the same for the same time limits.

    Raises:
        botocore.exceptions.BotoCoreError: no region is known, or the service has no such endpoint there.
    """
    with _making:
        return _client(service, time_limits or USUAL)


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
            use_dualstack_endpoint=service in DUAL_STACK_SERVICES,
        ),
    )
