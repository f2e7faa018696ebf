"""The same traffic on Fargate behind a load balancer: from when on that is cheaper than functions behind a REST API."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ops.cost import figures, traffic
from ops.cost.figures import assumed

_STAGE = "prod"
_TASK_VCPUS, _TASK_GB = 0.5, 1.0
# One in each zone, or a zone that fails takes the site with it.
_LEAST_TASKS = 2
_ZONES = 2
# What one capacity unit of a load balancer takes: https://aws.amazon.com/elasticloadbalancing/pricing/
_UNIT_CONNECTIONS_PER_SECOND = 25
_KB_PER_GB = 1024 * 1024
_ON_LAMBDA = ("rest_api_request", "lambda_gb_second", "lambda_invocation")
_STEP = 100_000


@dataclass(frozen=True)
class Comparison:
    """What serving so many requests a month costs in US dollars, at list prices; database and the rest stay the same.

    Attributes:
        requests: a month.
        rest_api_usd: functions behind a REST API, as it is.
        http_api_usd: the same functions behind an HTTP API.
        fargate_usd: tasks, load balancer, public addresses.
        tasks: on average.
    """

    requests: int
    rest_api_usd: float
    http_api_usd: float
    fargate_usd: float
    tasks: int


def compare(requests: int) -> Comparison:
    """What serving costs each way."""
    uses = [use for use in traffic.served(_STAGE, requests) if use.price in _ON_LAMBDA]
    rest = sum(use.quantity * figures.price(use.price).usd for use in uses)
    saved = requests * (figures.price("rest_api_request").usd - figures.price("http_api_request").usd)
    tasks = _tasks(requests)
    return Comparison(requests, rest, rest - saved, _fargate(requests, tasks), tasks)


def cheaper_from() -> int:
    """The requests a month, to the next hundred thousand, from which Fargate costs less than what there is."""
    return next(
        requests
        for requests in range(_STEP, 1_000_000_000, _STEP)
        if (both := compare(requests)).fargate_usd < both.rest_api_usd
    )


def compare_all(volumes: Iterable[int]) -> list[Comparison]:
    return [compare(requests) for requests in volumes]


def _per_second(requests: int) -> float:
    return requests / (assumed()["hours_per_month"] * 3600)


def _tasks(requests: int) -> int:
    each = assumed()["fargate_requests_per_second"] * _TASK_VCPUS
    return max(_LEAST_TASKS, math.ceil(_per_second(requests) * assumed()["fargate_headroom"] / each))


def _fargate(requests: int, tasks: int) -> float:
    hours = assumed()["hours_per_month"]
    connections = _per_second(requests) / _UNIT_CONNECTIONS_PER_SECOND
    gigabytes_per_hour = requests * assumed()["response_kb"] / _KB_PER_GB / hours
    hourly = {
        "fargate_vcpu_hour": tasks * _TASK_VCPUS,
        "fargate_gb_hour": tasks * _TASK_GB,
        "public_ipv4_hour": tasks + _ZONES,
        "load_balancer_hour": 1,
        "load_balancer_unit_hour": max(connections, gigabytes_per_hour),
    }
    return sum(hours * quantity * figures.price(name).usd for name, quantity in hourly.items())
