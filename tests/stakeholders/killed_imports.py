"""Imports in children of this process, which are killed from outside: the test that starts it writes one line for each.

A line is the path of a source, the answer the child's process id; after another line comes its exit code.
"""

import os
import sys

import django


def main() -> None:
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    # What an import needs is loaded once, so that a child is in the midst of it at once.
    from app.stakeholders import imports

    assert imports
    connections.close_all()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            call_command("import_tiger", line.strip(), kind="county", vintage=2016, verbosity=0)
            os._exit(0)
        _answer(child)
        # Until then its process id is nobody else's, even if it has ended.
        sys.stdin.readline()
        _, status = os.waitpid(child, 0)
        _answer(os.waitstatus_to_exitcode(status))


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
