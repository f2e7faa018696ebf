"""A failure of the table as CloudWatch's embedded metric format: a metric by a line of the log, without a call.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from typing import Any

# terraform/modules/dynamodb/alarms.tf watches it.
NAMESPACE = "CoalitionBuilder"
NAME = "RateLimitFailures"


def failure_metric(table: str, stage: str, now_ms: int, **searched: str) -> dict[str, Any]:
    """One failure. The table and the stage are the metric's dimensions, what is `searched` can be in the log alone."""
    described = {
        "Namespace": NAMESPACE,
        "Dimensions": [["table", "stage"]],
        "Metrics": [{"Name": NAME, "Unit": "Count"}],
    }
    return {
        "_aws": {"Timestamp": now_ms, "CloudWatchMetrics": [described]},
        NAME: 1,
        "table": table,
        "stage": stage,
        **searched,
    }
