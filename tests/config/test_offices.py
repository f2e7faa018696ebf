"""With a list of networks the staff's paths answer the office alone, whoever signs in; the public's answer everybody."""

from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from app.accounts.models import User
from app.accounts.policy import POLICY, PUBLIC
from app.config.offices import STAFF_PATHS, is_inside, is_staff_path
from app.config.settings import env
from ops import office_networks
from tests.stage import PRODUCTION, run

OFFICE, OUTSIDE = "203.0.113.7", "198.51.100.1"


@pytest.fixture
def office(settings: Any) -> None:
    settings.OFFICE_NETWORKS = [ip_network("203.0.113.0/24"), ip_network("2001:db8:1::/48")]


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    ("address", "may"),
    [
        (OFFICE, True),
        (OUTSIDE, False),
        ("2001:db8:1::5", True),
        ("2001:db8:2::5", False),
        ("::ffff:203.0.113.7", True),
        ("::ffff:198.51.100.1", False),
        ("", False),
        ("office", False),
    ],
)
def test_an_address_is_inside_or_not(settings: Any, address: str, may: bool) -> None:  # noqa: FBT001 - what is expected
    assert is_inside(address, settings.OFFICE_NETWORKS) is may
    assert is_inside(address, [])


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin",
        "/admin/login/",
        "/staff/accounts/youtube/",
        "/api/influencers/",
        "/api/platforms/youtube/accounts/",
    ],
)
def test_the_staffs_paths_answer_the_office_alone(administrator: User, path: str) -> None:
    client = Client()
    client.force_login(administrator)
    refused = client.get(path, REMOTE_ADDR=OUTSIDE)
    assert refused.status_code == 403
    assert OUTSIDE in refused.content.decode()
    assert "no-store" in refused["Cache-Control"]
    if path.startswith("/api/"):
        assert refused.json()["error"]["code"] == "office_only"
    assert client.get(path, REMOTE_ADDR=OFFICE).status_code in {200, 301, 302}


@pytest.mark.usefixtures("office", "campaign")
@pytest.mark.parametrize(
    "path",
    ["/", "/campaigns/clean-water/", "/api/campaigns/", "/healthz", "/set-password/done/", "/administration"],
)
def test_the_publics_paths_answer_everybody(outsider: Client, path: str) -> None:
    expected = 404 if path == "/administration" else 200
    assert outsider.get(path, REMOTE_ADDR=OUTSIDE).status_code == expected


@pytest.mark.usefixtures("office", "campaign")
def test_a_header_makes_nobody_one_of_the_office(outsider: Client) -> None:
    headers = {"x-forwarded-for": OFFICE, "x-real-ip": OFFICE, "forwarded": f"for={OFFICE}"}
    assert outsider.get("/admin/", headers=headers, REMOTE_ADDR=OUTSIDE).status_code == 403


def routes(resolver: URLResolver, prefix: str = "/") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for pattern in resolver.url_patterns:
        place = prefix + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            found += routes(pattern, place)
        elif isinstance(pattern, URLPattern) and pattern.name:
            found.append((pattern.name, place))
    return found


def test_no_route_of_the_staff_is_forgotten() -> None:
    private = {name.removeprefix("api:") for (name, _), allowed in POLICY.items() if PUBLIC not in allowed}
    places = [
        (name, place)
        for name, place in routes(get_resolver())
        if name in private or name.startswith("staff-")
    ]
    assert len(places) > len(private)
    assert [place for _, place in places if not is_staff_path(place)] == []


def test_the_gateway_and_the_application_mean_the_same_paths() -> None:
    assert office_networks.STAFF_PATHS == STAFF_PATHS


@pytest.mark.parametrize("text", ["203.0.113.7/24", "office", "203.0.113.0/33", "203.0.113.0/24,,x"])
def test_a_stage_with_a_network_that_can_not_be_read_does_not_start(text: str) -> None:
    result = run("-c", "import app.config.settings", environment=PRODUCTION | {"OFFICE_NETWORKS": text})
    assert result.returncode != 0
    assert "OFFICE_NETWORKS has" in result.stderr
    assert "expected networks like 203.0.113.0/24" in result.stderr


def test_a_stage_reads_networks_of_both_kinds() -> None:
    code = "from app.config.settings import OFFICE_NETWORKS; print(*OFFICE_NETWORKS)"
    networks = "203.0.113.0/24, 198.51.100.7,2001:db8::/32"
    result = run("-c", code, environment=PRODUCTION | {"OFFICE_NETWORKS": networks})
    assert result.stdout.split() == ["203.0.113.0/24", "198.51.100.7/32", "2001:db8::/32"], result.stderr


def test_nobody_is_restricted_unless_the_operator_says_so() -> None:
    assert "OFFICE_NETWORKS" in env.names
    result = run(
        "-c", "from app.config.settings import OFFICE_NETWORKS as n; print(n)", environment=PRODUCTION
    )
    assert result.stdout.strip() == "[]", result.stderr
