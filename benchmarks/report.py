"""One benchmark's rows: printed as a table, written to results/<name>.json, and held against their limits."""

import datetime as dt
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    """A quantity of ours beside a peer's; a peer that could not be had leaves `peer` and `ratio` empty."""

    what: str
    ours: float
    peer: float | None
    peer_name: str
    unit: str
    runs: int

    @classmethod
    def of(cls, what: str, ours: Sequence[float], peer: Sequence[float], peer_name: str, unit: str) -> "Row":
        """A row of medians."""
        return cls(what, median(ours), median(peer) if peer else None, peer_name, unit, len(ours))

    @property
    def ratio(self) -> float | None:
        return self.ours / self.peer if self.peer else None


@dataclass(frozen=True)
class AtMost:
    """What a row may come to; None is no limit."""

    ours: float | None = None
    ratio: float | None = None


def report(name: str, rows: Sequence[Row], limits: Mapping[str, AtMost]) -> int:
    """Print the rows, write them down and hold them against their limits.

    Args:
        name: of the benchmark and its file.
        rows: what was measured.
        limits: by the row's `what`.

    Returns:
        An exit code.
    """
    print(f"{name:<26} {'ours':>10} {'peer':>10} {'ratio':>7}")
    for row in rows:
        peer = "missing" if row.peer is None else f"{row.peer:.2f}"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        print(
            f"{row.what:<26} {row.ours:>10.2f} {peer:>10} {ratio:>7}  {row.unit}, {row.runs} runs, {row.peer_name}"
        )
    RESULTS.mkdir(exist_ok=True)
    result = {
        "name": name,
        "measured": [{**asdict(row), "ratio": row.ratio} for row in rows],
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    problems = list(exceeded(rows, limits))
    print("".join(f"{problem}\n" for problem in problems), end="", file=sys.stderr)
    return 1 if problems else 0


def exceeded(rows: Sequence[Row], limits: Mapping[str, AtMost]) -> Iterator[str]:
    """A line for each limit that does not hold, or that nothing was measured for."""
    measured = {row.what: row for row in rows}
    for what, limit in limits.items():
        for field, most in asdict(limit).items():
            found = getattr(measured.get(what), field, None)
            if most is None or (found is not None and found <= most):
                continue
            shown = "was not measured" if found is None else f"is {found:.2f}"
            yield f"{what}: {field} {shown}, and may be {most:.2f} at most"
