"""The API's own refusal of the staff's paths: rendered for Zappa where the API sees the visitor's address."""

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from ops import office_networks
from ops.platform import StagePlatform
from ops.zappa import Zappa
from ops.zappa_settings import Platform

NETWORKS = "203.0.113.0/24,2001:db8::/32"


def platform(**environment: str) -> StagePlatform:
    values = Platform(
        project="coalition-builder",
        region="us-east-1",
        deployments_bucket="releases",
        role_name="role",
        environment=environment,
    )
    return StagePlatform("prod", values, "ops-role", "static", "123456789012")


def denied(policy: dict[str, Any], method: str, path: str) -> bool:
    """Whether the denial is about a request, as IAM's wildcards match: * is any run of characters, / too."""
    [denial] = [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    return any(fnmatchcase(f"execute-api:/prod/{method}{path}", resource) for resource in denial["Resource"])


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/login/",
        "/staff/tokens/",
        "/api/influencers/",
        "/api/platforms/youtube/accounts/",
    ],
)
def test_the_staffs_paths_are_denied_outside(path: str) -> None:
    policy = office_networks.policy("prod", NETWORKS.split(","))
    assert denied(policy, "GET", path)
    assert denied(policy, "POST", path)
    [denial] = [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    assert denial["Condition"] == {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}
    assert {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "Resource": ["execute-api:/*"],
    } in policy["Statement"]


@pytest.mark.parametrize(
    "path", ["/", "/campaigns/", "/api/campaigns/", "/healthz", "/static/admin/base.css", "/administration"]
)
def test_the_publics_paths_are_not(path: str) -> None:
    assert not denied(office_networks.policy("prod", ["203.0.113.0/24"]), "GET", path)


def test_an_empty_list_locks_nobody_out() -> None:
    assert platform().api_policy is None
    with pytest.raises(ValueError, match="lock everybody out"):
        office_networks.policy("prod", [])


def test_zappa_is_given_the_policy_beside_its_settings(tmp_path: Path) -> None:
    ours = platform(OFFICE_NETWORKS=NETWORKS)
    settings = ours.rendered_settings("https://act.example.org")
    Zappa(tmp_path).render(settings, ours.api_policy)
    named = settings["prod"]["apigateway_policy"]
    assert json.loads((tmp_path / named).read_text()) == office_networks.policy("prod", NETWORKS.split(","))
    assert "apigateway_policy" not in settings["prod-ops"]
    assert settings["prod"]["aws_environment_variables"]["OFFICE_NETWORKS"] == NETWORKS


def test_behind_a_cdn_the_application_checks_alone() -> None:
    ours = platform(OFFICE_NETWORKS=NETWORKS, CDN_SECRET="coalition-builder/prod/cdn/origin")
    assert ours.api_policy is None
    rendered = ours.rendered_settings("https://act.example.org")["prod"]
    assert "apigateway_policy" not in rendered
    assert rendered["aws_environment_variables"]["OFFICE_NETWORKS"] == NETWORKS
