"""The CDN's function, run by Node as CloudFront's runtime runs it: one file, an async handler, one import."""

import json
import subprocess
from typing import Any

import pytest

from tests.node import NODE
from tests.terraform import hcl_blocks

SOURCE = (hcl_blocks.TERRAFORM / "modules" / "cdn" / "viewer_request.js").read_text()
IMPORT = "import cf from 'cloudfront';"
STORE = "const cf = { kvs: () => ({ get: async (key) => { if (key === 'origin-secret') return 'the-secret'; throw new Error(key); } }) };"

Answer = dict[str, Any]


def answer(
    host: str, domain: str = "example.org", query: dict[str, Any] | None = None, **headers: str
) -> Answer:
    """What the function gives back for a GET of /campaigns/ from 198.51.100.10."""
    assert SOURCE.count(IMPORT) == 1
    code = SOURCE.replace(IMPORT, STORE).replace("${domain}", domain)
    sent = {name.replace("_", "-"): {"value": value} for name, value in {"host": host, **headers}.items()}
    request = {
        "method": "GET",
        "uri": "/campaigns/",
        "querystring": query or {},
        "headers": sent,
        "cookies": {},
    }
    event = json.dumps({"version": "1.0", "viewer": {"ip": "198.51.100.10"}, "request": request})
    run = f"{code}\nhandler({event}).then((made) => console.log(JSON.stringify(made)));"
    result = subprocess.run([NODE, "-e", run], capture_output=True, text=True, check=True)
    made: Answer = json.loads(result.stdout)
    return made


def test_the_application_is_told_who_asks_for_which_host() -> None:
    headers = answer(
        "example.org", x_viewer_address="6.6.6.6", x_viewer_host="evil", x_origin_secret="guessed"
    )["headers"]
    assert {name: header["value"] for name, header in headers.items()} == {
        "host": "example.org",
        "x-viewer-address": "198.51.100.10",
        "x-viewer-host": "example.org",
        "x-origin-secret": "the-secret",
    }


def test_a_request_is_not_changed_otherwise() -> None:
    query = {"page": {"value": "2"}}
    made = answer("example.org", query=query)
    assert (made["method"], made["uri"], made["querystring"]) == ("GET", "/campaigns/", query)


def test_www_is_sent_to_the_domain() -> None:
    made = answer("www.example.org")
    assert (made["statusCode"], made["headers"]["location"]["value"]) == (
        301,
        "https://example.org/campaigns/",
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"page": {"value": "2"}}, "?page=2"),
        ({"q": {"value": "a%26b"}, "flag": {"value": ""}}, "?q=a%26b&flag"),
        (
            {"kind": {"value": "county", "multiValue": [{"value": "state"}, {"value": "county"}]}},
            "?kind=state&kind=county",
        ),
    ],
)
def test_www_keeps_what_was_asked(query: dict[str, Any], expected: str) -> None:
    assert (
        answer("www.example.org", query=query)["headers"]["location"]["value"]
        == f"https://example.org/campaigns/{expected}"
    )


@pytest.mark.parametrize(
    ("host", "domain"), [("d111111abcdef8.cloudfront.net", "example.org"), ("www.", ""), ("example.org", "")]
)
def test_nobody_else_is_sent_away(host: str, domain: str) -> None:
    assert "statusCode" not in answer(host, domain)


def test_nobodys_host_decides_where_others_are_sent() -> None:
    assert "statusCode" not in answer("www.example.org.evil.example")
