"""What a plan makes, as IAM sees it: ARNs and tags, and the calls that make and change each kind."""

from dataclasses import dataclass, replace
from typing import Any

from ops import offline_aws
from tests.terraform.plans import Plan

_HERE = f"us-east-1:{offline_aws.ACCOUNT_ID}"
_ACCOUNT = f":{offline_aws.ACCOUNT_ID}"


@dataclass(frozen=True)
class Kind:
    """A kind of resource.

    Attributes:
        arns: what follows `arn:aws:`, with the resource's own values; a number stands in where AWS chooses one.
        made_by: calls that make it, which have its tags in the request.
        changed_by: calls on what is there.
        also: what those calls ask leave for besides: action, and what follows `arn:aws:`. It has no tags.
    """

    arns: tuple[str, ...]
    made_by: tuple[str, ...]
    changed_by: tuple[str, ...]
    also: tuple[tuple[str, str], ...] = ()


def _network(kind: str, made_by: str, *changed_by: str) -> Kind:
    return Kind(
        (f"ec2:{_HERE}:{kind}/{kind}-1",), (f"ec2:{made_by}",), tuple(f"ec2:{one}" for one in changed_by)
    )


def _named(service: str, arn: str, made_by: str, *changed_by: str) -> Kind:
    return Kind(
        (f"{service}:{arn}",), (f"{service}:{made_by}",), tuple(f"{service}:{one}" for one in changed_by)
    )


def _also(kind: Kind, *also: tuple[str, str]) -> Kind:
    return replace(kind, also=also)


# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
_INSTANCES_GROUPS = tuple(
    (f"rds:{action}", f"rds:{_HERE}:{group}")
    for action in ("CreateDBInstance", "ModifyDBInstance")
    for group in ("og:default:postgres-16", "pg:default.postgres16")
)
_AURORAS_GROUPS = tuple(
    (f"rds:{action}", f"rds:{_HERE}:{group}")
    for action in ("CreateDBCluster", "ModifyDBCluster", "RestoreDBClusterFromSnapshot")
    for group in ("og:default:aurora-postgresql-16", "cluster-pg:default.aurora-postgresql16")
)

KINDS = {
    "aws_budgets_budget": _named("budgets", f"{_ACCOUNT}:budget/{{name}}", "ModifyBudget", "ModifyBudget"),
    "aws_cloudtrail": _named(
        "cloudtrail", f"{_HERE}:trail/{{name}}", "CreateTrail", "StartLogging", "DeleteTrail"
    ),
    "aws_cloudwatch_dashboard": _named(
        "cloudwatch", f"{_ACCOUNT}:dashboard/{{dashboard_name}}", "PutDashboard", "DeleteDashboards"
    ),
    "aws_cloudwatch_event_rule": _named(
        "events", f"{_HERE}:rule/{{name}}", "PutRule", "PutTargets", "RemoveTargets", "DeleteRule"
    ),
    "aws_cloudwatch_log_group": Kind(
        (f"logs:{_HERE}:log-group:{{name}}",),
        ("logs:CreateLogGroup",),
        ("logs:PutRetentionPolicy", "logs:PutMetricFilter", "logs:DeleteLogGroup"),
    ),
    "aws_cloudwatch_metric_alarm": _named(
        "cloudwatch", f"{_HERE}:alarm:{{alarm_name}}", "PutMetricAlarm", "DeleteAlarms"
    ),
    "aws_db_instance": _also(
        _named(
            "rds",
            f"{_HERE}:db:{{identifier}}",
            "CreateDBInstance",
            "ModifyDBInstance",
            "DeleteDBInstance",
            "AddTagsToResource",
            "CreateDBInstanceReadReplica",
            "StartDBInstanceAutomatedBackupsReplication",
            "StopDBInstanceAutomatedBackupsReplication",
        ),
        *_INSTANCES_GROUPS,
        ("rds:CreateDBInstanceReadReplica", f"rds:{_HERE}:og:default:postgres-16"),
        ("rds:StartDBInstanceAutomatedBackupsReplication", f"rds:us-west-2{_ACCOUNT}:auto-backup:ab-1"),
    ),
    "aws_db_parameter_group": _named(
        "rds", f"{_HERE}:pg:{{name_prefix}}2026", "CreateDBParameterGroup", "DeleteDBParameterGroup"
    ),
    "aws_db_proxy": _named(
        "rds", f"{_HERE}:db-proxy:prx-1", "CreateDBProxy", "ModifyDBProxy", "DeleteDBProxy"
    ),
    "aws_db_subnet_group": _named(
        "rds", f"{_HERE}:subgrp:{{name}}", "CreateDBSubnetGroup", "DeleteDBSubnetGroup"
    ),
    "aws_default_security_group": _network(
        "security-group", "CreateTags", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress"
    ),
    "aws_dynamodb_table": _named(
        "dynamodb", f"{_HERE}:table/{{name}}", "CreateTable", "UpdateTimeToLive", "DeleteTable"
    ),
    "aws_ecr_repository": _named(
        "ecr", f"{_HERE}:repository/{{name}}", "CreateRepository", "PutLifecyclePolicy", "DeleteRepository"
    ),
    "aws_ecs_cluster": _named(
        "ecs", f"{_HERE}:cluster/{{name}}", "CreateCluster", "PutClusterCapacityProviders", "DeleteCluster"
    ),
    "aws_ecs_task_definition": _named(
        "ecs", f"{_HERE}:task-definition/{{family}}:1", "RegisterTaskDefinition", "DeregisterTaskDefinition"
    ),
    "aws_egress_only_internet_gateway": _network(
        "egress-only-internet-gateway", "CreateEgressOnlyInternetGateway", "DeleteEgressOnlyInternetGateway"
    ),
    "aws_iam_role": _named("iam", f"{_ACCOUNT}:role/{{name}}", "CreateRole", "PutRolePolicy", "DeleteRole"),
    "aws_internet_gateway": _network(
        "internet-gateway", "CreateInternetGateway", "AttachInternetGateway", "DeleteInternetGateway"
    ),
    "aws_kms_alias": _named("kms", f"us-west-2{_ACCOUNT}:{{name}}", "CreateAlias", "DeleteAlias"),
    "aws_kms_key": Kind(
        (f"kms:us-west-2{_ACCOUNT}:key/1",),
        ("kms:CreateKey", "kms:TagResource"),
        ("kms:CreateAlias", "kms:CreateGrant", "kms:EnableKeyRotation", "kms:ScheduleKeyDeletion"),
    ),
    "aws_rds_cluster": _also(
        _named(
            "rds",
            f"{_HERE}:cluster:{{cluster_identifier}}",
            "CreateDBCluster",
            "ModifyDBCluster",
            "DeleteDBCluster",
        ),
        *_AURORAS_GROUPS,
    ),
    "aws_rds_cluster_instance": _also(
        _named("rds", f"{_HERE}:db:{{identifier}}", "CreateDBInstance", "DeleteDBInstance"),
        ("rds:CreateDBInstance", f"rds:{_HERE}:pg:default.aurora-postgresql16"),
    ),
    "aws_rds_cluster_parameter_group": _named(
        "rds",
        f"{_HERE}:cluster-pg:{{name_prefix}}2026",
        "CreateDBClusterParameterGroup",
        "DeleteDBClusterParameterGroup",
    ),
    "aws_route_table": _network(
        "route-table", "CreateRouteTable", "CreateRoute", "AssociateRouteTable", "DeleteRouteTable"
    ),
    "aws_s3_bucket": _named("s3", "::{bucket}", "CreateBucket", "PutBucketPolicy", "DeleteBucket"),
    "aws_secretsmanager_secret": _named(
        "secretsmanager", f"{_HERE}:secret:{{name}}-AbCdEf", "CreateSecret", "PutSecretValue", "DeleteSecret"
    ),
    "aws_security_group": _network(
        "security-group", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "DeleteSecurityGroup"
    ),
    "aws_sesv2_configuration_set": _named(
        "ses",
        f"{_HERE}:configuration-set/{{configuration_set_name}}",
        "CreateConfigurationSet",
        "CreateConfigurationSetEventDestination",
        "DeleteConfigurationSet",
    ),
    "aws_sesv2_email_identity": _named(
        "ses",
        f"{_HERE}:identity/{{email_identity}}",
        "CreateEmailIdentity",
        "PutEmailIdentityMailFromAttributes",
        "DeleteEmailIdentity",
    ),
    "aws_sns_topic": _named("sns", f"{_HERE}:{{name}}", "CreateTopic", "SetTopicAttributes", "DeleteTopic"),
    "aws_subnet": _network("subnet", "CreateSubnet", "ModifySubnetAttribute", "DeleteSubnet"),
    "aws_vpc": _network("vpc", "CreateVpc", "CreateSubnet", "ModifyVpcAttribute", "DeleteVpc"),
    "aws_vpc_endpoint": _also(
        _network("vpc-endpoint", "CreateVpcEndpoint", "DeleteVpcEndpoints"),
        ("route53:AssociateVPCWithHostedZone", "route53:::hostedzone/Z1"),
    ),
    "aws_vpc_security_group_egress_rule": _network(
        "security-group-rule", "AuthorizeSecurityGroupEgress", "ModifySecurityGroupRules"
    ),
    "aws_vpc_security_group_ingress_rule": _network(
        "security-group-rule", "AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules"
    ),
    "aws_xray_group": _named("xray", f"{_HERE}:group/{{group_name}}/1", "CreateGroup", "DeleteGroup"),
    "aws_xray_sampling_rule": _named(
        "xray", f"{_HERE}:sampling-rule/{{rule_name}}", "CreateSamplingRule", "DeleteSamplingRule"
    ),
}


# A call that makes a part of a network names none that is there.
NEW_PARTS_OF_A_NETWORK = {
    (action, arn.rpartition(":")[2].partition("/")[0])
    for kind in KINDS.values()
    for arn in kind.arns
    for action in kind.made_by
    if action.startswith("ec2:") and action != "ec2:CreateTags"
}


@dataclass(frozen=True)
class Thing:
    """One resource.

    Attributes:
        address: in the plan.
        arn: as IAM compares it.
        tags: that it has.
        kind: how it is made and changed.
    """

    address: str
    arn: str
    tags: dict[str, str]
    kind: Kind

    @property
    def service(self) -> str:
        return self.arn.split(":")[2]

    @property
    def resource_type(self) -> str:
        return self.arn.rpartition(":")[2].partition("/")[0]

    def existing(self) -> dict[str, str]:
        """A request's context that comes of the thing itself."""
        return {f"aws:ResourceTag/{key}": value for key, value in self.tags.items()}

    def requested(self) -> dict[str, str]:
        """A request's context that makes the thing."""
        return {f"aws:RequestTag/{key}": value for key, value in self.tags.items()}


def of(plan: Plan) -> list[Thing]:
    return [
        Thing(address, f"arn:aws:{arn.format_map(values)}", values.get("tags_all") or {}, KINDS[kind])
        for address, values in plan.resources.items()
        if (kind := kind_of(address)) in KINDS
        for arn in KINDS[kind].arns
    ]


def kind_of(address: str) -> str:
    return address.rpartition(".")[0].rpartition(".")[2] if "[" not in address else _indexed(address)


def _indexed(address: str) -> str:
    """`module.a["x.y"].aws_vpc.this["z.z"]`: keys may hold points."""
    outside = "".join(part for index, part in enumerate(address.split('"')) if index % 2 == 0)
    return outside.split(".")[-2]


def made_elsewhere(project: str, stage: str) -> list[Thing]:
    """What Zappa makes for a stage, and what only real AWS is planned with."""
    values: dict[str, Any] = {"function": f"{project}-{stage}"}
    function = Kind((), (), ())
    return [
        Thing(name, f"arn:aws:{arn.format_map(values)}", {}, function)
        for name, arn in {
            "Zappa's function": f"lambda:{_HERE}:function:{{function}}",
            "Zappa's companion": f"lambda:{_HERE}:function:{{function}}-ops",
            "Zappa's stack": f"cloudformation:{_HERE}:stack/{{function}}/1",
        }.items()
    ]
