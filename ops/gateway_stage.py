"""What neither Zappa nor Terraform sets on the API's stage: how much it takes, and what it writes down.

Both survive `zappa update`, but not the stage's being made anew, so each deploy sets them.
"""

import json
from typing import Any

import boto3

# Requests a second, and how many may come at once. The database's connections are what they protect: a burst is at
# most that many functions.
RATE_AND_BURST = {"dev": (10, 20), "staging": (50, 100), "prod": (50, 100)}

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
    """Throttle the API's stage, and log what it answers.

    Args:
        api_id: of the REST API.
        stage: dev, staging or prod.
        access_log_group_arn: of the log group; no access log if empty.
    """
    rate, burst = RATE_AND_BURST[stage]
    operations = [
        _replace("/*/*/throttling/rateLimit", str(rate)),
        _replace("/*/*/throttling/burstLimit", str(burst)),
    ]
    if access_log_group_arn:
        operations += [
            _replace("/accessLogSettings/destinationArn", access_log_group_arn.removesuffix(":*")),
            _replace("/accessLogSettings/format", ACCESS_LOG_FORMAT),
        ]
    boto3.client("apigateway").update_stage(restApiId=api_id, stageName=stage, patchOperations=operations)


def _replace(path: str, value: str) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}
