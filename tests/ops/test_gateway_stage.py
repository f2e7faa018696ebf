"""What the API's stage is given beside what Zappa knows."""

import json
import re

import pytest

from ops.gateway_stage import ACCESS_LOG_FORMAT, RATE_AND_BURST, patch

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
KNOWN = {
    "error.message",
    "httpMethod",
    "integrationLatency",
    "requestId",
    "requestTime",
    "resourcePath",
    "responseLatency",
    "responseLength",
    "status",
}


def test_the_access_log_holds_nothing_that_tells_who_asked() -> None:
    variables = set(re.findall(r"\$context\.([\w.]+)", ACCESS_LOG_FORMAT))
    assert variables == KNOWN
    # The resource is the route's pattern; the path may hold the token of a mailed link.
    assert "path" not in variables


def test_the_gateway_accepts_the_format() -> None:
    # It has to be one line and to hold the request's id.
    assert "\n" not in ACCESS_LOG_FORMAT
    assert json.loads(ACCESS_LOG_FORMAT)["request_id"] == "$context.requestId"


def test_staging_takes_what_production_takes_and_dev_less() -> None:
    assert RATE_AND_BURST["staging"] == RATE_AND_BURST["prod"]
    assert RATE_AND_BURST["dev"] < RATE_AND_BURST["prod"]


@pytest.mark.parametrize(("stage", "traced"), [("dev", "false"), ("staging", "false"), ("prod", "true")])
def test_the_gateway_decides_what_of_production_is_traced(stage: str, traced: str) -> None:
    assert {"op": "replace", "path": "/tracingEnabled", "value": traced} in patch(stage, "")
