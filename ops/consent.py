"""Asking a person before something that can't be undone, unless CONFIRM says that somebody was asked already."""

import os
import sys


class RefusedError(Exception):
    """The answer was no, or there is nobody to ask."""


def ask(question: str) -> None:
    """Return if the answer is yes.

    Raises:
        RefusedError: it is not.
    """
    if os.environ.get("CONFIRM"):
        return
    if not sys.stdin.isatty():
        raise RefusedError("There is nobody to ask: set CONFIRM=1.")
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:
        # Ctrl-D
        answer = ""
    if answer.strip().lower() not in {"y", "yes"}:
        raise RefusedError("Nothing was changed.")
