"""One deed, done by many at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

_Outcome = TypeVar("_Outcome")


def at_once(times: int, deed: Callable[[], _Outcome]) -> list[_Outcome]:
    """What comes of it in as many threads, each with database connections of its own; the first error is raised."""
    start = threading.Barrier(times)

    def do() -> _Outcome:
        start.wait()
        try:
            return deed()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as threads:
        return [outcome.result() for outcome in [threads.submit(do) for _ in range(times)]]
