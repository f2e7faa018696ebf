"""What neither Zappa nor Terraform sets on the API's stage: how much it takes, and what it writes down and traces.

All survive `zappa update`, but not the stage's being made anew, so each deploy sets them.
"""

import json
from typing import Any

import boto3

# Requests a second, and how many may come at once. The database's connections are what they protect: a burst is at
# most that many functions.
RATE_AND_BURST = {"dev": (10, 20), "staging": (50, 100), "prod": (50, 100)}

# The gateway decides which requests are traced, after the rule in terraform/tracing.tf; the function alone would
# trace nearly all.
TRACED = {"prod"}

# As API Gateway fills it in: no query and no header, where tokens travel, and no address, which is personal.
ACCESS_LOG_FORMAT = json.dumps(
    {
        "time": "$context.requestTime",
        "request_id": "$context.requestId",
        "method": "$context.httpMethod",
        "resource": "$context.resourcePath",
        "status": "$context.status",
        "latency_ms": "$context.responseLatency",
        "function_ms": "$context.integrationLatency",
        "bytes": "$context.responseLength",
        "error": "$context.error.message",
    }
)


def configure(api_id: str, stage: str, access_log_group_arn: str) -> None:
    """Throttle the API's stage, log what it answers, and trace production's.

    Args:
        api_id: of the REST API.
        stage: dev, staging or prod.
        access_log_group_arn: of the log group; no access log if empty.
    """
    operations = patch(stage, access_log_group_arn)
    boto3.client("apigateway").update_stage(restApiId=api_id, stageName=stage, patchOperations=operations)


def patch(stage: str, access_log_group_arn: str) -> list[dict[str, Any]]:
    """What is said to the API's stage, as its UpdateStage takes it."""
    rate, burst = RATE_AND_BURST[stage]
    operations = [
        _replace("/*/*/throttling/rateLimit", str(rate)),
        _replace("/*/*/throttling/burstLimit", str(burst)),
        _replace("/tracingEnabled", str(stage in TRACED).lower()),
    ]
    if access_log_group_arn:
        operations += [
            _replace("/accessLogSettings/destinationArn", access_log_group_arn.removesuffix(":*")),
            _replace("/accessLogSettings/format", ACCESS_LOG_FORMAT),
        ]
    return operations


def _replace(path: str, value: str) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}
