"""What the jobs of these tests do."""

import os
import time
from pathlib import Path

from django.db import connection
from django_tasks import TaskContext, task


def _append(path: str, line: str) -> None:
    # One write in append mode is whole, however many workers do it.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


@task()
def note(path: str, line: str) -> None:
    _append(path, line)


@task()
def fail_always(path: str) -> None:
    _append(path, "tried")
    raise OSError("the mail server does not answer")


@task(takes_context=True)
def fail_until(context: TaskContext, path: str, attempt: int) -> str:
    _append(path, "tried")
    if context.attempt < attempt:
        raise OSError("the mail server does not answer")
    return "done"


def endless() -> list[object]:
    found: list[object] = []
    found.append(found)
    return found


# The first three are no JSON, the others none that PostgreSQL keeps.
UNKEPT = {"object": object(), "bytes": b"\xff", "endless": endless(), "nan": float("nan"), "zero": "a\0b"}


@task()
def return_what_cannot_be_kept(path: str, kind: str) -> object:
    _append(path, "tried")
    return UNKEPT[kind]


@task()
def block_once(path: str) -> None:
    """The first attempt hangs until its worker is killed."""
    first = not Path(path).exists()
    _append(path, "tried")
    if first:
        time.sleep(600)


@task()
def interrupt() -> None:
    raise KeyboardInterrupt


def end_connection() -> None:
    """End this thread's connection from the server's side, as a restart does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [victim] = cursor.fetchone()
    killer = connection.copy()
    with killer.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 60000)", [victim])
    killer.close()


@task()
def lose_the_connection(path: str) -> None:
    _append(path, "tried")
    end_connection()
