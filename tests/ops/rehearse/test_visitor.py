"""Somebody who comes in by a CDN's name sends what a browser would send there, from an address of their own."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ops.rehearse.visitor import Visitor

Asked = list[tuple[str, dict[str, str]]]


@pytest.fixture
def server() -> Iterator[tuple[str, Asked]]:
    """Where it answers, and who asked: their address and their headers."""
    asked: Asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append((str(self.client_address[0]), dict(self.headers.items())))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}", asked
    running.shutdown()
    running.server_close()


def test_they_are_where_they_say_and_ask_for_the_name_by_https(server: tuple[str, Asked]) -> None:
    url, asked = server
    Visitor(url, "rehearsal.test", "127.0.0.7", {"X-Viewer-Address": "203.0.113.9"}).post_form("/a/", {}, 200)
    [(address, headers)] = asked
    assert address == "127.0.0.7"
    assert headers["Host"] == "rehearsal.test"
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["Referer"] == "https://rehearsal.test/a/"
    assert headers["X-Viewer-Address"] == "203.0.113.9"


def test_without_a_name_they_ask_the_address_itself(server: tuple[str, Asked]) -> None:
    url, asked = server
    Visitor(url).post_form("/a/", {}, 200)
    [(_, headers)] = asked
    assert headers["Host"] == url.removeprefix("http://")
    assert headers["Referer"] == url.replace("http://", "https://") + "/a/"
    assert "X-Forwarded-Proto" not in headers
