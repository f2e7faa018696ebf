"""The trace that the limiters are held against is one that tells them apart."""

from importlib import import_module

import pytest


def test_the_oracle_finds_the_races_and_the_doubled_edge_and_none_of_ours() -> None:
    bench = import_module("benchmarks.ratelimit")
    with bench.provided() as running:
        found = {name: bench.measure(running, make, "client") for name, make in bench.LIMITERS.items()}
    over = {name: one["over_admitted"] for name, one in found.items()}
    assert over["ours"] == 0
    assert over["a fixed window"] == bench.LIMIT
    assert over["DRF's throttle"] > bench.LIMIT
    assert found["ours"]["calls_per_decision"] <= 1
    assert found["DRF's throttle"]["calls_per_decision"] > 1


@pytest.mark.parametrize("what", ["calls_per_decision", "over_admitted", "write_units"])
def test_what_was_promised_is_a_limit(what: str) -> None:
    assert import_module("benchmarks.ratelimit").LIMITS[what].ours in {0, 1}
