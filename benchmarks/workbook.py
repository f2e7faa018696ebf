"""A workbook of 100,000 accounts in and out, beside the plain way of openpyxl and of pandas on the same file.

Every measurement has a process of its own, whose peak is that of its largest process: ours reads in a second one.
"""

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.report import AtMost, Row, report

ROWS = 100_000
RUNS = 3
LIMITS = {
    "read": AtMost(ratio=1 / 3),
    "read_pandas": AtMost(ratio=1 / 3),
    "write": AtMost(ratio=1 / 2),
    "write_pandas": AtMost(ratio=1 / 2),
    # Both processes together.
    "peak_mb": AtMost(ours=400, ratio=0.8),
    "peak_write_mb": AtMost(ours=200, ratio=0.8),
}
WAYS = ("ours", "openpyxl", "pandas")


def rows() -> Iterator[dict[str, Any]]:
    """Accounts as an export has them, with accents, an emoji and a text that looks like a formula."""
    for number in range(1, ROWS + 1):
        yield {
            "id": number,
            "influencer_id": number,
            "platform": "youtube",
            "handle": f"@handle{number}",
            "name": f"Person Number {number}",
            "phone": f"+1202555{number:06}",
            "email": f"person{number}@example.org",
            "url": f"https://www.youtube.com/@handle{number}",
            "status": "active",
            "tags": "food, rivers",
            "notes": f"=Été 🌊 {number % 1000}",
            "about": "",
            "campaigns": "clean-rivers",
            "regions": "Howard County, MD; MD",
            "followers": number * 7,
            "daily_views": number * 3,
            "posts": number % 500,
            "measured_on": dt.date(2026, 1, 1) + dt.timedelta(days=number % 300),
        }


def read_ours(path: Path) -> None:
    import django

    django.setup()
    from app.influencers.workbook.reading import open_sheet

    with open_sheet(path) as sheet:
        _expect(sum(1 for row in sheet.rows if not row.problems))


def read_openpyxl(path: Path) -> None:
    import openpyxl

    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None  # noqa: S101 - for mypy
    _expect(sum(1 for _ in sheet.iter_rows(values_only=True)) - 1)


def read_pandas(path: Path) -> None:
    import pandas as pd

    # By name, because a later version takes another reader by itself.
    _expect(len(pd.read_excel(path, engine="openpyxl")))


def write_ours(path: Path) -> None:
    import django

    django.setup()
    from app.influencers.workbook.writing import write

    path.write_bytes(write(rows()))


def write_openpyxl(path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - for mypy
    for number, row in enumerate(rows()):
        if not number:
            sheet.append(list(row))
        sheet.append(list(row.values()))
    book.save(path)


def write_pandas(path: Path) -> None:
    import pandas as pd

    pd.DataFrame(list(rows())).to_excel(path, index=False, engine="openpyxl")


TASKS: dict[str, Callable[[Path], None]] = {
    f"{deed.__name__}": deed
    for deed in (read_ours, read_openpyxl, read_pandas, write_ours, write_openpyxl, write_pandas)
}


def _expect(found: int) -> None:
    if found != ROWS:
        raise RuntimeError(f"{found} rows of {ROWS} were read")


def measure(task: str, path: Path) -> tuple[float, float]:
    """Seconds, and the MB that all processes of it had at most.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "app.config.settings"}
    command = [sys.executable, "-m", "benchmarks.workbook", task, str(path)]
    result = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    seconds, peak_mb = json.loads(result.stdout)
    return seconds, peak_mb


def _run(task: str, path: Path) -> None:
    import resource

    start = time.perf_counter()
    TASKS[task](path)
    seconds = time.perf_counter() - start
    kilobytes = sum(
        resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(json.dumps([seconds, kilobytes / 1024]))


def main() -> int:
    found: dict[str, list[tuple[float, float]]] = {task: [] for task in TASKS}
    with tempfile.TemporaryDirectory(prefix="coalition-bench-") as name:
        export = Path(name, "export.xlsx")
        measure("write_ours", export)
        for _ in range(RUNS):
            for way in WAYS:
                found[f"read_{way}"].append(measure(f"read_{way}", export))
                found[f"write_{way}"].append(measure(f"write_{way}", Path(name, f"{way}.xlsx")))
    return report("workbook", list(_table(found)), LIMITS)


def _table(found: dict[str, list[tuple[float, float]]]) -> Iterator[Row]:
    seconds = {task: [each[0] for each in runs] for task, runs in found.items()}
    peaks = {task: [each[1] for each in runs] for task, runs in found.items()}
    for deed in ("read", "write"):
        yield Row.of(deed, seconds[f"{deed}_ours"], seconds[f"{deed}_openpyxl"], "openpyxl", "s")
        yield Row.of(f"{deed}_pandas", seconds[f"{deed}_ours"], seconds[f"{deed}_pandas"], "pandas", "s")
    yield Row.of("peak_mb", peaks["read_ours"], peaks["read_openpyxl"], "openpyxl", "MB")
    yield Row.of("peak_write_mb", peaks["write_ours"], peaks["write_openpyxl"], "openpyxl", "MB")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _run(sys.argv[1], Path(sys.argv[2]))
        sys.exit(0)
    sys.exit(main())
