"""What the rate limiter does and what Terraform allows and watches are the same."""

from app.ratelimit import metrics
from app.ratelimit.dynamodb import EXPIRES_AT
from tests.terraform import hcl_blocks

MODULE = hcl_blocks.TERRAFORM / "modules" / "dynamodb"


def test_the_alarm_watches_the_metric_that_the_application_logs() -> None:
    line = metrics.failure_metric("table", "dev", 0, scope="s")
    ((described,),) = [line["_aws"]["CloudWatchMetrics"]]
    (alarm,) = [
        body
        for kind, name, body in hcl_blocks.resources(MODULE)
        if (kind, name) == ("aws_cloudwatch_metric_alarm", "failing")
    ]
    assert hcl_blocks.bare(alarm["namespace"]) == described["Namespace"]
    assert hcl_blocks.bare(alarm["metric_name"]) == described["Metrics"][0]["Name"]
    assert set(map(hcl_blocks.bare, alarm["dimensions"])) == set(described["Dimensions"][0])


def test_the_table_deletes_by_the_attribute_that_the_store_sets() -> None:
    (table,) = [body for kind, _, body in hcl_blocks.resources(MODULE) if kind == "aws_dynamodb_table"]
    assert hcl_blocks.bare(table["ttl"][0]["attribute_name"]) == EXPIRES_AT
    assert hcl_blocks.bare(table["hash_key"]) == "key"
