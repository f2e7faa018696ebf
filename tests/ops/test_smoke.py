"""What a stage has to answer, asked of a small real server."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from ops import smoke
from ops.smoke import SmokeError

# Named by the digest of what it holds.
ASSET = "/static/site.fcdce6b6d6e2.css"
HEALTHY = {
    "/healthz": (200, json.dumps({"status": "ok", "release": "abc"})),
    "/readyz": (200, json.dumps({"status": "ok"})),
    "/": (200, f'<link rel="stylesheet" href="{ASSET}">'),
    ASSET: (200, "body {}"),
}
Answers = dict[str, tuple[int, str]]
Serve = Callable[[Answers], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[ThreadingHTTPServer] = []

    def start(answers: Answers) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = answers.get(self.path, (404, "nothing"))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_healthy_release_passes(serve: Serve) -> None:
    url = serve(HEALTHY)
    smoke.check_release(smoke.through(url), "abc")
    assert smoke.check_pages(smoke.through(url)) == ASSET


def test_a_page_of_another_release_that_a_cdn_kept_is_not_asked_for(serve: Serve) -> None:
    kept, fresh = HEALTHY["/"], (500, "a page that fails")
    url = serve(HEALTHY | {"/": kept, "/?release=abc": fresh})
    with pytest.raises(SmokeError, match="a page that fails"):
        smoke.check_pages(smoke.through(url), release="abc")


def test_an_asset_on_the_apis_own_host_has_the_stage_before_it(serve: Serve) -> None:
    url = serve(HEALTHY | {"/": (200, f'<link href="/prod{ASSET}">')})
    assert smoke.check_pages(smoke.through(url), "/prod") == f"/prod{ASSET}"


def test_links_that_lead_past_the_stage_fail(serve: Serve) -> None:
    with pytest.raises(SmokeError, match=re.escape(f"links to {ASSET}, which is not below /prod/")):
        smoke.check_pages(smoke.through(serve(HEALTHY)), "/prod")


def test_an_asset_on_a_cdn_is_asked_for_there(serve: Serve) -> None:
    cdn = serve({ASSET: (200, "body {}")})
    url = serve({"/": (200, f'<link href="{cdn}{ASSET}">')})
    assert smoke.check_pages(smoke.through(url), "/prod") == f"{cdn}{ASSET}"


def test_an_asset_that_arrives_in_base64_fails(serve: Serve) -> None:
    url = serve(HEALTHY | {ASSET: (200, "Ym9keSB7fQ==")})
    with pytest.raises(SmokeError, match="is not what its name says"):
        smoke.check_pages(smoke.through(url))


def test_another_release_is_told_apart(serve: Serve) -> None:
    with pytest.raises(SmokeError, match="says release abc, expected abd"):
        smoke.check_release(smoke.through(serve(HEALTHY)), "abd")


@pytest.mark.parametrize("body", ["<html>a kept page</html>", "{}", "[]"])
def test_what_is_not_the_application_is_shown(serve: Serve, body: str) -> None:
    with pytest.raises(SmokeError, match="names no release:\n" + re.escape(body)):
        smoke.check_release(smoke.through(serve({"/healthz": (200, body)})), "abc")


HALF = b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
WHOLE = b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nwhole"


@pytest.fixture
def say() -> Iterator[Callable[..., str]]:
    """Starts a server that gives each connection in turn one of the answers, byte for byte."""
    with ExitStack() as listeners:

        def start(*answers: bytes) -> str:
            listener = listeners.enter_context(socket.create_server(("127.0.0.1", 0)))

            def answer() -> None:
                for each in answers:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(1024)
                        connection.sendall(each)

            Thread(target=answer, daemon=True).start()
            return f"http://127.0.0.1:{listener.getsockname()[1]}/"

        yield start


def test_a_server_that_breaks_off_fails(say: Callable[..., str]) -> None:
    with pytest.raises(SmokeError, match="can't be reached: IncompleteRead"):
        smoke.fetch(say(HALF, HALF))


def test_an_answer_lost_on_its_way_is_asked_for_once_more(say: Callable[..., str]) -> None:
    assert smoke.fetch(say(HALF, WHOLE)) == (200, "whole")


def test_a_database_that_does_not_answer_fails(serve: Serve) -> None:
    url = serve({**HEALTHY, "/readyz": (503, '{"database": "unavailable"}')})
    with pytest.raises(SmokeError, match=r"/readyz answered 503:\n.*unavailable"):
        smoke.check_release(smoke.through(url), "abc")


def test_an_asset_that_was_not_uploaded_fails(serve: Serve) -> None:
    url = serve({**HEALTHY, ASSET: (404, "")})
    with pytest.raises(SmokeError, match=re.escape(f"{ASSET} answered 404")):
        smoke.check_pages(smoke.through(url))


def test_a_page_whose_assets_have_no_hash_fails(serve: Serve) -> None:
    url = serve({**HEALTHY, "/": (200, '<link rel="stylesheet" href="/static/site.css">')})
    with pytest.raises(SmokeError, match="named by its content"):
        smoke.check_pages(smoke.through(url))


def test_a_server_that_is_not_there_fails() -> None:
    with pytest.raises(SmokeError, match="can't be reached"):
        smoke.fetch("http://127.0.0.1:9/")
