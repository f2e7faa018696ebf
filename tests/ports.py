"""Ports of our own at which nobody is let in."""

import contextlib
import select
import socket
from collections.abc import Iterator


@contextlib.contextmanager
def refusing(family: socket.AddressFamily = socket.AF_INET) -> Iterator[int]:
    """One on which nobody listens, and nobody else can."""
    with socket.socket(family) as server:
        server.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        yield server.getsockname()[1]


@contextlib.contextmanager
def full() -> Iterator[int]:
    """One whose queue of connections is full: who comes now hears nothing, as if packets got lost."""
    with socket.socket() as server, contextlib.ExitStack() as stack:
        server.bind(("127.0.0.1", 0))
        # A queue of none holds one.
        server.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 - the socket's own
            waiting.connect_ex(server.getsockname())
        # The kernel may put one there a moment later; before, whoever comes is let in.
        assert select.select([server], [], [], 60)[0]
        yield server.getsockname()[1]
