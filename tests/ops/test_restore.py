"""A restore as its operator sees it: beside what serves, named after the moment, and gone on with when it is said again."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from ops import emulator, restore
from ops.emulator import Emulator
from ops.platform import PlatformError
from ops.restore import RestoreError

NEWEST = datetime(2026, 11, 21, 9, 55, tzinfo=UTC)
COPY = "arn:aws:rds:us-west-2:123456789012:auto-backup:ab-1"
# What RDS says of the instance that serves, as far as a restore needs it, and what it is then asked for.
STANDBY: dict[str, Any] = {
    "DBInstanceIdentifier": "river",
    "DBInstanceClass": "db.t4g.micro",
    "DBSubnetGroup": {"DBSubnetGroupName": "river"},
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "active"}],
    "DBParameterGroups": [{"DBParameterGroupName": "river-postgres16", "ParameterApplyStatus": "in-sync"}],
    "Endpoint": {"Address": "river.example", "Port": 5432},
    "MultiAZ": True,
    "StorageType": "gp3",
    "TagList": [{"Key": "Project", "Value": "river"}, {"Key": "aws:made-by", "Value": "AWS"}],
}
RESTORED = {
    "SourceDBInstanceAutomatedBackupsArn": COPY,
    "TargetDBInstanceIdentifier": "river-20261121t095500",
    "DBInstanceClass": "db.t4g.micro",
    "DBSubnetGroupName": "river",
    "VpcSecurityGroupIds": ["sg-1"],
    "DBParameterGroupName": "river-postgres16",
    "Port": 5432,
    "MultiAZ": True,
    "StorageType": "gp3",
    "CopyTagsToSnapshot": True,
    "PubliclyAccessible": False,
    "DeletionProtection": False,
    "Tags": [{"Key": "Project", "Value": "river"}],
}
_NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "POLL_SECONDS", 0.1)
    monkeypatch.setenv("CONFIRM", "1")


@pytest.fixture
def rds(aws: Emulator) -> Any:
    del aws
    return boto3.client("rds")


def make(rds: Any, name: str) -> None:
    rds.create_db_parameter_group(
        DBParameterGroupName=f"{name}-tls-only", DBParameterGroupFamily="postgres16", Description="TLS only"
    )
    rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t4g.small",
        Engine="postgres",
        MasterUsername="master",
        MasterUserPassword="password",
        AllocatedStorage=20,
        MaxAllocatedStorage=100,
        Port=5999,
        StorageType="gp3",
        DeletionProtection=True,
        VpcSecurityGroupIds=["sg-0123"],
        DBParameterGroupName=f"{name}-tls-only",
        Tags=[{"Key": "Environment", "Value": "prod"}],
    )


@pytest.fixture
def serving(rds: Any) -> str:
    name = f"river-{next(_NUMBERS)}"
    make(rds, name)
    return name


def outputs(*names: str) -> dict[str, Any]:
    return {"database_instances": {"value": list(names)}, "region": {"value": emulator.REGION}}


def moment() -> str:
    return f"{datetime.now(UTC) - timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}"


def restored(rds: Any, serving: str) -> list[dict[str, Any]]:
    return [
        one
        for one in rds.describe_db_instances()["DBInstances"]
        if one["DBInstanceIdentifier"].startswith(f"{serving}-")
    ]


def test_it_is_made_beside_what_serves_with_the_same_settings(rds: Any, serving: str) -> None:
    restore.restore(outputs(serving), "prod", "2026-01-02T09:30Z")
    (made,) = restored(rds, serving)
    original = restore.describe(rds, serving)
    assert made["DBInstanceIdentifier"] == f"{serving}-20260102t093000"
    kept = ("DBInstanceClass", "VpcSecurityGroups", "DBParameterGroups", "StorageType", "PubliclyAccessible")
    assert [made[name] for name in kept] == [original[name] for name in kept]
    assert made["Endpoint"]["Port"] == 5999
    assert made["MaxAllocatedStorage"] == 100
    assert made["DbiResourceId"] != original["DbiResourceId"]


def test_one_that_turns_out_to_be_of_no_use_can_be_thrown_away(rds: Any, serving: str) -> None:
    restore.restore(outputs(serving), "prod", "2026-01-02T09:30Z")
    (made,) = restored(rds, serving)
    assert (made["DeletionProtection"], restore.describe(rds, serving)["DeletionProtection"]) == (False, True)


def test_said_again_it_goes_on_with_the_one_that_was_begun(
    rds: Any, serving: str, capsys: pytest.CaptureFixture[str]
) -> None:
    original = restore.describe(rds, serving)
    restore.start(rds, original, datetime(2026, 1, 2, 9, 30, tzinfo=UTC), "")
    restore.restore(outputs(serving), "prod", "2026-01-02T10:30+01:00")
    assert len(restored(rds, serving)) == 1
    assert f"{serving}-20260102t093000 was begun before." in capsys.readouterr().out


def test_it_says_how_it_goes_on_and_what_comes_next(serving: str, capsys: pytest.CaptureFixture[str]) -> None:
    restore.restore(outputs("river", serving), "prod", "2026-01-02T09:30Z")
    said = capsys.readouterr().out
    name = f"{serving}-20260102t093000"
    assert f"{name} is creating" in said
    assert f"{name} is the database as of 2026-01-02T09:30:00Z" in said
    assert (
        f'database_instances = ["river", "{serving}", "{name}"] in terraform/environments/prod.tfvars' in said
    )
    assert 'make manage STAGE=prod ARGS="compare_database ' in said
    assert "--port 5999" in said


def test_the_newest_moment_is_named_so_that_it_can_be_said_again(
    serving: str, capsys: pytest.CaptureFixture[str]
) -> None:
    restore.restore(outputs(serving), "prod", "latest")
    said = capsys.readouterr().out
    at = said.partition("AT=")[2].partition(",")[0]
    restore.restore(outputs(serving), "prod", at)
    assert "was begun before" in capsys.readouterr().out


def test_a_wait_whose_credentials_end_says_how_to_go_on(
    serving: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = {"Error": {"Code": "ExpiredTokenException", "Message": "The token has expired."}}

    def sign_out(*_: object) -> None:
        raise ClientError(ended, "DescribeDBInstances")

    monkeypatch.setattr(restore, "wait", sign_out)
    with pytest.raises(RestoreError) as refusal:
        restore.restore(outputs(serving), "prod", "2026-01-02T10:30+01:00")
    assert "ExpiredTokenException" in str(refusal.value)
    assert "`make restore ENV=prod AT=2026-01-02T09:30:00Z`" in str(refusal.value)


def test_whoever_interrupts_the_wait_for_the_newest_is_told_its_moment(
    serving: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`latest` is another moment five minutes later, and would make another instance."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(restore, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        restore.restore(outputs(serving), "prod", "latest")
    said = capsys.readouterr()
    at = said.out.partition("AT=")[2].partition(",")[0]
    assert f"`make restore ENV=prod AT={at}`" in said.err


def test_of_one_that_was_restored_the_name_does_not_grow() -> None:
    at = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    assert restore.name_of("river-nonprod-20260102t093000", at) == "river-nonprod-20261121t093000"


@pytest.mark.parametrize("text", ["yesterday", "2026-11-21T09:30", "2026-11-21", ""])
def test_a_moment_without_its_zone_is_no_moment(text: str) -> None:
    with pytest.raises(RestoreError, match="write it with its zone"):
        restore.moment(text, NEWEST)


def test_a_moment_that_is_not_backed_up_yet_is_refused_with_the_newest_that_is() -> None:
    with pytest.raises(RestoreError, match="can be restored is 2026-11-21T09:55:00Z"):
        restore.moment("2026-11-21T10:00Z", NEWEST)


def test_an_instance_without_a_backup_is_named(
    serving: str, rds: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {key: it for key, it in restore.describe(rds, serving).items() if key != "LatestRestorableTime"}
    monkeypatch.setattr(restore, "describe", lambda *_: found)
    with pytest.raises(RestoreError, match=f"{serving} has nothing to restore yet"):
        restore.restore(outputs(serving), "prod", "latest")


@pytest.fixture
def elsewhere() -> Iterator[tuple[Any, Stubber]]:
    """RDS of another region, as its API reference has it: the emulator knows no automated backups."""
    client = boto3.client("rds", region_name="us-west-2", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stub:
        yield client, stub
        stub.assert_no_pending_responses()


def described(**copy: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """What RDS answers to whoever asks for the copy."""
    asked = {"DBInstanceAutomatedBackupsArn": COPY}
    return "describe_db_instance_automated_backups", {"DBInstanceAutomatedBackups": [copy]}, asked


def test_a_copy_in_another_region_is_restored_with_the_settings_there(elsewhere: tuple[Any, Stubber]) -> None:
    client, stub = elsewhere
    stub.add_response(*described(RestoreWindow={"LatestTime": NEWEST}))
    stub.add_response("restore_db_instance_to_point_in_time", {}, {**RESTORED, "RestoreTime": NEWEST})
    at = restore.newest(client, STANDBY, COPY)
    assert restore.start(client, STANDBY, at, COPY) == "river-20261121t095500"


def test_a_copy_that_is_only_begun_is_named(elsewhere: tuple[Any, Stubber]) -> None:
    client, stub = elsewhere
    stub.add_response(*described(Status="pending"))
    with pytest.raises(RestoreError, match=f"{COPY} has nothing to restore yet"):
        restore.newest(client, STANDBY, COPY)


def test_a_restore_that_rds_gave_up_says_how_to_begin_anew(
    rds: Any, serving: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {**restore.describe(rds, serving), "DBInstanceStatus": "incompatible-restore"}
    monkeypatch.setattr(restore, "describe", lambda *_: found)
    with pytest.raises(RestoreError, match="delete-db-instance --db-instance-identifier"):
        restore.wait(rds, serving)


def test_an_instance_that_somebody_deleted_is_named(rds: Any) -> None:
    del rds
    with pytest.raises(RestoreError, match="RDS has no instance river-gone"):
        restore.restore(outputs("river-gone"), "prod", moment())


def test_aurora_is_refused_with_the_way_there(rds: Any) -> None:
    del rds
    with pytest.raises(RestoreError, match=r"on Aurora.*docs/runbooks/restore-the-database\.md"):
        restore.restore(outputs(), "prod", moment())


def test_a_state_of_before_there_were_restores_says_what_to_run() -> None:
    with pytest.raises(PlatformError, match="make plan ENV=prod"):
        restore.restore({"region": {"value": "us-east-1"}}, "prod", moment())


def test_the_emulator_still_knows_no_restore_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with emulator.provide(tmp_path_factory.mktemp("without"), without_repair="restore") as running:
        for name, value in running.client_environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        client = boto3.client("rds")
        make(client, "river")
        with pytest.raises(ClientError, match="RestoreDBInstanceToPointInTime"):
            restore.restore(outputs("river"), "prod", "latest")
