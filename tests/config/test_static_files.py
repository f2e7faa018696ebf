"""A stage without a CDN serves its own static files, through Lambda's entry point, on both kinds of host."""

import json
import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stage import PRODUCTION, run

EVENTS = Path(__file__).parent / "events"
API_HOST = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
# With and without the stage in front of every path.
HOSTS = {"regional": "/prod", "custom_domain": ""}

WITHOUT_CDN = {name: value for name, value in PRODUCTION.items() if name != "STATIC_URL"} | {
    "DJANGO_SETTINGS_MODULE": "app.config.settings",
    "ALLOWED_HOSTS": f"{API_HOST},www.coalition.example",
}
# A deployed stage's process: events in, answers out.
LAMBDA = """
import json, sys
from app.config.lambda_handler import handler
for event in json.load(sys.stdin):
    print(json.dumps(handler(event, None)))
"""

Answer = dict[str, Any]
Ask = Callable[..., list[Answer]]


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    environment = {"STATIC_HASHED": "1", "STATIC_ROOT": str(folder)}
    result = run("manage.py", "collectstatic", "--noinput", environment=environment)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def hashed(collected: Path) -> Callable[[str], str]:
    paths: dict[str, str] = json.loads((collected / "staticfiles.json").read_text())["paths"]
    return paths.__getitem__


@pytest.fixture
def ask(collected: Path) -> Ask:
    """The answers of one process to events, in their order."""

    def answers(*events: dict[str, Any], **environment: str) -> list[Answer]:
        told = WITHOUT_CDN | {"STATIC_ROOT": str(collected)} | environment
        result = run("-c", LAMBDA, environment=told, text=json.dumps(events))
        assert result.returncode == 0, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]

    return answers


def event(host: str, path: str, method: str = "GET", **headers: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / f"{host}.json").read_text())
    found |= {"path": path, "httpMethod": method, "body": None, "isBase64Encoded": False}
    found["requestContext"]["path"] = HOSTS[host] + path
    found["multiValueHeaders"]["Accept"] = ["text/html,*/*;q=0.8"]
    found["multiValueHeaders"] |= {name.replace("_", "-"): [value] for name, value in headers.items()}
    return found


def content(answer: Answer) -> bytes:
    return b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()


def header(answer: Answer, name: str) -> str:
    found = {key.lower(): value for key, value in answer["multiValueHeaders"].items()}
    return ", ".join(found.get(name.lower(), []))


def links(answer: Answer) -> set[str]:
    return set(re.findall(r"""(?:href|src)=["']([^"']*/static/[^"']+)["']""", content(answer).decode()))


@pytest.mark.parametrize("first", HOSTS)
def test_one_process_links_below_the_prefix_of_each_host_whoever_asks_first(ask: Ask, first: str) -> None:
    order = sorted(HOSTS, key=lambda host: host != first) * 2
    for host, page in zip(order, ask(*(event(host, "/admin/login/") for host in order)), strict=True):
        assert len(links(page)) > 3
        assert all(link.startswith(f"{HOSTS[host]}/static/") for link in links(page)), (host, links(page))


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/admin/login/", "/api/docs/", "/nothing/here/"])
def test_everything_that_a_page_links_to_is_served(ask: Ask, host: str, path: str) -> None:
    (page,) = ask(event(host, path))
    paths = [link.removeprefix(HOSTS[host]) for link in links(page)]
    assert len(paths) >= 3
    files = ask(*(event(host, file) for file in paths))
    assert {file["statusCode"] for file in files} == {200}


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("site/site.css", "text/css; charset=utf-8"),
        ("site/site.js", "text/javascript; charset=utf-8"),
        ("site/icon.svg", "image/svg+xml; charset=utf-8"),
        ("drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("drf_spectacular_sidecar/swagger-ui-dist/favicon-32x32.png", "image/png"),
    ],
)
def test_a_file_arrives_byte_for_byte_and_may_be_kept_for_a_year(
    ask: Ask, hashed: Callable[[str], str], collected: Path, host: str, name: str, kind: str
) -> None:
    (answer,) = ask(event(host, f"/static/{hashed(name)}"))
    assert answer["statusCode"] == 200
    assert content(answer) == (collected / hashed(name)).read_bytes()
    assert header(answer, "Content-Type") == kind
    # A gateway may hand base64 on as it is to a client that names no type it accepts; what is text needs none.
    assert answer["isBase64Encoded"] == (kind == "image/png")
    assert header(answer, "Cache-Control") == "public, max-age=31536000, immutable"
    assert header(answer, "X-Content-Type-Options") == "nosniff"
    assert header(answer, "Access-Control-Allow-Origin") == header(answer, "Set-Cookie") == ""


def test_a_file_that_the_browser_has_is_not_sent_again(ask: Ask, hashed: Callable[[str], str]) -> None:
    path = f"/static/{hashed('site/site.css')}"
    (first,) = ask(event("regional", path))
    same, other = ask(
        event("regional", path, If_None_Match=header(first, "ETag")),
        event("regional", path, If_None_Match='"another"'),
    )
    assert (same["statusCode"], same["body"]) == (304, "")
    assert header(same, "Cache-Control") == header(first, "Cache-Control")
    assert other["statusCode"] == 200


def test_two_files_of_one_size_have_two_tags(ask: Ask, collected: Path) -> None:
    by_size: dict[int, list[str]] = {}
    for name in json.loads((collected / "staticfiles.json").read_text())["paths"].values():
        by_size.setdefault((collected / name).stat().st_size, []).append(name)
    twins = next(names for names in by_size.values() if len(names) > 1)
    tags = [
        header(answer, "ETag") for answer in ask(*(event("regional", f"/static/{name}") for name in twins))
    ]
    assert len(set(tags)) == len(twins)


def test_head_has_the_length_and_no_body(ask: Ask, hashed: Callable[[str], str], collected: Path) -> None:
    name = hashed("site/site.css")
    (answer,) = ask(event("regional", f"/static/{name}", "HEAD"))
    assert (answer["statusCode"], answer["body"]) == (200, "")
    assert header(answer, "Content-Length") == str((collected / name).stat().st_size)


def test_a_range_that_cuts_a_character_is_answered_with_the_whole_file(
    ask: Ask, hashed: Callable[[str], str], collected: Path
) -> None:
    name = hashed("drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js")
    whole = (collected / name).read_bytes()
    inside = next(index for index, byte in enumerate(whole) if 0x80 <= byte < 0xC0)
    (answer,) = ask(event("regional", f"/static/{name}", Range=f"bytes={inside}-{inside + 9}"))
    assert (answer["statusCode"], content(answer)) == (200, whole)


def test_nothing_is_changed_by_posting_to_a_file(ask: Ask, hashed: Callable[[str], str]) -> None:
    (answer,) = ask(event("regional", f"/static/{hashed('site/site.css')}", "POST"))
    assert answer["statusCode"] == 405


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/site/site.css",
        "/static/site/site.000000000000.css",
        "/static/staticfiles.json",
        "/static/../staticfiles.json",
        "/static/%2e%2e/staticfiles.json",
        "/static//etc/passwd",
    ],
)
def test_what_is_no_hashed_file_is_a_short_404_that_nobody_keeps(ask: Ask, path: str) -> None:
    (answer,) = ask(event("regional", path))
    assert (answer["statusCode"], content(answer)) == (404, b"No such file.\n")
    assert header(answer, "Cache-Control") == "no-store"


def test_a_file_that_the_manifest_knows_and_the_package_lacks_is_a_404(
    ask: Ask, tmp_path: Path, collected: Path, hashed: Callable[[str], str]
) -> None:
    (tmp_path / "staticfiles.json").write_text((collected / "staticfiles.json").read_text())
    (answer,) = ask(event("regional", f"/static/{hashed('site/site.css')}"), STATIC_ROOT=str(tmp_path))
    assert (answer["statusCode"], content(answer)) == (404, b"No such file.\n")


def test_other_addresses_are_none_of_its_business(ask: Ask) -> None:
    health, page = ask(event("regional", "/healthz"), event("regional", "/statically/"))
    assert health["statusCode"] == 200
    assert (page["statusCode"], "<html" in content(page).decode()) == (404, True)


def test_behind_a_cdn_it_is_not_there_and_links_lead_to_the_cdn(
    ask: Ask, hashed: Callable[[str], str]
) -> None:
    cdn = "https://static.example.org/static/"
    page, file = ask(
        event("regional", "/admin/login/"),
        event("regional", f"/static/{hashed('site/site.css')}"),
        STATIC_URL=cdn,
    )
    assert len(links(page)) > 3
    assert all(link.startswith(cdn) for link in links(page))
    assert (file["statusCode"], "<html" in content(file).decode()) == (404, True)


def test_behind_a_cdn_a_cold_start_does_not_even_import_it() -> None:
    code = (
        "import sys, app.config.lambda_handler; print([name for name in sys.modules if 'whitenoise' in name])"
    )
    result = run("-c", code, environment=PRODUCTION)
    assert (result.returncode, result.stdout) == (0, "[]\n"), result.stderr


def test_no_file_is_looked_at_before_it_is_asked_for(ask: Ask, tmp_path: Path) -> None:
    # Not even the folder has to be there to answer a request for something else.
    (answer,) = ask(event("regional", "/healthz"), STATIC_ROOT=str(tmp_path / "absent"))
    assert answer["statusCode"] == 200


@pytest.mark.parametrize(
    "url", ["static/", "/static", "/", "//static.example.org/", "https://example.org", ""]
)
def test_a_static_url_that_would_break_links_is_refused(url: str) -> None:
    result = run("manage.py", "check", environment=PRODUCTION | {"STATIC_URL": url})
    assert result.returncode != 0
    assert f"STATIC_URL is {url!r}, expected https://… or a path" in result.stderr


@pytest.mark.parametrize(
    "url", ["/files/", "https://static.example.org/", "https://example.org/coalition/static/"]
)
def test_a_static_url_may_be_a_path_or_an_address(url: str) -> None:
    result = run("manage.py", "check", environment=PRODUCTION | {"STATIC_URL": url})
    assert result.returncode == 0, result.stderr
