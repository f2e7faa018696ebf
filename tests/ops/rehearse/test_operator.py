"""An operator's commands are written down, judged by how they end, and end with them."""

import os
import threading
from pathlib import Path

import pytest

import ops.rehearse.operator
from ops.processes import wait_until
from ops.rehearse.operator import CommandError, Operator

MAKEFILE = """
say:
\t@echo "$(WORD) $${COLOUR}$${STEP}"
fail:
\t@echo "no such bucket"; exit 3
wait:
\t@sleep 600 & echo $$! > child; echo ready; wait
"""


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "logs").mkdir()
    return Operator(tmp_path, tmp_path / "logs", {"COLOUR": "green"})


def child_of(operator: Operator) -> int:
    path = operator.checkout / "child"
    wait_until(lambda: path.exists() and path.read_text().strip() != "", "The command", 60)
    return int(path.read_text())


def runs(pid: int) -> bool:
    try:
        # A zombie that nobody has collected yet has ended, too.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_a_command_says_comes_back_and_stays_in_a_file(operator: Operator) -> None:
    assert operator.make("say", "WORD=hello") == "hello green\n"
    assert (operator.logs / "01-say-WORD-hello.log").read_text() == "hello green\n"


def test_an_outer_make_hands_nothing_down(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEFLAGS", " -- WORD=outer")
    monkeypatch.setenv("STEP", "lambda")
    assert operator.make("say") == " green\n"


def test_a_failure_is_told_with_its_last_words(operator: Operator) -> None:
    with pytest.raises(CommandError, match=r"ended with 2:\n(.|\n)*no such bucket"):
        operator.make("fail")


def test_a_command_that_should_be_refused_and_is_not_is_a_failure(operator: Operator) -> None:
    assert "no such bucket" in operator.refused("fail")
    with pytest.raises(CommandError, match="was not refused"):
        operator.refused("say")


def test_a_command_that_goes_on_for_ever_is_ended_with_its_children(operator: Operator) -> None:
    assert operator.watch("wait", until="ready", timeout_seconds=60) == "ready"
    child = child_of(operator)
    wait_until(lambda: not runs(child), "Its end", 60)


def test_leaving_ends_what_runs_and_lets_nothing_begin(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ops.rehearse.operator, "_GRACE_SECONDS", 60)
    failures: list[CommandError] = []

    def type_it() -> None:
        try:
            operator.make("wait")
        except CommandError as error:
            failures.append(error)

    thread = threading.Thread(target=type_it)
    thread.start()
    child = child_of(operator)
    assert runs(child)
    operator.leave()
    thread.join(60)
    assert not thread.is_alive()
    wait_until(lambda: not runs(child), "Its end", 60)
    [failure] = failures
    # By the first signal: nobody had to kill it.
    assert "ended with -9" not in str(failure)
    with pytest.raises(CommandError, match="being stopped"):
        operator.make("say")


def test_it_has_this_processs_environment_otherwise(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLOUR", "red")
    assert operator.make("say") == " green\n"
    assert os.environ["COLOUR"] == "red"
