"""A checkout is this tree as it is, committed; a fork differs from it in its name alone."""

from pathlib import Path

import pytest

from ops import zappa_settings
from ops.rehearse import checkout


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository in place of this one, with something changed, added, removed and ignored in it."""
    root = tmp_path / "tree"
    root.mkdir()
    checkout.git(root, "init", "--quiet")
    for name in ("kept", "changed", "removed"):
        (root / name).write_text(name)
    (root / ".gitignore").write_text("var/\n")
    checkout.git(root, "add", "--all")
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    checkout.git(root, *identity, "commit", "--quiet", "--message", "first")
    monkeypatch.setattr(checkout, "ROOT", root)
    return root


def test_a_clean_tree_is_cloned_as_it_is(tree: Path, tmp_path: Path) -> None:
    assert checkout.clone(tmp_path / "clone") == 0
    assert checkout.git(tmp_path / "clone", "rev-parse", "HEAD") == checkout.git(tree, "rev-parse", "HEAD")


def test_what_is_not_committed_yet_is_committed_in_the_clone(tree: Path, tmp_path: Path) -> None:
    (tree / "changed").write_text("otherwise")
    (tree / "removed").unlink()
    (tree / "folder").mkdir()
    (tree / "folder" / "added").write_text("new")
    (tree / "var").mkdir()
    (tree / "var" / "ignored").write_text("never")
    clone = tmp_path / "clone"
    assert checkout.clone(clone) == 3
    assert checkout.git(clone, "status", "--porcelain") == ""
    assert checkout.git(clone, "ls-files").split() == [".gitignore", "changed", "folder/added", "kept"]
    assert (clone / "changed").read_text() == "otherwise"
    assert not (clone / "var" / "ignored").exists()


def test_a_fork_of_a_name_that_can_begin_no_name_is_refused(tmp_path: Path) -> None:
    checkout.clone(tmp_path / "fork")
    with pytest.raises(zappa_settings.SettingsError, match="River"):
        checkout.rename(tmp_path / "fork", "River")


def test_a_fork_differs_in_one_line(tmp_path: Path) -> None:
    fork = tmp_path / "fork"
    checkout.clone(fork)
    checkout.rename(fork, "river-alliance")
    assert checkout.git(fork, "show", "--stat", "--format=").split()[:3] == ["zappa_settings.json", "|", "2"]
    assert zappa_settings.project_name(fork / "zappa_settings.json") == "river-alliance"
    assert checkout.git(fork, "status", "--porcelain") == ""
