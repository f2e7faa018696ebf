"""The rule in fractions, written apart from the application's code: what a decision has to be."""

from fractions import Fraction


def admits(count: int, window_ms: int, elapsed_ms: int, previous: int, current: int) -> bool:
    weight = 1 - Fraction(elapsed_ms, window_ms)
    return previous * weight + current + 1 <= count


class Counter:
    """One client's windows, in one place."""

    def __init__(self, count: int, window_ms: int, phase_ms: int = 0) -> None:
        self.count, self.window_ms, self.phase_ms = count, window_ms, phase_ms
        self.passed: dict[int, int] = {}

    def take(self, now_ms: int) -> bool:
        index, elapsed_ms = divmod(now_ms + self.phase_ms, self.window_ms)
        previous, current = self.passed.get(index - 1, 0), self.passed.get(index, 0)
        is_admitted = admits(self.count, self.window_ms, elapsed_ms, previous, current)
        if is_admitted:
            self.passed[index] = current + 1
        return is_admitted
