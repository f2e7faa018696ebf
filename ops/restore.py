"""The database as it was at a moment, in a new instance beside the one that serves, which stays as it is.

    python -m ops.restore ENVIRONMENT MOMENT [--backup ARN]      (`make restore ENV=prod AT=2026-11-21T09:30Z`)

The new instance is named after the moment, so that the same command goes on after an interruption. docs/runbooks/restore-the-database.md
says when to use it and how to let the new one serve.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops import consent, platform
from ops.platform import PlatformError
from ops.processes import INTERRUPTED, ended_by_signals

LATEST = "latest"
POLL_SECONDS = 10.0
TELL_SECONDS = 60.0
RUNBOOK = "docs/runbooks/restore-the-database.md"
_NAMED_AFTER_A_MOMENT = re.compile(r"-\d{8}t\d{6}$")
_THERE = "available"
# RDS ends here, and no waiting helps.
_FAILED = re.compile(r"failed|restore-error|incompatible-|inaccessible-|deleting|stopp|storage-full")

Instance = Mapping[str, Any]


class RestoreError(Exception):
    """It was not restored; the message says what to do."""


def moment(text: str, latest: datetime) -> datetime:
    """What AT says.

    Args:
        text: a time with its zone as ISO 8601 has it, or LATEST.
        latest: the newest moment that RDS can restore.

    Raises:
        RestoreError: it is no such time, or it is too new.
    """
    if text == LATEST:
        return latest.astimezone(UTC).replace(microsecond=0)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise RestoreError(
            f"AT={text} is no moment: write it with its zone, as in AT=2026-11-21T09:30Z, or AT={LATEST}."
        )
    if found > latest:
        raise RestoreError(
            f"The newest moment that can be restored is {_written(latest)}: AT={text} is later."
        )
    return found.astimezone(UTC).replace(microsecond=0)


def newest(rds: Any, serving: Instance, backup: str) -> datetime:
    """The newest moment that RDS can restore.

    Raises:
        RestoreError: there is none yet.
    """
    if backup:
        found = rds.describe_db_instance_automated_backups(DBInstanceAutomatedBackupsArn=backup)
        latest = found["DBInstanceAutomatedBackups"][0].get("RestoreWindow", {}).get("LatestTime")
    else:
        latest = serving.get("LatestRestorableTime")
    if not isinstance(latest, datetime):
        raise RestoreError(
            f"{backup or serving['DBInstanceIdentifier']} has nothing to restore yet: RDS begins with the first backup."
        )
    return latest


def name_of(serving: str, at: datetime) -> str:
    """What the restored instance is called: as the first one, with the moment."""
    return f"{_NAMED_AFTER_A_MOMENT.sub('', serving)}-{at:%Y%m%dt%H%M%S}"


def start(rds: Any, serving: Instance, at: datetime, backup: str) -> str:
    """Have RDS make the instance, unless it is there or in the making; says its name.

    Args:
        rds: boto3's client.
        serving: as RDS describes it: whose network, size and settings the new one gets.
        at: the moment.
        backup: the ARN of an automated backup to take in place of the serving instance's own; empty for that.
    """
    name = name_of(serving["DBInstanceIdentifier"], at)
    source = (
        {"SourceDBInstanceAutomatedBackupsArn": backup}
        if backup
        else {"SourceDBInstanceIdentifier": serving["DBInstanceIdentifier"]}
    )
    try:
        rds.restore_db_instance_to_point_in_time(
            **source, TargetDBInstanceIdentifier=name, RestoreTime=at, **_settings(serving)
        )
    except rds.exceptions.DBInstanceAlreadyExistsFault:
        print(f"{name} was begun before.", flush=True)
    return name


def _settings(serving: Instance) -> dict[str, Any]:
    """What a restore would otherwise set to RDS's defaults; Terraform sets the rest when it takes the instance over."""
    settings = {
        "DBInstanceClass": serving["DBInstanceClass"],
        "DBSubnetGroupName": serving["DBSubnetGroup"]["DBSubnetGroupName"],
        "VpcSecurityGroupIds": [group["VpcSecurityGroupId"] for group in serving["VpcSecurityGroups"]],
        "DBParameterGroupName": serving["DBParameterGroups"][0]["DBParameterGroupName"],
        "Port": serving["Endpoint"]["Port"],
        "MultiAZ": serving["MultiAZ"],
        "StorageType": serving["StorageType"],
        "CopyTagsToSnapshot": True,
        "PubliclyAccessible": False,
        # One that turns out to be of no use can be thrown away.
        "DeletionProtection": False,
        "Tags": [tag for tag in serving.get("TagList", []) if not tag["Key"].startswith("aws:")],
    }
    if limit := serving.get("MaxAllocatedStorage"):
        settings["MaxAllocatedStorage"] = limit
    return settings


def wait(rds: Any, name: str) -> Instance:
    """The instance as soon as it is there; says how it goes on.

    Raises:
        RestoreError: RDS gave up.
    """
    began, told, status = time.monotonic(), 0.0, ""
    while True:
        found = describe(rds, name)
        waited = time.monotonic() - began
        if found["DBInstanceStatus"] != status or waited - told >= TELL_SECONDS:
            status, told = found["DBInstanceStatus"], waited
            print(f"  {waited / 60:4.0f} min  {name} is {status}", flush=True)
        if status == _THERE:
            return found
        if _FAILED.match(status):
            raise RestoreError(
                f"RDS made nothing of it: {name} is {status}, and the console's Events say why. Throw it away"
                f" (`{_throw_away(name)}`), then run this again."
            )
        time.sleep(POLL_SECONDS)


def describe(rds: Any, name: str) -> Instance:
    """One instance as RDS describes it.

    Raises:
        RestoreError: there is none.
    """
    try:
        found: list[Instance] = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    except rds.exceptions.DBInstanceNotFoundFault:
        raise RestoreError(
            f"RDS has no instance {name}. If somebody deleted it, its backups may be there still: {RUNBOOK}."
        ) from None
    return found[0]


def restore(outputs: Mapping[str, Any], environment: str, at: str, backup: str = "") -> None:
    """Restore an environment's database to a moment, wait for it, and say how it stands.

    Args:
        outputs: of `terraform output -json`.
        environment: nonprod or prod.
        at: a time with its zone, or LATEST.
        backup: as for `start`.

    Raises:
        RestoreError, PlatformError, ops.consent.RefusedError: say what to do.
    """
    try:
        names, region = (outputs[name]["value"] for name in ("database_instances", "region"))
    except KeyError as missing:
        raise PlatformError(
            f"Terraform's outputs lack {missing}: run `make plan ENV={environment}` and `make apply`."
        ) from None
    if not names:
        raise RestoreError(f"{environment} is on Aurora, where a restore is another one: see {RUNBOOK}.")
    rds = boto3.client("rds", region_name=region)
    serving = describe(rds, names[-1])
    chosen = moment(at, newest(rds, serving, backup))
    print(f"AT={_written(chosen)}, of {backup or names[-1]}, beside {names[-1]}, which goes on serving.")
    print("A second instance is billed as the first one, until one of them goes.")
    consent.ask(f"Make {name_of(names[-1], chosen)}?")
    name = start(rds, serving, chosen, backup)
    print("RDS does it alone: interrupted, run the same with this AT again. It takes ten minutes and more.")
    of = f" BACKUP={backup}" if backup else ""
    goes_on = f"RDS goes on without us. Wait for it again by `make restore ENV={environment} AT={_written(chosen)}{of}`."
    try:
        restored = wait(rds, name)
    except (BotoCoreError, ClientError) as error:
        raise RestoreError(f"{error}\n{goes_on}") from None
    except (KeyboardInterrupt, SystemExit):
        print(f"\n{goes_on}", file=sys.stderr)
        raise
    _tell(restored, names, environment, chosen)


def _tell(restored: Instance, names: Sequence[str], environment: str, at: datetime) -> None:
    name, endpoint = restored["DBInstanceIdentifier"], restored["Endpoint"]
    listed = json.dumps([*(one for one in names if one != name), name])
    stages = [stage for stage, of in platform.ENVIRONMENTS.items() if of == environment]
    print(f"""
{name} is the database as of {_written(at)}. Nobody uses it yet.

Look at it      make manage STAGE={stages[0]} ARGS="compare_database {endpoint["Address"]} --port {endpoint["Port"]}"
Let it serve    database_instances = {listed} in terraform/environments/{environment}.tfvars,
                then plan, apply, deploy {" and ".join(stages)}: {RUNBOOK}
Throw it away   {_throw_away(name)}""")


def _throw_away(name: str) -> str:
    return f"aws rds delete-db-instance --db-instance-identifier {name} --skip-final-snapshot"


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.restore", description=__doc__)
    parser.add_argument("environment", choices=sorted(set(platform.ENVIRONMENTS.values())))
    parser.add_argument("moment")
    parser.add_argument("--backup", default="", help="the ARN of an automated backup, perhaps a copy")
    arguments = parser.parse_args()
    try:
        with ended_by_signals():
            outputs = platform.outputs_of(arguments.environment)
            restore(outputs, arguments.environment, arguments.moment, arguments.backup)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (RestoreError, PlatformError, consent.RefusedError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
