"""What a plan would change that nobody changed, against the reviewed list of what the emulator forgets."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

KNOWN = Path(__file__).with_name("known_drift.json")

Drift = dict[str, frozenset[str]]


class DriftError(Exception):
    """A plan would change more, or less, than is known; the message names each attribute."""


def reviewed() -> dict[str, dict[str, Any]]:
    """The reviewed list: by address of a resource its `attributes`, `why` they change, and the `environments` that have it."""
    listed: dict[str, dict[str, Any]] = json.loads(KNOWN.read_text())
    return listed


def known(environment: str) -> Drift:
    return {
        address: frozenset(entry["attributes"])
        for address, entry in reviewed().items()
        if environment in entry["environments"]
    }


def of(plan: Mapping[str, Any]) -> Drift:
    """The attributes that a plan would change, by address; of what it would make or remove, the deed.

    Args:
        plan: as `terraform show -json` says it.
    """
    changes = {one["address"]: one["change"] for one in plan.get("resource_changes", [])}
    changes |= {f"output.{name}": change for name, change in plan.get("output_changes", {}).items()}
    found = {address: _changed(change) for address, change in changes.items()}
    return {address: attributes for address, attributes in found.items() if attributes}


def _changed(change: Mapping[str, Any]) -> frozenset[str]:
    actions = change["actions"]
    before, after = change.get("before"), change.get("after")
    if actions in (["no-op"], ["read"]):
        return frozenset()
    if actions != ["update"] or not isinstance(before, dict) or not isinstance(after, dict):
        return frozenset(actions)
    unknown = {name for name, is_unknown in (change.get("after_unknown") or {}).items() if is_unknown}
    return frozenset(
        unknown | {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    )


def require_known(found: Drift, expected: Drift) -> None:
    """Compare.

    Raises:
        DriftError: a change is not listed, or a listed one does not come any more.
    """
    problems = [f"{entry} would change" for entry in sorted(_flat(found) - _flat(expected))]
    problems += [
        f"{entry} is listed in {KNOWN.name} and would not change: take it out"
        for entry in sorted(_flat(expected) - _flat(found))
    ]
    if problems:
        raise DriftError("A plan right after the apply is not empty:\n  - " + "\n  - ".join(problems))


def _flat(drift: Drift) -> set[str]:
    return {f"{address}: {attribute}" for address, attributes in drift.items() for attribute in attributes}
