"""docs/endpoints.md says of each endpoint what the code does."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app import aws
from app.config import endpoints
from tests.terraform import hcl_blocks

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "endpoints.md").read_text()
Row = tuple[str, ...]


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    aws.forget_clients()
    yield
    aws.forget_clients()


def documented() -> list[Row]:
    """The cells of each row below the table's head."""
    rows = re.findall(r"^\| (.+) \|$", DOCUMENT, re.MULTILINE)
    return [tuple(cell.strip() for cell in row.split(" | ")) for row in rows[2:]]


def in_code() -> list[Row]:
    database = {"HOST": "DATABASE_HOST", "OPTIONS": {}}
    return [row(target) for target in endpoints.targets(database)]


def row(target: endpoints.Target) -> Row:
    known = aws.ENDPOINTS.get(target.name)
    gateway = known is not None and known.gateway
    # The database is in our own subnets.
    family = "IPv4" if gateway or known is None else "IPv6"
    goes_on = "" if target.required else " (a deploy goes on)"
    host = target.host.replace("eu-west-1", "REGION")
    return (
        f"`{target.name}`",
        f"`{host}`",
        family,
        "yes" if gateway else "no",
        target.without_it + goes_on,
    )


def test_the_table_is_what_the_code_does() -> None:
    assert documented() == in_code()


def test_a_gateway_endpoint_is_made_for_exactly_the_services_that_rely_on_one() -> None:
    network = hcl_blocks.TERRAFORM / "modules" / "network"
    (gateways,) = [
        body
        for kind, name, body in hcl_blocks.resources(network)
        if (kind, name) == ("aws_vpc_endpoint", "gateway")
    ]
    made = set(re.findall(r"\w+", str(gateways["for_each"]))) - {"toset"}
    assert made == {name for name, endpoint in aws.ENDPOINTS.items() if endpoint.gateway}


def test_only_a_gateway_or_a_host_with_ipv6_is_relied_on() -> None:
    """AWS documents IPv6 for Secrets Manager's plain host; every other plain host would be IPv4 alone."""
    plain = {
        name
        for name, endpoint in aws.ENDPOINTS.items()
        if not endpoint.gateway and not (urlsplit(aws.address(name)).hostname or "").endswith(".api.aws")
    }
    assert plain == {"secretsmanager"}
