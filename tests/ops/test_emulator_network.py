"""The emulator's repairs of networks do their work, and are still needed."""

from pathlib import Path
from typing import Any

import pytest

from ops import emulator
from tests.ops.emulated import client


@pytest.fixture(scope="module")
def ec2(running: emulator.Emulator) -> Any:
    return client(running, "ec2")


@pytest.fixture
def vpc(ec2: Any) -> dict[str, Any]:
    made: dict[str, Any] = ec2.create_vpc(CidrBlock="10.1.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    return made


def test_a_network_gets_an_ipv6_block_and_is_found_by_it(ec2: Any, vpc: dict[str, Any]) -> None:
    association = vpc["Ipv6CidrBlockAssociationSet"][0]
    assert association["Ipv6CidrBlock"].endswith("00::/56")
    name = "ipv6-cidr-block-association.association-id"
    found = ec2.describe_vpcs(Filters=[{"Name": name, "Values": [association["AssociationId"]]}])["Vpcs"]
    assert [one["VpcId"] for one in found] == [vpc["VpcId"]]


def test_a_subnet_keeps_its_ipv6_block_and_gives_addresses_of_it(ec2: Any, vpc: dict[str, Any]) -> None:
    block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("00::/56", "01::/64")
    subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.1.0.0/24", Ipv6CidrBlock=block)["Subnet"]
    ec2.modify_subnet_attribute(SubnetId=subnet["SubnetId"], AssignIpv6AddressOnCreation={"Value": True})
    found = ec2.describe_subnets(SubnetIds=[subnet["SubnetId"]])["Subnets"][0]
    assert found["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"] == block
    assert found["AssignIpv6AddressOnCreation"] is True


def test_an_ipv6_route_is_kept_until_it_is_deleted(ec2: Any, vpc: dict[str, Any]) -> None:
    gateway = ec2.create_egress_only_internet_gateway(VpcId=vpc["VpcId"])["EgressOnlyInternetGateway"]
    table = ec2.create_route_table(VpcId=vpc["VpcId"])["RouteTable"]["RouteTableId"]
    route = {"RouteTableId": table, "DestinationIpv6CidrBlock": "::/0"}
    ec2.create_route(**route, EgressOnlyInternetGatewayId=gateway["EgressOnlyInternetGatewayId"])
    assert ipv6_routes(ec2, table) == [gateway["EgressOnlyInternetGatewayId"]]
    ec2.delete_route(**route)
    assert ipv6_routes(ec2, table) == []


def ipv6_routes(ec2: Any, table: str) -> list[str]:
    routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    return [
        route["EgressOnlyInternetGatewayId"]
        for route in routes
        if route.get("DestinationIpv6CidrBlock") == "::/0"
    ]


def test_a_rule_to_a_prefix_list_is_kept(ec2: Any, vpc: dict[str, Any]) -> None:
    assert prefix_lists_of_a_rule(ec2, vpc["VpcId"]) == ["pl-63a5400a"]


def prefix_lists_of_a_rule(ec2: Any, vpc: str) -> list[str | None]:
    group = ec2.create_security_group(GroupName="probe", Description="probe", VpcId=vpc)["GroupId"]
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "PrefixListIds": [{"PrefixListId": "pl-63a5400a", "Description": "S3"}],
    }
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    return [rule.get("PrefixListId") for rule in rules["SecurityGroupRules"] if rule.get("ToPort") == 443]


def test_the_repair_of_ipv6_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="dual_stack") as running:
        made = client(running, "ec2").create_vpc(CidrBlock="10.1.0.0/16", AmazonProvidedIpv6CidrBlock=True)
    assert "Ipv6CidrBlockAssociationSet" not in made["Vpc"]


def test_the_repair_of_prefix_lists_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="prefix_lists") as running:
        ec2 = client(running, "ec2")
        vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        assert prefix_lists_of_a_rule(ec2, vpc) == [None]
