"""What stands in front of a stage's API: terraform/edge, and the secret that its CDN sends.

A deploy brings it up to date where the stage has a CDN or an upload handler, if that takes nothing away; what does is
shown and asked about (`make edge STAGE=prod`). The secret goes from Secrets Manager to CloudFront's key-value store past
Terraform (docs/decisions/0040), after the functions, which know the current one and the one before.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

from ops import consent, infrastructure, plans, platform, terraform
from ops.platform import StagePlatform

ROOT = Path(__file__).resolve().parents[1]
FOLDER = terraform.TERRAFORM / "edge"
# As terraform/modules/cdn/viewer_request.js reads it.
SECRET_KEY = "origin-secret"  # noqa: S105 - its name
# The exit code of Terraform, and what to say of it if it failed.
Runner = Callable[..., tuple[int, str]]


class EdgeError(Exception):
    """The edge can't be made as it should be; the message says why, and what to do."""


@dataclass(frozen=True)
class Edge:
    """What terraform/edge made.

    Attributes:
        url: where the CDN answers; empty without one.
        domain_state: none, waiting or attached; empty without a CDN.
        dns_records: what the domain's zone has to hold if it is elsewhere: type, name, value, why.
        store_arn: where the secret is put; empty without a CDN.
        is_changed: whether any of it was made, changed or taken away just now.
    """

    url: str
    domain_state: str
    dns_records: tuple[dict[str, str], ...]
    store_arn: str
    is_changed: bool

    def summary(self, stage: str) -> str:
        """A line for the operator."""
        waits = f"; the domain waits for DNS records: make edge STAGE={stage}"
        unchanged = "" if self.is_changed else ", as it was"
        return (self.url or "no CDN") + unchanged + (waits if self.domain_state == "waiting" else "")


def bring_up_to_date(target: StagePlatform, api_url: str) -> Edge:
    """Make what is missing and change what is otherwise; a second time nothing. The functions know the secret already.

    Args:
        target: the stage.
        api_url: the API's own address.

    Raises:
        EdgeError, ops.infrastructure.InfrastructureError, ops.terraform.TerraformError: say what to do.
    """
    edge = _change(target, api_url, [], _in_silence, _refuse_to_take_away)
    if edge.store_arn:
        put_secret(edge.store_arn, target.cdn_secret, replace=True)
    return edge


def change_by_hand(target: StagePlatform, api_url: str, arguments: list[str]) -> Edge:
    """Show what would change, ask, and do it, whatever it takes away. Nobody is asked if nothing would.

    Args:
        target: the stage.
        api_url: the API's own address.
        arguments: more for `terraform plan`.

    Raises:
        EdgeError, ops.consent.RefusedError, ops.infrastructure.InfrastructureError, ops.terraform.TerraformError: say
            what to do.
    """
    edge = _change(target, api_url, arguments, _before_the_operator, _ask)
    if edge.store_arn:
        put_secret(edge.store_arn, target.cdn_secret, replace=False)
    return edge


def _change(
    target: StagePlatform, api_url: str, arguments: list[str], run: Runner, agree: Callable[..., None]
) -> Edge:
    """Plan, and apply the plan if it changes anything and is agreed to."""
    extra, told = _prepare(target, api_url)
    plan = infrastructure.plan_file(f"edge-{target.stage}")
    try:
        terraform.write_kept_state(FOLDER, extra)
        given = ["-detailed-exitcode", f"-var-file={told}", f"-out={plan}", *arguments]
        code, said = run("plan", *given, extra=extra)
        if code not in {terraform.NO_CHANGES, terraform.CHANGES}:
            raise EdgeError(f"terraform/edge can't be planned{said}\n{terraform.on_a_lock(FOLDER, extra)}")
        if code == terraform.CHANGES:
            agree(target.stage, plan, extra)
            _apply(plan, run, extra)
    finally:
        plan.unlink(missing_ok=True)
    return _made(extra, is_changed=code == terraform.CHANGES)


def _apply(plan: Path, run: Runner, extra: dict[str, str]) -> None:
    terraform.write_kept_state(FOLDER, extra)
    try:
        failed, said = run("apply", str(plan), extra=extra)
    finally:
        terraform.keep_unsaved_state(FOLDER, extra)
    if failed:
        raise EdgeError(f"terraform/edge was not applied{said}\nWhat was done stays.")


def _in_silence(verb: str, *arguments: str, extra: dict[str, str]) -> tuple[int, str]:
    result = terraform.run(FOLDER, verb, "-no-color", *arguments, extra=extra)
    return result.returncode, f":\n{result.stderr.strip()}"


def _before_the_operator(verb: str, *arguments: str, extra: dict[str, str]) -> tuple[int, str]:
    return terraform.show(FOLDER, verb, *arguments, extra=extra), ": mend what Terraform says."


def _ask(stage: str, *_: Any) -> None:
    consent.ask(f"Apply this to the edge of {stage}?")


def _refuse_to_take_away(stage: str, plan: Path, extra: dict[str, str]) -> None:
    try:
        changes = plans.show(FOLDER, plan, extra)["resource_changes"]
    except plans.PlanError as error:
        raise EdgeError(str(error)) from None
    lost = [change["address"] for change in changes if "delete" in change["change"]["actions"]]
    if lost:
        raise EdgeError(f"This would take away {', '.join(lost)}. Look at it: make edge STAGE={stage}")


def variables(target: StagePlatform, api_url: str) -> dict[str, Any]:
    """What terraform/edge is told of a stage."""
    address, values = urlsplit(api_url), target.values
    plain = {} if address.scheme == "https" else {"http_port": address.port or 80}
    return {
        "project": values.project,
        "stage": target.stage,
        "region": values.region,
        "tags": dict(values.tags),
        # An API that is gone has no path, and what stood in front of it is told of one until it is gone too.
        "api": {"host": address.hostname, "path": address.path.rstrip("/") or f"/{target.stage}", **plain},
        "static_bucket": target.static_bucket,
        "media_bucket": target.media_bucket,
        "cdn": target.cdn,
        "upload_handler": target.upload_handler,
        "emulated": platform.is_on_this_machine(os.environ.get("AWS_ENDPOINT_URL", "")),
    }


def put_secret(store_arn: str, secret_name: str, *, replace: bool) -> None:
    """Give the CDN the secret that its functions read. Visitors are answered by the new one within seconds.

    Args:
        store_arn: of CloudFront's key-value store.
        secret_name: in Secrets Manager.
        replace: put it in the place of another one. Only after the functions have read it.

    Raises:
        EdgeError: the store has another one, which was not to be replaced.
    """
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=secret_name)["SecretString"]
    store = _store_client()
    present = _stored(store, store_arn)
    if present == secret:
        return
    if present and not replace:
        raise EdgeError(
            f"{secret_name} was rotated, and the functions may not know it yet: a deploy brings it to both, in order."
        )
    etag = store.describe_key_value_store(KvsARN=store_arn)["ETag"]
    store.put_key(KvsARN=store_arn, Key=SECRET_KEY, Value=secret, IfMatch=etag)


def _store_client() -> Any:
    # Signed by SigV4A, for which botocore wants awscrt.
    store = boto3.client("cloudfront-keyvaluestore")
    if platform.is_on_this_machine(store.meta.endpoint_url):
        store.meta.events.register("before-call.cloudfront-keyvaluestore", _call_without_account)
    return store


def _call_without_account(params: dict[str, Any], **_: Any) -> None:
    """The service's host names begin with the account's number; an emulator's address can't."""
    url = urlsplit(params["url"])
    params["url"] = url._replace(netloc=url.netloc.partition(".")[2]).geturl()


def _stored(store: Any, store_arn: str) -> str:
    try:
        return str(store.get_key(KvsARN=store_arn, Key=SECRET_KEY)["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return ""


def _prepare(target: StagePlatform, api_url: str) -> tuple[dict[str, str], Path]:
    """Make the root ready.

    Returns:
        The variables to run Terraform with, and the file of the root's own.
    """
    name = f"edge-{target.stage}"
    extra = {"TF_DATA_DIR": str(ROOT / "var" / "terraform" / name)}
    file = ROOT / "var" / "terraform" / f"{name}.tfvars.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(variables(target, api_url), indent=2) + "\n")
    backend = [
        f"-backend-config=stages/{target.stage}.s3.tfbackend",
        f"-backend-config=bucket={infrastructure.state_bucket()}",
    ]
    terraform.init(FOLDER, "-reconfigure", *backend, extra=extra)
    return extra, file


def _made(extra: dict[str, str], *, is_changed: bool) -> Edge:
    result = terraform.run(FOLDER, "output", "-no-color", "-json", extra=extra)
    if result.returncode:
        raise EdgeError(f"`terraform output` failed: {result.stderr.strip()}")
    outputs = {name: output["value"] for name, output in json.loads(result.stdout).items()}
    return Edge(
        url=outputs.get("url") or "",
        domain_state=outputs.get("domain_state") or "",
        dns_records=tuple(outputs.get("dns_records") or ()),
        store_arn=outputs.get("key_value_store_arn") or "",
        is_changed=is_changed,
    )
