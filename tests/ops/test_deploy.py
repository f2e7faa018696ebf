"""What becomes of a stage when a release fails on its way to it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from ops import deploy, functions, zappa_settings
from ops import deployment as deployment_module
from ops.deployment import Deployment
from ops.emulator import ACCOUNT_ID, REGION, Emulator
from ops.platform import StagePlatform
from ops.releases import Releases
from ops.smoke import SmokeError
from ops.steps import StepFailedError
from tests.ops import probes

# Named by the digest of what it holds.
ASSET = "/static/site.fcdce6b6d6e2.css"
HANDLER = """
import json, os
ANSWERS = {{
    "/healthz": json.dumps({{"release": {release!r}}}),
    "/readyz": "{{}}",
    "/": '<link href="{asset}">',
    {asset!r}: "body {{}}",
}}
def handler(event, context):
    if {broken} or "FAULT" in os.environ:
        return {{"statusCode": 500, "body": "a fault"}}
    return {{"statusCode": 200, "body": ANSWERS[event["path"]]}}
"""


def code(release: str, *, broken: bool = False) -> str:
    return HANDLER.format(release=release, broken=broken, asset=ASSET)


@dataclass(frozen=True)
class MergingZappa:
    """Does to a function what `zappa update` does: its code is replaced, and the rendered variables win."""

    folder: Path
    deployment: Deployment

    def update(self, stage: str, zip_url: str) -> None:
        function = dict(self.deployment.platform.functions)[stage]
        where = urlsplit(zip_url)
        boto3.client("lambda").update_function_code(
            FunctionName=function, S3Bucket=where.netloc, S3Key=where.path.removeprefix("/")
        )
        functions.wait_until_settled(function)
        functions.set_environment(function, self.deployment.environment(stage), keep_others=True)


@pytest.fixture
def prod(aws: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """A stage that serves v1, where v2 is kept; v2 brings a variable with which nothing answers."""
    project = f"d{abs(hash(tmp_path)) % 10**8}"
    boto3.client("s3").create_bucket(Bucket=f"{project}-deployments")

    class Gateway(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = functions.get(
                f"{project}-prod", urlsplit(self.path).path, "https://coalition.test"
            )
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        platform = StagePlatform(
            stage="prod",
            values=zappa_settings.Platform(
                project=project,
                region=REGION,
                deployments_bucket=f"{project}-deployments",
                role_name="lambda",
                environment={"FAULT": "1"},
            ),
            ops_role_name="ops",
            static_bucket=f"{project}-static",
            account_id=ACCOUNT_ID,
            public_url=f"http://127.0.0.1:{server.server_port}",
        )
        deployment = Deployment(platform, tmp_path / "zappa")
        monkeypatch.setattr(deployment_module, "Zappa", lambda folder: MergingZappa(folder, deployment))
        for _, function in platform.functions:
            probes.make(function, code("v1"))
        for release in ("v1", "v2"):
            keep(deployment, release, code(release), tmp_path)
        deployment.releases.record("prod", "v1", {})
        yield deployment
        server.shutdown()


def keep(deployment: Deployment, release: str, source: str, folder: Path) -> None:
    path = folder / f"{release}.zip"
    path.write_bytes(probes.zipped(source))
    deployment.releases.add(release, path)


def bring_v2_and(prod: Deployment, error: BaseException, before: str = "v1") -> None:
    """What a deploy does to the functions, until something ends it."""
    pairs = prod.platform.functions
    with deploy.putting_back(prod, before, deploy.variables_of(prod.platform), pairs):
        deploy.put_release(prod, "v2", pairs)
        with pytest.raises(SmokeError, match="a fault"):
            deploy.smoke_public(prod, "v2")
        raise error


def environments(prod: Deployment) -> list[Any]:
    return [functions.environment(function) for _, function in prod.platform.functions]


def test_a_release_that_its_variables_break_leaves_neither_code_nor_variables(prod: Deployment) -> None:
    with pytest.raises(StepFailedError, match="the smoke"):
        bring_v2_and(prod, StepFailedError("the smoke"))
    assert environments(prod) == [{"OLD": "1"}] * 2
    assert prod.steps.done[-1].ok
    assert "serves v1" in prod.steps.done[-1].note


def test_a_release_that_does_not_answer_when_it_is_back_is_not_called_back(
    prod: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(prod, "v0", code("v0", broken=True), tmp_path)
    with pytest.raises(StepFailedError, match="Run `make rollback STAGE=prod TO=v0`"):
        bring_v2_and(prod, StepFailedError("why v2 failed"), before="v0")
    assert not prod.steps.done[-1].ok
    assert "why v2 failed" in capsys.readouterr().err


def test_a_stage_whose_function_is_gone_has_nothing_to_go_back_to(prod: Deployment) -> None:
    assert deploy.served_before(prod) == "v1"
    boto3.client("lambda").delete_function(FunctionName=prod.platform.function)
    assert deploy.served_before(prod) is None


def test_a_companion_that_was_not_there_is_left_and_the_other_put_back(prod: Deployment) -> None:
    platform = prod.platform
    boto3.client("lambda").delete_function(FunctionName=platform.ops_function)

    def make_the_companion_and_fail() -> None:
        with deploy.putting_back(prod, "v1", deploy.variables_of(platform), platform.functions):
            probes.make(platform.ops_function, code("v1"))
            functions.set_environment(platform.ops_function, {"NEW": "1"}, keep_others=True)
            deploy.put_release(prod, "v2", platform.functions[:1])
            raise StepFailedError("the smoke")

    with pytest.raises(StepFailedError, match="the smoke"):
        make_the_companion_and_fail()
    assert environments(prod) == [{"OLD": "1"}, {"OLD": "1", "NEW": "1"}]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_deploy_is_put_back_too(prod: Deployment, interruption: type[BaseException]) -> None:
    with pytest.raises(interruption):
        bring_v2_and(prod, interruption())
    assert environments(prod) == [{"OLD": "1"}] * 2
    assert "serves v1" in deploy.smoke_public(prod, "v1")


def refuse_v2(*_: object) -> str:
    raise SmokeError("a fault")


def test_whoever_interrupts_the_way_back_is_told_how_to_go_it(
    prod: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    updates = iter([None, None])

    def update(*_: object) -> None:
        if next(updates, "the way back"):
            raise KeyboardInterrupt

    monkeypatch.setattr(MergingZappa, "update", update)
    monkeypatch.setattr(deploy, "smoke_public", refuse_v2)
    with pytest.raises(KeyboardInterrupt):
        bring_v2_and(prod, SystemExit(1))
    assert "Run `make rollback STAGE=prod TO=v1`." in capsys.readouterr().err


def told(prod: Deployment, monkeypatch: pytest.MonkeyPatch, **environment: str) -> Deployment:
    """The stage as if the platform told its functions something else."""
    values = replace(prod.platform.values, environment=environment)
    changed = replace(prod, platform=replace(prod.platform, values=values))
    monkeypatch.setattr(deployment_module, "Zappa", lambda folder: MergingZappa(folder, changed))
    return changed


def deploy_v2(prod: Deployment, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """All of it but what needs Zappa's API and the real application."""
    monkeypatch.setattr(deploy, "refuse_halves", lambda _: None)
    monkeypatch.setattr(Deployment, "render", lambda _: None)
    monkeypatch.setattr(deploy, "upload_static", lambda *_: 0)
    monkeypatch.setattr(deploy, "_prepare", lambda *_: None)
    monkeypatch.setattr(deploy, "configure_gateway", lambda _: "")
    deploy.deploy(prod, "v2", folder / "v2.zip", folder)


def test_what_serves_is_written_down_with_what_it_is_told(
    prod: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prod = told(prod, monkeypatch, NEW="1")
    deploy_v2(prod, monkeypatch, tmp_path)
    assert "serves v2" in deploy.smoke_public(prod, "v2")
    assert prod.releases.current("prod") == "v2"
    assert prod.releases.variables("prod", "v2") == functions.environment(prod.platform.function)
    assert prod.releases.variables("prod", "v2")["NEW"] == "1"


@pytest.mark.parametrize("is_written", [True, False])
def test_a_deploy_that_is_interrupted_as_it_is_written_down_is_put_back_and_not_remembered(
    prod: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_written: bool
) -> None:
    record = Releases.record

    def interrupted(kept: Releases, stage: str, release: str, variables: dict[str, str]) -> None:
        if is_written or release == "v1":
            record(kept, stage, release, variables)
        if release == "v2":
            raise KeyboardInterrupt

    monkeypatch.setattr(Releases, "record", interrupted)
    prod = told(prod, monkeypatch, NEW="1")
    with pytest.raises(KeyboardInterrupt):
        deploy_v2(prod, monkeypatch, tmp_path)
    assert "serves v1" in deploy.smoke_public(prod, "v1")
    assert environments(prod) == [{"OLD": "1"}] * 2
    assert prod.releases.current("prod") == "v1"


def test_a_release_that_goes_back_is_told_what_only_it_was_told(
    prod: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Deployment, "render", lambda _: None)
    prod.releases.record("prod", "v1", {"GONE": "1", "MOVED": "then"})
    prod.releases.record("prod", "v2", {"MOVED": "today"})
    prod = told(prod, monkeypatch, MOVED="today")
    assert deploy.rollback(prod) == "v1"
    for environment in environments(prod):
        assert (environment["GONE"], environment["MOVED"]) == ("1", "today")
    # A second time it is the same.
    assert prod.releases.variables("prod", "v1")["GONE"] == "1"
    assert "serves v1" in deploy.smoke_public(prod, "v1")


def test_a_release_that_goes_back_is_not_told_what_the_platform_took_away(
    prod: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CDN's secret that is deleted can't be read: the code of then would not start, and no rollback would end it."""
    monkeypatch.setattr(Deployment, "render", lambda _: None)
    prod.releases.record("prod", "v1", {"CDN_SECRET": "gone", "OFFICE_NETWORKS": "192.0.2.0/24"})
    prod.releases.record("prod", "v2", {"MOVED": "today"})
    functions.set_environment(prod.platform.function, {"CDN_SECRET": "gone"}, keep_others=True)
    prod = told(prod, monkeypatch, MOVED="today")
    assert deploy.rollback(prod) == "v1"
    for told_now in (*environments(prod), prod.releases.variables("prod", "v1")):
        assert told_now["MOVED"] == "today"
        assert not {"CDN_SECRET", "OFFICE_NETWORKS"} & told_now.keys()
