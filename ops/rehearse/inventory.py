"""What an account holds, kind by kind, to see that nothing is left of a rehearsal."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import reduce
from pathlib import Path
from typing import Any

import boto3

KNOWN = Path(__file__).with_name("known_remainders.json")


class RemaindersError(Exception):
    """Something is left, or the inventory is blind; the message names it."""


@dataclass(frozen=True)
class Kind:
    """How one kind of things is listed.

    Attributes:
        name: what it is called in reports.
        service, operation: of boto3.
        listed: the answer's list, dots between nested keys.
        named: what an entry is known by, dots likewise; empty if the entry is the name itself.
        arguments: of the call.
        is_made: whether a deployed platform has some, so that seeing none means that nobody looked.
    """

    name: str
    service: str
    operation: str
    listed: str
    named: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    is_made: bool = True

    def names(self) -> Iterator[str]:
        client = boto3.client(self.service)
        if client.can_paginate(self.operation):
            pages: Iterable[Any] = client.get_paginator(self.operation).paginate(**self.arguments)
        else:
            pages = [getattr(client, self.operation)(**self.arguments)]
        for page in pages:
            for entry in reduce(lambda found, key: found.get(key, []), self.listed.split("."), page):
                if not isinstance(entry, dict) or entry.get("StackStatus") != "DELETE_COMPLETE":
                    yield f"{self.name} {_value(entry, self.named) if self.named else entry}"


def _value(entry: dict[str, Any], keys: str) -> Any:
    return reduce(lambda found, key: found[key], keys.split("."), entry)


_ACCOUNT = {"AccountId": "000000000000"}
KINDS = (
    Kind("function", "lambda", "list_functions", "Functions", "FunctionName"),
    Kind("layer", "lambda", "list_layers", "Layers", "LayerName", is_made=False),
    Kind("API", "apigateway", "get_rest_apis", "items", "name"),
    Kind("rule", "events", "list_rules", "Rules", "Name"),
    Kind("stack", "cloudformation", "describe_stacks", "Stacks", "StackName"),
    Kind("bucket", "s3", "list_buckets", "Buckets", "Name"),
    Kind("table", "dynamodb", "list_tables", "TableNames"),
    Kind("secret", "secretsmanager", "list_secrets", "SecretList", "Name", {"IncludePlannedDeletion": True}),
    Kind("role", "iam", "list_roles", "Roles", "RoleName"),
    Kind("policy", "iam", "list_policies", "Policies", "PolicyName", {"Scope": "Local"}, is_made=False),
    Kind(
        "identity provider",
        "iam",
        "list_open_id_connect_providers",
        "OpenIDConnectProviderList",
        "Arn",
        is_made=False,
    ),
    Kind("log group", "logs", "describe_log_groups", "logGroups", "logGroupName"),
    Kind("alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    Kind("dashboard", "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName", is_made=False),
    Kind("topic", "sns", "list_topics", "Topics", "TopicArn"),
    Kind("subscription", "sns", "list_subscriptions", "Subscriptions", "SubscriptionArn", is_made=False),
    Kind("queue", "sqs", "list_queues", "QueueUrls", is_made=False),
    Kind("mail identity", "sesv2", "list_email_identities", "EmailIdentities", "IdentityName"),
    Kind("mail configuration", "sesv2", "list_configuration_sets", "ConfigurationSets"),
    Kind("database", "rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    Kind("database's subnets", "rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    Kind(
        "database's parameters",
        "rds",
        "describe_db_parameter_groups",
        "DBParameterGroups",
        "DBParameterGroupName",
    ),
    Kind("snapshot", "rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier", is_made=False),
    Kind("proxy", "rds", "describe_db_proxies", "DBProxies", "DBProxyName", is_made=False),
    Kind("network", "ec2", "describe_vpcs", "Vpcs", "VpcId"),
    Kind("subnet", "ec2", "describe_subnets", "Subnets", "SubnetId"),
    Kind("route table", "ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    Kind("security group", "ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    Kind("internet gateway", "ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    Kind(
        "egress-only gateway",
        "ec2",
        "describe_egress_only_internet_gateways",
        "EgressOnlyInternetGateways",
        "EgressOnlyInternetGatewayId",
    ),
    Kind("NAT gateway", "ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId", is_made=False),
    Kind("endpoint", "ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    Kind(
        "network interface",
        "ec2",
        "describe_network_interfaces",
        "NetworkInterfaces",
        "NetworkInterfaceId",
        is_made=False,
    ),
    Kind("address", "ec2", "describe_addresses", "Addresses", "PublicIp", is_made=False),
    Kind("distribution", "cloudfront", "list_distributions", "DistributionList.Items", "Id"),
    Kind(
        "origin access control",
        "cloudfront",
        "list_origin_access_controls",
        "OriginAccessControlList.Items",
        "Name",
    ),
    Kind(
        "cache policy",
        "cloudfront",
        "list_cache_policies",
        "CachePolicyList.Items",
        "CachePolicy.CachePolicyConfig.Name",
        {"Type": "custom"},
    ),
    Kind(
        "policy of answers' headers",
        "cloudfront",
        "list_response_headers_policies",
        "ResponseHeadersPolicyList.Items",
        "ResponseHeadersPolicy.ResponseHeadersPolicyConfig.Name",
        {"Type": "custom"},
    ),
    Kind("CDN's function", "cloudfront", "list_functions", "FunctionList.Items", "Name"),
    Kind("key-value store", "cloudfront", "list_key_value_stores", "KeyValueStoreList.Items", "Name"),
    Kind("certificate", "acm", "list_certificates", "CertificateSummaryList", "CertificateArn"),
    Kind("firewall", "wafv2", "list_web_acls", "WebACLs", "Name", {"Scope": "CLOUDFRONT"}, is_made=False),
    Kind("DNS zone", "route53", "list_hosted_zones", "HostedZones", "Name", is_made=False),
    Kind("cluster", "ecs", "list_clusters", "clusterArns", is_made=False),
    Kind("repository", "ecr", "describe_repositories", "repositories", "repositoryName", is_made=False),
    Kind("budget", "budgets", "describe_budgets", "Budgets", "BudgetName", _ACCOUNT, is_made=False),
)


def take() -> frozenset[str]:
    """Everything there is, as `kind name`."""
    return frozenset(name for kind in KINDS for name in kind.names())


def require_seen(before: frozenset[str], deployed: frozenset[str]) -> None:
    """See that an inventory finds what a deployed platform has, of each kind.

    Raises:
        RemaindersError: of a kind that is made it found none.
    """
    new = deployed - before
    blind = [
        kind.name
        for kind in KINDS
        if kind.is_made and not any(entry.startswith(f"{kind.name} ") for entry in new)
    ]
    if blind:
        raise RemaindersError(f"The inventory of a deployed platform shows no {', no '.join(blind)}.")


def require_empty(before: frozenset[str], after: frozenset[str]) -> list[str]:
    """See that nothing is left but what the reviewed list explains.

    Returns:
        What is left and explained.

    Raises:
        RemaindersError: something is left, or what was there before is gone.
    """
    patterns: dict[str, str] = json.loads(KNOWN.read_text())
    left = sorted(after - before)
    unexplained = [entry for entry in left if not any(fnmatch(entry, pattern) for pattern in patterns)]
    if unexplained or before - after:
        raise RemaindersError(
            f"Left behind: {', '.join(unexplained) or 'nothing'}."
            f" Gone, and not ours: {', '.join(sorted(before - after)) or 'nothing'}."
        )
    return left
