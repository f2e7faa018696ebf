"""What the traffic costs: the functions and the API, which Zappa makes after zappa_settings.json, and what they call."""

import math
import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from ops import zappa_settings
from ops.cost import edge
from ops.cost.figures import CostError, assumed
from ops.cost.resources import Use
from ops.plans import Resource

STAGES = {"nonprod": ("dev", "staging"), "prod": ("prod",)}

_KB_PER_GB = 1024 * 1024
_MB_PER_GB = 1024
_MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
# What each request costs on top where there is such a resource.
_AT_THE_EDGE = (
    ("aws_cloudfront_function", "cloudfront_function_call", "functions at the edge"),
    ("aws_cloudfront_key_value_store", "cloudfront_store_read", "reads of the edge's store"),
    ("aws_wafv2_web_acl", "web_acl_request", "requests looked at by the firewall"),
)
_DEFAULT_TRACE_RATE = 0.05
_LOG_DAYS, _MONTH_DAYS = 7, 30.4


def uses(environment: str, resources: Sequence[Resource], requests: int) -> Iterator[Use]:
    """What is used at so many requests a month, all of them to the environment's last stage.

    Raises:
        CostError: a schedule in zappa_settings.json can't be read.
    """
    stages = STAGES[environment]
    for stage in stages:
        yield from _scheduled(stage)
    yield from served(stages[-1], requests)
    yield from _traced(stages, resources, requests)
    yield from _delivered(edge.types_for(stages[-1], resources), requests)
    yield from _stored_and_sent(environment, requests)


def served(stage: str, requests: int) -> Iterator[Use]:
    """What a stage's requests cost at the gateway and in the function."""
    assume = assumed()
    cold = requests * assume["cold_start_share"]
    gb_seconds = _memory_gb(stage) * (
        requests * assume["request_ms"] / 1000 + cold * assume["cold_start_ms"] / 1000
    )
    yield Use("requests", "rest_api_request", requests, f"API of {stage}")
    yield Use("invocations by requests", "lambda_invocation", requests, f"function of {stage}")
    yield Use(
        "computing of requests, with cold starts", "lambda_gb_second", gb_seconds, f"function of {stage}"
    )
    yield Use(
        "secrets read by cold starts",
        "secret_call",
        cold * assume["secret_calls_per_cold_start"],
        f"function of {stage}",
    )


def _scheduled(stage: str) -> Iterator[Use]:
    """Keep-warm of the serving function and the schedules of its companion."""
    for count, seconds, name, what in _schedules(stage):
        yield Use(f"invocations by {what}", "lambda_invocation", count, f"function of {name}")
        yield Use(
            f"computing of {what}",
            "lambda_gb_second",
            count * seconds * _memory_gb(stage),
            f"function of {name}",
        )


def _schedules(stage: str) -> Iterator[tuple[float, float, str, str]]:
    """(calls a month, seconds for each, function, what) of all that is called by the clock."""
    assume, settings = assumed(), zappa_settings.committed()
    if settings[stage].get("keep_warm"):
        count = _calls(settings[stage]["keep_warm_expression"])
        yield count, assume["keep_warm_ms"] / 1000, stage, "keep-warm"
    companion = stage + zappa_settings.OPS_SUFFIX
    for event in settings[companion].get("events", []):
        yield _calls(event["expression"]), assume["scheduled_ms"] / 1000, companion, f"“{event['name']}”"


def _calls(expression: str) -> float:
    """How often a schedule calls in a month."""
    if expression.startswith("cron("):
        # At most daily, as all of ours are written.
        return _MONTH_DAYS
    found = _RATE.fullmatch(expression)
    if not found:
        raise CostError(
            f"The schedule {expression!r} of zappa_settings.json can't be read: write rate(4 minutes)."
        )
    return assumed()["hours_per_month"] * 60 / (int(found[1]) * _MINUTES[found[2]])


def _memory_gb(stage: str) -> float:
    return float(zappa_settings.committed()[stage]["memory_size"]) / _MB_PER_GB


def _clock_calls(stage: str) -> float:
    return sum(count for count, *_ in _schedules(stage))


def _traced(stages: Sequence[str], resources: Sequence[Resource], requests: int) -> Iterator[Use]:
    settings = zappa_settings.committed()
    for stage in stages:
        if not settings[stage].get("xray_tracing"):
            continue
        yield Use("traces of requests", "trace", _traces(resources, requests), f"function of {stage}")
        yield Use("traces of scheduled calls", "trace", _clock_calls(stage), f"function of {stage}")


def _traces(resources: Sequence[Resource], requests: int) -> float:
    """Recorded after the rule of the plan; without one the first request of each second and 5 % of the others."""
    rates = [one.values["fixed_rate"] for one in resources if one.type == "aws_xray_sampling_rule"]
    if rates:
        return requests * float(rates[0])
    seconds = assumed()["hours_per_month"] * 3600
    first_ones = seconds * (1 - math.exp(-requests / seconds))
    return first_ones + (requests - first_ones) * _DEFAULT_TRACE_RATE


def _delivered(types: AbstractSet[str], requests: int) -> Iterator[Use]:
    assume = assumed()
    gigabytes = requests * assume["response_kb"] / _KB_PER_GB
    if "aws_cloudfront_distribution" not in types:
        yield Use("answers to the internet", "transfer_out_gb", gigabytes, "API")
        return
    # From the gateway to CloudFront nothing is charged.
    yield Use("answers to the internet", "cloudfront_gb", gigabytes, "CDN")
    yield Use("requests at the CDN", "cloudfront_request", requests, "CDN")
    read = requests * assume["cold_start_share"] * assume["cdn_secret_calls_per_cold_start"]
    yield Use("the CDN's secret read by cold starts", "secret_call", read, "functions")
    for kind, price, what in _AT_THE_EDGE:
        if kind in types:
            yield Use(what, price, requests, "CDN")


def _stored_and_sent(environment: str, requests: int) -> Iterator[Use]:
    assume = assumed()
    calls = sum(_clock_calls(stage) for stage in STAGES[environment])
    logged = (requests * assume["log_kb_per_request"] + calls * assume["invocation_log_kb"]) / _KB_PER_GB
    yield Use("logs written", "log_ingested_gb", logged, "functions and API")
    yield Use("logs of a week", "log_stored_gb", logged * _LOG_DAYS / _MONTH_DAYS, "functions and API")
    yield Use(
        "decisions of the rate limiter",
        "dynamodb_write",
        requests * assume["limiter_writes_per_request"],
        "table of the rate limiter",
    )
    yield Use("mails", "mail", requests * assume["mails_per_request"], "SES")
    yield Use("files written by deploys and uploads", "s3_write", assume["s3_writes_per_month"], "buckets")
