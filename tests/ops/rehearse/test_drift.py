"""A second plan is compared, attribute by attribute, with what the emulator is known to forget."""

from typing import Any

import pytest

from ops.rehearse import drift

BUCKET = "module.storage.aws_s3_bucket.this"


def plan_that(actions: list[str], before: Any, after: Any, **unknown: bool) -> dict[str, Any]:
    change = {"actions": actions, "before": before, "after": after, "after_unknown": unknown}
    return {"resource_changes": [{"address": BUCKET, "change": change}]}


def test_only_what_differs_is_named() -> None:
    plan = plan_that(["update"], {"a": 1, "b": [1], "id": "x"}, {"a": 1, "b": [2]}, id=True)
    assert drift.of(plan) == {BUCKET: {"b", "id"}}


@pytest.mark.parametrize("actions", [["no-op"], ["read"]])
def test_what_changes_nothing_is_no_drift(actions: list[str]) -> None:
    assert drift.of(plan_that(actions, {"a": 1}, {"a": 2})) == {}


@pytest.mark.parametrize("actions", [["create"], ["delete"], ["delete", "create"]])
def test_what_is_made_or_removed_can_be_allowed_by_no_attribute(actions: list[str]) -> None:
    assert drift.of(plan_that(actions, None, {"a": 2})) == {BUCKET: frozenset(actions)}


def test_an_output_that_changes_is_drift() -> None:
    change = {"actions": ["update"], "before": "a", "after": "b"}
    assert drift.of({"output_changes": {"name": change}}) == {"output.name": {"update"}}


def test_a_change_that_is_not_listed_is_named() -> None:
    with pytest.raises(drift.DriftError, match=r"this: acl would change$"):
        drift.require_known({BUCKET: frozenset({"acl", "tags"})}, {BUCKET: frozenset({"tags"})})


def test_a_listed_change_that_comes_no_more_has_to_go_from_the_list() -> None:
    with pytest.raises(drift.DriftError, match=r"this: tags is listed .* take it out$"):
        drift.require_known({}, {BUCKET: frozenset({"tags"})})


def test_every_entry_of_the_list_says_why() -> None:
    assert drift.known("prod").keys() > drift.known("nonprod").keys() > set()
    assert all(len(entry["why"]) > 20 for entry in drift.reviewed().values())
