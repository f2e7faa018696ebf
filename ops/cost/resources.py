"""What each type of resource costs for being there. A type that is in neither table stops the bill."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.cost.figures import CostError, assumed
from ops.plans import Resource

Values = Mapping[str, Any]

# A burstable instance of RDS and the smallest that a proxy is billed for.
_PROXY_VCPUS = 2
_ZONES = 2
_SERVERLESS = "db.serverless"
_FARGATE_CPU_UNITS = 1024
_MB_PER_GB = 1024


@dataclass(frozen=True)
class Use:
    """So much of something that has a price.

    Attributes:
        what: for the bill's reader.
        price: its name in prices.toml.
        quantity: a month.
        where: the address of a resource, or who makes it.
    """

    what: str
    price: str
    quantity: float
    where: str


Amount = tuple[str, str, float]


def _hours() -> float:
    return assumed()["hours_per_month"]


def _database(values: Values) -> Iterator[Amount]:
    copies, note = (2, ", Multi-AZ") if values.get("multi_az") else (1, "")
    kind = str(values["instance_class"])
    yield f"{kind}{note}", kind, copies * _hours()
    # A replica has what its source has, which no plan of it says.
    unsaid = assumed()["database_gb"] if values.get("replicate_source_db") else 0
    storage = float(values.get("allocated_storage") or unsaid)
    yield f"{storage:g} GB gp3; as much backup is free", "database_gp3_gb", copies * storage


def _backup_copies(_: Values) -> Iterator[Amount]:
    yield "backups in another region", "backup_stored_gb", assumed()["database_gb"]
    yield "their way there", "transfer_between_regions_gb", assumed()["backup_gb_per_month"]


def _cluster_instance(values: Values) -> Iterator[Amount]:
    kind = str(values["instance_class"])
    # A serverless one costs what its cluster says.
    if kind != _SERVERLESS:
        yield kind, kind, _hours()


def _capacity(listed: Iterable[Resource]) -> Iterator[Use]:
    """The least that each serverless member of a cluster takes."""
    least: dict[str, float] = {}
    members: list[Resource] = []
    for one in listed:
        if one.type == "aws_rds_cluster":
            scaling = (one.values.get("serverlessv2_scaling_configuration") or [{}])[0]
            least[_module(one)] = float(scaling.get("min_capacity") or 0)
        elif one.type == "aws_rds_cluster_instance" and one.values["instance_class"] == _SERVERLESS:
            members.append(one)
    for one in members:
        acu = least[_module(one)]
        what = f"Aurora Serverless v2, never below {acu:g} ACU"
        yield Use(what, "aurora_capacity_hour", acu * _hours(), one.address)


def _module(one: Resource) -> str:
    return one.address.rpartition(f"{one.type}.")[0]


def _alarm(values: Values) -> Iterator[Amount]:
    queries = values.get("metric_query") or []
    metrics = sum(1 for query in queries if query.get("metric")) or 1
    yield "alarm", "alarm_metric", metrics


def _endpoint(values: Values) -> Iterator[Amount]:
    if values.get("vpc_endpoint_type", "Gateway") == "Gateway":
        return
    zones = len(values.get("subnet_ids") or ()) or _ZONES
    yield "interface endpoint", "interface_endpoint_hour", zones * _hours()


def _table(values: Values) -> Iterator[Amount]:
    if values.get("billing_mode") != "PAY_PER_REQUEST":
        raise CostError(
            "A provisioned DynamoDB table has no price here: make it PAY_PER_REQUEST, or add one."
        )
    yield "storage of the table", "dynamodb_stored_gb", assumed()["table_gb"]
    if any(recovery.get("enabled") for recovery in values.get("point_in_time_recovery") or ()):
        yield "point-in-time recovery of the table", "dynamodb_recovery_gb", assumed()["table_gb"]


def _task(values: Values) -> Iterator[Amount]:
    hours = assumed()["task_hours_per_month"]
    vcpus = float(values["cpu"]) / _FARGATE_CPU_UNITS
    yield f"{vcpus:g} vCPU of tasks", "fargate_spot_vcpu_hour", hours * vcpus
    yield "memory of tasks", "fargate_spot_gb_hour", hours * float(values["memory"]) / _MB_PER_GB
    yield "public address of tasks", "public_ipv4_hour", hours


def _web_acl(values: Values) -> Iterator[Amount]:
    yield "web ACL", "web_acl", 1
    yield "its rules", "web_acl_rule", len(values.get("rule") or ())


def _hourly(what: str, price: str, count: int = 1) -> Callable[[Values], Iterator[Amount]]:
    return lambda _: iter([(what, price, count * _hours())])


def _monthly(what: str, price: str) -> Callable[[Values], Iterator[Amount]]:
    return lambda _: iter([(what, price, 1.0)])


def _assumed(what: str, price: str, assumption: str) -> Callable[[Values], Iterator[Amount]]:
    return lambda _: iter([(what, price, assumed()[assumption])])


PRICED: dict[str, Callable[[Values], Iterable[Amount]]] = {
    "aws_cloudtrail": _assumed("events passed on to the logs", "log_ingested_gb", "trail_log_gb"),
    "aws_cloudwatch_composite_alarm": _monthly("composite alarm", "composite_alarm"),
    "aws_cloudwatch_dashboard": _monthly("dashboard", "dashboard"),
    "aws_cloudwatch_log_metric_filter": _monthly("metric from logs", "custom_metric"),
    "aws_cloudwatch_metric_alarm": _alarm,
    "aws_db_instance": _database,
    "aws_db_instance_automated_backups_replication": _backup_copies,
    "aws_db_proxy": _hourly("RDS Proxy", "proxy_vcpu_hour", _PROXY_VCPUS),
    "aws_dynamodb_table": _table,
    "aws_ecr_repository": _assumed("images", "image_stored_gb", "image_gb"),
    "aws_ecs_task_definition": _task,
    "aws_eip": _hourly("public IPv4 address", "public_ipv4_hour"),
    "aws_kms_key": _monthly("key", "encryption_key"),
    "aws_lb": _hourly("load balancer", "load_balancer_hour"),
    "aws_nat_gateway": _hourly("NAT gateway, without its traffic", "nat_gateway_hour"),
    "aws_rds_cluster": _assumed("storage of a cluster", "aurora_stored_gb", "aurora_gb"),
    "aws_rds_cluster_instance": _cluster_instance,
    "aws_route53_zone": _monthly("hosted zone", "hosted_zone"),
    "aws_s3_bucket": _assumed("stored files", "s3_stored_gb", "stored_gb_per_bucket"),
    "aws_secretsmanager_secret": _monthly("secret", "secret"),
    "aws_vpc_endpoint": _endpoint,
    "aws_wafv2_web_acl": _web_acl,
}

_PART = "part of another resource"
_RIGHTS = "who may do what"
_NETWORK = "AWS asks nothing for it"
_TRAFFIC = "costs by use, which is a line of its own"
FREE = {
    "aws_acm_certificate": "certificates for CloudFront and the gateway are free",
    "aws_acm_certificate_validation": "waits for a certificate",
    "aws_api_gateway_account": _PART,
    "aws_api_gateway_base_path_mapping": _TRAFFIC,
    "aws_api_gateway_domain_name": _TRAFFIC,
    "aws_budgets_budget": "a budget that only warns is free",
    "aws_cloudfront_cache_policy": _PART,
    "aws_cloudfront_distribution": _TRAFFIC,
    "aws_cloudfront_function": _TRAFFIC,
    "aws_cloudfront_key_value_store": _TRAFFIC,
    "aws_cloudfront_origin_access_control": _PART,
    "aws_cloudfront_origin_request_policy": _PART,
    "aws_cloudfront_response_headers_policy": _PART,
    "aws_cloudwatch_event_rule": "rules on a schedule and on AWS's own events are free",
    "aws_cloudwatch_event_target": _PART,
    "aws_cloudwatch_log_group": _TRAFFIC,
    "aws_cloudwatch_log_resource_policy": _RIGHTS,
    "aws_cloudwatch_query_definition": "a saved query; running one costs by what it reads",
    "aws_db_parameter_group": _PART,
    "aws_db_proxy_default_target_group": _PART,
    "aws_db_proxy_target": _PART,
    "aws_db_subnet_group": _PART,
    "aws_default_network_acl": _NETWORK,
    "aws_default_route_table": _NETWORK,
    "aws_default_security_group": _NETWORK,
    "aws_ecr_lifecycle_policy": _PART,
    "aws_ecr_repository_policy": _RIGHTS,
    "aws_ecs_cluster": "a name for tasks, which are priced",
    "aws_ecs_cluster_capacity_providers": _PART,
    "aws_egress_only_internet_gateway": "IPv6's way out costs nothing",
    "aws_iam_instance_profile": _RIGHTS,
    "aws_iam_openid_connect_provider": _RIGHTS,
    "aws_iam_policy": _RIGHTS,
    "aws_iam_role": _RIGHTS,
    "aws_iam_role_policies_exclusive": _RIGHTS,
    "aws_iam_role_policy": _RIGHTS,
    "aws_iam_role_policy_attachment": _RIGHTS,
    "aws_internet_gateway": _NETWORK,
    "aws_kms_alias": _PART,
    "aws_lambda_permission": _RIGHTS,
    "aws_network_acl": _NETWORK,
    "aws_rds_cluster_parameter_group": _PART,
    "aws_route": _NETWORK,
    "aws_route53_record": _PART,
    "aws_route_table": _NETWORK,
    "aws_route_table_association": _NETWORK,
    "aws_s3_bucket_cors_configuration": _PART,
    "aws_s3_bucket_lifecycle_configuration": _PART,
    "aws_s3_bucket_notification": _PART,
    "aws_s3_bucket_ownership_controls": _PART,
    "aws_s3_bucket_policy": _RIGHTS,
    "aws_s3_bucket_public_access_block": _RIGHTS,
    "aws_s3_bucket_server_side_encryption_configuration": "with S3's own key",
    "aws_s3_bucket_versioning": _PART,
    "aws_secretsmanager_secret_policy": _RIGHTS,
    "aws_secretsmanager_secret_version": _PART,
    "aws_security_group": _NETWORK,
    "aws_ses_active_receipt_rule_set": _TRAFFIC,
    "aws_ses_domain_identity": _TRAFFIC,
    "aws_sesv2_configuration_set": _TRAFFIC,
    "aws_sesv2_configuration_set_event_destination": _TRAFFIC,
    "aws_sesv2_email_identity": _TRAFFIC,
    "aws_sesv2_email_identity_feedback_attributes": _PART,
    "aws_sesv2_email_identity_mail_from_attributes": _PART,
    "aws_sns_topic": "a thousand mails a month are free; alarms send a few",
    "aws_sns_topic_policy": _RIGHTS,
    "aws_sns_topic_subscription": _PART,
    "aws_subnet": _NETWORK,
    "aws_vpc": _NETWORK,
    "aws_vpc_security_group_egress_rule": _NETWORK,
    "aws_vpc_security_group_ingress_rule": _NETWORK,
    "aws_xray_group": _TRAFFIC,
    "aws_xray_sampling_rule": _TRAFFIC,
    "terraform_data": "is nothing in AWS",
}


def uses(resources: Iterable[Resource]) -> list[Use]:
    """What the resources cost for being there.

    Raises:
        CostError: names every type that is neither priced nor known to be free.
    """
    listed = list(resources)
    unknown = sorted({one.type for one in listed} - PRICED.keys() - FREE.keys())
    if unknown:
        raise CostError(
            f"Nobody has said what {', '.join(unknown)} costs: add a price or the reason why it is free to"
            " ops/cost/resources.py."
        )
    there = [
        Use(what, price, quantity, one.address)
        for one in listed
        if one.type in PRICED
        for what, price, quantity in PRICED[one.type](one.values)
    ]
    return [*there, *_capacity(listed)]
