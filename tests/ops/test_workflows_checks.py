"""What is asked of others about our locks and workflows, and what no answer means."""

from pathlib import Path

import pytest

from ops import workflows


def test_every_locked_set_is_audited() -> None:
    locks = {path.stem for path in (workflows.ROOT / "requirements").glob("*.txt")}
    assert set(workflows.SETS) == locks


def test_a_lock_that_nobody_answers_for_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The tools are installed before the line is cut.
    (one,) = [audit for audit in workflows.audits() if audit[0] == "runtime"]
    # A closed port: what the audit asks does not answer.
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert workflows._report(iter([one])) == 1
    assert "FAILED" in capsys.readouterr().out


def test_a_planted_injection_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = tmp_path / ".github" / "workflows"
    planted.mkdir(parents=True)
    (planted / "bad.yml").write_text(
        "on: issues\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - run: echo ${{ github.event.issue.title }}\n"
    )
    monkeypatch.setattr(workflows, "GITHUB", tmp_path / ".github")
    (zizmor,) = [check for check in workflows.checks() if check[0] == "zizmor"]
    assert workflows._report(iter([zizmor])) == 1
