"""DynamoDBs that are ill: real servers on loopback."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from tests import ports


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
    """Nobody can connect."""
    with ports.full() as port:
        yield Ill(f"http://127.0.0.1:{port}")


@contextlib.contextmanager
def refusing() -> Iterator[Ill]:
    """Nobody listens."""
    with ports.refusing() as port:
        yield Ill(f"http://127.0.0.1:{port}")
