"""A command of several steps, as its operator sees it: a line a step with its time, and a table at the end."""

import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# Of our own code, or an answer that nobody expected: of these the words alone say nothing.
_FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, NameError, TypeError, ValueError)


class StepFailedError(Exception):
    """A step failed; the message says what state things are in and what to run next. Its cause is chained."""


@dataclass
class Step:
    """One step's outcome.

    Attributes:
        what: as it was announced.
        began: when, by a clock of this process, for an order among several lists.
        seconds: how long it took.
        note: what is worth knowing about it, set inside the block.
        ok: whether it ended without an error.
    """

    what: str
    seconds: float = 0
    note: str = ""
    ok: bool = False
    began: float = field(default_factory=time.monotonic)


class _Screen:
    """A line a step, begun when it begins: only the newest can be ended on its own line if several go on at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: Step | None = None

    def begin(self, step: Step) -> None:
        with self._lock:
            self._break()
            print(_announced(step), end="", flush=True)
            self._open = step

    def end(self, step: Step) -> None:
        with self._lock:
            is_open = self._open is step
            if not is_open:
                self._break()
            outcome = f"{step.seconds:6.1f} s  {step.note if step.ok else 'FAILED'}".rstrip()
            print(f"{'' if is_open else _announced(step)} {outcome}", flush=True)
            if is_open:
                self._open = None

    def _break(self) -> None:
        if self._open is not None:
            print(" …")
            self._open = None


def _announced(step: Step) -> str:
    return f"  {step.what:<52}"


_SCREEN = _Screen()


@dataclass
class Steps:
    """The steps done so far, in order."""

    done: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, what: str, if_it_fails: str = "") -> Iterator[Step]:
        """Announce, time and record a block.

        Args:
            what: a few words, in the imperative.
            if_it_fails: the state things are then in, and what to run next.

        Raises:
            StepFailedError: from whatever the block raised.
        """
        step = Step(what)
        self.done.append(step)
        _SCREEN.begin(step)
        try:
            yield step
            step.ok = True
        except Exception as error:
            raise StepFailedError(if_it_fails or f"“{what}” failed.") from error
        finally:
            step.seconds = time.monotonic() - step.began
            _SCREEN.end(step)

    def table(self) -> str:
        """All steps with their times, and the sum."""
        width = max((len(step.what) for step in self.done), default=0)
        lines = [
            f"{'ok' if step.ok else 'FAILED':<6}  {step.what:<{width}}  {step.seconds:6.1f} s  {step.note}".rstrip()
            for step in self.done
        ]
        total = sum(step.seconds for step in self.done)
        return "\n".join([*lines, f"{'':<6}  {f'{len(self.done)} steps':<{width}}  {total:6.1f} s"])


def explain(error: StepFailedError) -> str:
    """What an operator reads after a failure: the cause, then the state and the way on."""
    cause = error.__cause__
    said = "".join(traceback.format_exception(cause)) if isinstance(cause, _FAULTS) else cause
    return f"\n{said}\n\n{error}"
