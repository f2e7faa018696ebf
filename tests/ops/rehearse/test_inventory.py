"""What is left of a rehearsal is told, and so is an inventory that sees nothing."""

import json
from pathlib import Path

import pytest

from ops.rehearse import inventory


def of_each_kind(*, but: str = "") -> frozenset[str]:
    return frozenset(f"{kind.name} x" for kind in inventory.KINDS if kind.is_made and kind.name != but)


def test_an_inventory_that_does_not_see_a_kind_is_blind() -> None:
    with pytest.raises(inventory.RemaindersError, match=r"shows no database\.$"):
        inventory.require_seen(frozenset(), of_each_kind(but="database"))


def test_what_was_there_before_does_not_show_that_it_sees() -> None:
    with pytest.raises(inventory.RemaindersError, match=r"shows no network\.$"):
        inventory.require_seen(frozenset({"network x"}), of_each_kind())


def test_what_is_left_is_named() -> None:
    with pytest.raises(inventory.RemaindersError, match=r"Left behind: role prod\."):
        inventory.require_empty(frozenset({"network a"}), frozenset({"network a", "role prod"}))


def test_what_is_gone_and_was_not_ours_is_named() -> None:
    with pytest.raises(inventory.RemaindersError, match=r"not ours: network a\."):
        inventory.require_empty(frozenset({"network a"}), frozenset())


def test_what_the_list_explains_may_be_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "known.json").write_text(json.dumps({"log group /aws/*": "Kept on purpose."}))
    monkeypatch.setattr(inventory, "KNOWN", tmp_path / "known.json")
    assert inventory.require_empty(frozenset(), frozenset({"log group /aws/a"})) == ["log group /aws/a"]


def test_every_explanation_is_one() -> None:
    assert all(len(why) > 20 for why in json.loads(inventory.KNOWN.read_text()).values())
