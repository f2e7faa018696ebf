"""terraform/edge on an emulated AWS, in front of an API that answers with what it was asked."""

import argparse
import contextlib
import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops import deploy, edge, emulator, infrastructure, stage, zappa_settings
from ops.deployment import Deployment
from ops.edge import EdgeError
from ops.emulator import Emulator
from ops.platform import UNKNOWN_URL, StagePlatform
from ops.releases import Releases
from ops.steps import explain
from tests.node import NODE
from tests.terraform import hcl_blocks
from tests.terraform.plans import skipped_without_terraform

SECRET = "canary-of-the-cdn-" + "7" * 32
STORE_SECRET = "example/prod/cdn/origin"
PLATFORM = StagePlatform(
    stage="prod",
    values=zappa_settings.Platform(
        project="example",
        region="us-east-1",
        deployments_bucket="none",
        role_name="none",
        tags={"Project": "example"},
    ),
    ops_role_name="none",
    static_bucket="example-static",
    media_bucket="example-media",
    account_id=emulator.ACCOUNT_ID,
    cdn={"domain": "", "zone_id": "", "hsts_seconds": 3600, "waf": False},
    cdn_secret=STORE_SECRET,
)

# As terraform/modules/bucket writes it, which its own tests hold.
CDNS_READ = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": f"arn:aws:s3:::{PLATFORM.static_bucket}/*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{PLATFORM.static_bucket}/static/*",
            "Condition": {
                "ArnLike": {"aws:SourceArn": f"arn:aws:cloudfront::{emulator.ACCOUNT_ID}:distribution/*"}
            },
        },
    ],
}


def test_the_api_is_named_by_host_and_path() -> None:
    told = edge.variables(PLATFORM, "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod")
    assert told["api"] == {"host": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", "path": "/prod"}
    assert told["emulated"] is False


def test_terraform_is_told_nothing_that_it_does_not_know_and_everything_that_it_needs() -> None:
    variables = hcl_blocks.variables(edge.FOLDER)
    told = edge.variables(PLATFORM, "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod").keys()
    assert {one.name for one in variables if not one.default} <= told <= {one.name for one in variables}


def test_an_edge_that_fails_is_told_after_the_release_has_been_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fail(*_: object) -> None:
        raise EdgeError("CloudFront is away")

    def record(name: str) -> Callable[..., str]:
        def recorded(*_: object) -> str:
            asked.append(name)
            return "done"

        return recorded

    monkeypatch.setattr(edge, "bring_up_to_date", fail)
    for name in ("put_serving", "configure_gateway", "smoke_public"):
        monkeypatch.setattr(deploy, name, record(name))
    monkeypatch.setattr(Deployment, "api_url", lambda _: "https://api.invalid/prod")
    monkeypatch.setattr(Releases, "record", record("record"))
    deployment = Deployment(PLATFORM, tmp_path)
    failed = deploy._switch(deployment, "r2", "s3://none", "r1")
    assert asked[-2:] == ["smoke_public", "record"]
    assert failed is not None
    told = explain(failed)
    assert "CloudFront is away" in told
    assert "The API of prod serves r2" in told
    assert "make edge STAGE=prod" in told


@pytest.mark.parametrize(("given", "is_done"), [("", False), ("-destroy", True)])
def test_what_is_in_front_of_no_api_can_only_be_taken_away(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: str,
    *,
    is_done: bool,
) -> None:
    gone = edge.Edge(url="", domain_state="", dns_records=(), store_arn="", is_changed=True)
    monkeypatch.setattr(edge, "change_by_hand", lambda *_: gone)
    monkeypatch.setattr(Deployment, "api_url", lambda _: UNKNOWN_URL)
    monkeypatch.setattr(Releases, "lock", lambda *_: contextlib.nullcontext())
    asked = argparse.Namespace(arguments=given)
    assert stage.perform("edge", Deployment(PLATFORM, tmp_path), asked) == (0 if is_done else 1)
    said = capsys.readouterr()
    assert ("no CDN" in said.out) == is_done
    assert ("prod has no API" in said.err) == (not is_done)


@dataclass
class Api:
    """An API of ours, as far as the CDN sees it."""

    url: str
    asked: list[dict[str, str]]


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append({"path": self.path} | {name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Api(f"http://127.0.0.1:{server.server_port}/prod", asked)
    server.shutdown()
    server.server_close()


@dataclass
class World:
    aws: Emulator
    made: edge.Edge
    folder: Path


@pytest.fixture(scope="module")
def _node() -> Iterator[None]:
    """By which the emulator evaluates CloudFront's functions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(NODE.parent), prepend=os.pathsep)
        yield


@pytest.fixture(scope="module")
def world(api: Api, _node: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The edge as a first deploy makes it."""
    folder = tmp_path_factory.mktemp("edge")
    with pytest.MonkeyPatch.context() as patch, emulator.provide(folder) as aws:
        for name, value in aws.client_environment().items():
            patch.setenv(name, value)
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        patch.setattr(edge, "ROOT", folder)
        patch.setattr(infrastructure, "ROOT", folder)
        for bucket in (infrastructure.state_bucket(), PLATFORM.static_bucket, PLATFORM.media_bucket):
            boto3.client("s3").create_bucket(Bucket=bucket)
        boto3.client("s3").put_object(
            Bucket=PLATFORM.static_bucket,
            Key="static/site.0123456789ab.css",
            Body=b"body{}",
            ContentType="text/css",
        )
        boto3.client("s3").put_bucket_policy(Bucket=PLATFORM.static_bucket, Policy=json.dumps(CDNS_READ))
        boto3.client("secretsmanager").create_secret(Name=STORE_SECRET, SecretString=SECRET)
        with skipped_without_terraform():
            made = edge.bring_up_to_date(PLATFORM, api.url)
        yield World(aws, made, folder)


def ask(world: World, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """What a visitor gets at CloudFront's own address."""
    sent = {"Host": world.made.url.removeprefix("https://"), "X-Forwarded-Proto": "https"} | headers
    request = urllib.request.Request(world.aws.url + path, headers=sent)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return (
                answer.status,
                {name.lower(): value for name, value in answer.headers.items()},
                answer.read(),
            )
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {name.lower(): value for name, value in error.headers.items()}, error.read()


def state() -> str:
    bucket = infrastructure.state_bucket()
    body: bytes = boto3.client("s3").get_object(Bucket=bucket, Key="edge/prod.tfstate")["Body"].read()
    return body.decode()


def test_the_cdns_secret_is_in_the_store_and_in_no_state(world: World) -> None:
    assert edge._stored(edge._store_client(), world.made.store_arn) == SECRET
    assert world.made.store_arn in state()
    assert SECRET not in state()


@pytest.mark.parametrize("path", ["/", "/api/campaigns/?page=2", "/admin/"])
def test_the_application_is_told_who_asks_whatever_they_say_of_themselves(
    world: World, api: Api, path: str
) -> None:
    status, _, _ = ask(
        world,
        path,
        X_Viewer_Address="6.6.6.6",
        **{
            "X-Viewer-Address": "6.6.6.6",
            "X-Origin-Secret": "guessed",
            "Cookie": "sessionid=1",
            "Authorization": "Token 1",
        },
    )
    assert status == 200
    told = api.asked[-1]
    assert told["path"] == f"/prod{path}"
    assert told["x-origin-secret"] == SECRET
    assert told["x-viewer-address"] == "127.0.0.1"
    assert told["x-viewer-host"] == world.made.url.removeprefix("https://")
    assert told["host"].startswith("127.0.0.1")
    assert (told["cookie"], told["authorization"]) == ("sessionid=1", "Token 1")


def test_static_files_come_from_the_bucket_with_the_security_headers(world: World, api: Api) -> None:
    before = len(api.asked)
    status, headers, body = ask(world, "/static/site.0123456789ab.css")
    assert (status, body) == (200, b"body{}")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"] == "max-age=3600"
    assert len(api.asked) == before


def test_http_is_sent_to_https(world: World) -> None:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    opener = urllib.request.build_opener(Stay)
    host = world.made.url.removeprefix("https://")
    with pytest.raises(urllib.error.HTTPError) as refused:
        opener.open(
            urllib.request.Request(f"{world.aws.url}/campaigns/", headers={"Host": host}), timeout=120
        )
    with refused.value as answer:
        assert (answer.code, answer.headers["Location"]) == (301, f"{world.made.url}/campaigns/")


def test_what_is_as_it_has_to_be_is_left_so_and_nobody_is_asked(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.made.is_changed
    assert world.made.summary("prod") == world.made.url
    again = edge.bring_up_to_date(PLATFORM, api.url)
    assert again.summary("prod") == f"{world.made.url}, as it was"
    # Without a terminal, whoever asks is refused.
    monkeypatch.delenv("CONFIRM", raising=False)
    assert edge.change_by_hand(PLATFORM, api.url, []) == again


def test_a_deploy_that_would_take_the_cdn_away_refuses(world: World, api: Api) -> None:
    with pytest.raises(EdgeError, match=r"take away .*aws_cloudfront_distribution.*make edge STAGE=prod"):
        edge.bring_up_to_date(replace(PLATFORM, cdn=None), api.url)
    assert boto3.client("cloudfront").list_distributions()["DistributionList"]["Quantity"] == 1


def test_a_rotated_secret_is_put_by_a_deploy_and_not_by_hand(world: World) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=STORE_SECRET, SecretString="rotated-" + "8" * 40)
    with pytest.raises(EdgeError, match="rotated"):
        edge.put_secret(world.made.store_arn, STORE_SECRET, replace=False)
    edge.put_secret(world.made.store_arn, STORE_SECRET, replace=True)
    assert edge._stored(edge._store_client(), world.made.store_arn) == "rotated-" + "8" * 40


def test_by_hand_all_of_it_goes_in_sight_though_the_api_is_gone(
    world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONFIRM", "1")
    made = edge.change_by_hand(PLATFORM, UNKNOWN_URL, ["-destroy"])
    # It takes minutes in which nobody should have to guess.
    assert "Apply complete!" in capfd.readouterr().out
    assert (made.url, made.store_arn) == ("", "")
    assert boto3.client("cloudfront").list_distributions()["DistributionList"]["Quantity"] == 0
    assert [one for one in json.loads(state())["resources"] if one["mode"] == "managed"] == []
    del world
