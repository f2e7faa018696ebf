"""What `make bench` writes, and when it fails."""

import json
import os
import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.report import AtMost, Row

ROOT = Path(__file__).parents[2]
FASTER = Row.of("cold_start", [90.0, 100.0, 500.0], [400.0, 400.0, 900.0], "stock Zappa", "ms")
ALONE = Row.of("warm_json_zappa", [1.0], [], "stock Zappa", "ms")


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    return tmp_path


def test_the_results_have_the_form_that_they_are_compared_in(results: Path) -> None:
    assert report.report("lambda", [FASTER, ALONE], {}) == 0
    result = json.loads((results / "lambda.json").read_text())
    assert result.keys() == {"name", "measured", "machine", "date"}
    assert result["name"] == "lambda"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", result["date"])
    assert result["measured"] == [
        {
            "what": "cold_start",
            "ours": 100.0,
            "peer": 400.0,
            "peer_name": "stock Zappa",
            "ratio": 0.25,
            "unit": "ms",
            "runs": 3,
        },
        {
            "what": "warm_json_zappa",
            "ours": 1.0,
            "peer": None,
            "peer_name": "stock Zappa",
            "ratio": None,
            "unit": "ms",
            "runs": 1,
        },
    ]


@pytest.mark.parametrize(
    ("what", "limit", "problem"),
    [
        ("cold_start", AtMost(ratio=0.25), ""),
        ("cold_start", AtMost(ours=100), ""),
        (
            "cold_start",
            AtMost(ratio=0.24),
            "cold_start: ratio is 0.25, and may be 0.24 at most\n",
        ),
        (
            "cold_start",
            AtMost(ours=99),
            "cold_start: ours is 100.00, and may be 99.00 at most\n",
        ),
        (
            "warm_json_zappa",
            AtMost(ratio=1),
            "warm_json_zappa: ratio was not measured, and may be 1.00 at most\n",
        ),
        (
            "zip_mib",
            AtMost(ours=20),
            "zip_mib: ours was not measured, and may be 20.00 at most\n",
        ),
    ],
)
def test_it_fails_over_a_limit_and_where_there_is_nothing_to_hold_against_it(
    results: Path, capsys: pytest.CaptureFixture[str], what: str, limit: AtMost, problem: str
) -> None:
    assert report.report("lambda", [FASTER, ALONE], {what: limit}) == (1 if problem else 0)
    assert capsys.readouterr().err == problem
    assert (results / "lambda.json").exists()


def test_the_numbers_that_were_promised_are_limits() -> None:
    limits = import_module("benchmarks.lambda").LIMITS
    promised = {
        "cold_start": AtMost(ratio=0.30),
        "warm_json": AtMost(ratio=1.4),
        "zip_mib": AtMost(ours=20),
    }
    assert promised.items() <= limits.items()


def test_make_bench_fails_with_a_benchmark(tmp_path: Path) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\necho $2; test $2 != benchmarks.slow\n")
    python.chmod(0o755)
    (tmp_path / "dev").touch()
    os.utime(tmp_path / "dev", (2**31, 2**31))
    command = ["make", "--no-print-directory", "bench", "BENCH=slow", f"VENV={tmp_path}"]
    command += ["--old-file", str(tmp_path / "dev")]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode != 0
    assert (
        subprocess.run(
            [word.replace("slow", "quick") for word in command], cwd=ROOT, capture_output=True, check=False
        ).returncode
        == 0
    )
