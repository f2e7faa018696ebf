"""The workbook benchmark has its rows and limits, and measures what it says."""

from pathlib import Path

import pytest

from benchmarks import workbook


@pytest.fixture(autouse=True)
def _few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "ROWS", 20)


def test_all_three_read_what_each_of_them_writes(tmp_path: Path) -> None:
    for way in workbook.WAYS:
        path = tmp_path / f"{way}.xlsx"
        workbook.TASKS[f"write_{way}"](path)
        for reader in ("openpyxl", "pandas"):
            workbook.TASKS[f"read_{reader}"](path)
    workbook.read_ours(tmp_path / "ours.xlsx")


def test_a_reader_that_loses_rows_ends_the_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ours.xlsx"
    workbook.write_ours(path)
    monkeypatch.setattr(workbook, "ROWS", 21)

    with pytest.raises(RuntimeError, match="20 rows of 21"):
        workbook.read_ours(path)


def test_every_limit_has_its_row_and_issue_eights_are_kept() -> None:
    rows = {row.what for row in workbook._table({task: [(1.0, 1.0)] for task in workbook.TASKS})}

    assert {"read", "write", "peak_mb"} <= rows
    assert workbook.LIMITS.keys() <= rows
    assert workbook.LIMITS["read"].ratio == pytest.approx(1 / 3)
    assert workbook.LIMITS["write"].ratio == pytest.approx(1 / 2)
