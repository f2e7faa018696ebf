"""What an operator sees of a command of several steps."""

import pytest

from ops.steps import StepFailedError, Steps, explain


def test_a_failure_keeps_its_cause_and_says_what_to_run_next() -> None:
    steps = Steps()
    with pytest.raises(StepFailedError) as failure, steps.step("migrate", "Run it again."):
        raise OSError("no such table")
    assert explain(failure.value) == "\nno such table\n\nRun it again."
    assert not steps.done[0].ok


def test_a_fault_of_the_command_itself_says_where_it_is() -> None:
    with pytest.raises(StepFailedError) as failure, Steps().step("migrate", "Run it again."):
        raise KeyError("Endpoint")
    said = explain(failure.value)
    assert "test_steps.py" in said
    assert said.endswith("KeyError: 'Endpoint'\n\n\nRun it again.")


def test_the_table_has_each_step_with_its_note_and_their_sum(capsys: pytest.CaptureFixture[str]) -> None:
    steps = Steps()
    with steps.step("package") as step:
        step.note = "13 MiB"
    with pytest.raises(StepFailedError), steps.step("deploy"):
        raise ValueError
    steps.done[0].seconds, steps.done[1].seconds = 1.25, 2.5
    assert steps.table().splitlines() == [
        "ok      package     1.2 s  13 MiB",
        "FAILED  deploy      2.5 s",
        "        2 steps     3.8 s",
    ]
    assert "FAILED" in capsys.readouterr().out


def test_an_interruption_is_no_failure_of_the_step_but_passes_through() -> None:
    steps = Steps()
    with pytest.raises(KeyboardInterrupt), steps.step("deploy"):
        raise KeyboardInterrupt
    assert not steps.done[0].ok


def test_a_line_that_another_step_broke_is_ended_by_a_whole_one(capsys: pytest.CaptureFixture[str]) -> None:
    ours, beside = Steps(), Steps()
    with ours.step("deploy"), beside.step("apply"):
        pass
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:1] + line[-1:] for line in lines] == [["deploy", "…"], ["apply", "s"], ["deploy", "s"]]
