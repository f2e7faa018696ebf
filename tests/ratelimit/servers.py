"""DynamoDBs that are ill: real servers on loopback."""

import contextlib
import json
import select
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass
class Ill:
    """A running one.

    Attributes:
        url: where.
        asked: a word for each call that it got.
    """

    url: str
    asked: list[str] = field(default_factory=list)


@contextlib.contextmanager
def answering(status: int, code: str, *, late: bool = False) -> Iterator[Ill]:
    """One that refuses every call with an error of DynamoDB's; late is when nobody waits any more."""
    ill, may_answer = Ill(""), Event()
    if not late:
        may_answer.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self) -> None:
            ill.asked.append(self.headers["X-Amz-Target"])
            self.rfile.read(int(self.headers["Content-Length"]))
            may_answer.wait()
            body = json.dumps(
                {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}
            ).encode()
            # The client may be gone.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    ill.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield ill
    finally:
        may_answer.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def full() -> Iterator[Ill]:
    """One whose queue of connections is full, so that nobody can connect: as packets that get lost."""
    with socket.socket() as server, contextlib.ExitStack() as stack:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 - the socket's own
            waiting.connect_ex(server.getsockname())
        # The kernel may put one there a moment later; before, whoever comes is let in.
        select.select([server], [], [])
        yield Ill(f"http://127.0.0.1:{server.getsockname()[1]}")


@contextlib.contextmanager
def refusing() -> Iterator[Ill]:
    """Nobody listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        yield Ill(f"http://127.0.0.1:{server.getsockname()[1]}")
