"""The DynamoDB of the tests: what is installed, and what it answers."""

import json
from pathlib import Path

import boto3
import pytest

from ops import dynalite
from ops.dynalite import HERE, REGION, UnavailableError


def test_every_package_is_locked_by_its_hash_and_names_no_host() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert "node_modules/dynalite" in packages
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_it_gives_the_item_of_a_failed_condition_back_and_counts_its_calls() -> None:
    with dynalite.provide() as running:
        client = boto3.client(
            "dynamodb",
            region_name=REGION,
            endpoint_url=running.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        dynalite.make_table(client, "table")
        update = {
            "TableName": "table",
            "Key": {"key": {"S": "a"}},
            "UpdateExpression": "ADD n :one",
            "ConditionExpression": "attribute_not_exists(n)",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        client.update_item(**update)
        with pytest.raises(client.exceptions.ConditionalCheckFailedException) as refused:
            client.update_item(**update)
        assert refused.value.response["Item"] == {"key": {"S": "a"}, "n": {"N": "1"}}
        assert running.calls() == {"CreateTable": 1, "UpdateItem": 2}


def test_a_machine_without_node_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(UnavailableError, match=r"There is no Node\.js 18 or newer with npm"),
        dynalite.provide(),
    ):
        pass
