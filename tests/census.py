"""A server on loopback that answers as the Census Bureau's geocoder documents, or fails as servers do."""

import contextlib
import http.server
import json
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit


def found(address: str, longitude: float, latitude: float, side: str = "L") -> dict[str, Any]:
    """One of `addressMatches`."""
    return {
        "tigerLine": {"side": side, "tigerLineId": "76355984"},
        "coordinates": {"x": longitude, "y": latitude},
        "addressComponents": {
            "zip": "21201", "streetName": "HOLLIDAY", "preType": "", "city": "BALTIMORE", "preDirection": "N",
            "suffixDirection": "", "fromAddress": "100", "state": "MD", "suffixType": "ST", "toAddress": "198",
            "suffixQualifier": "", "preQualifier": "",
        },
        "matchedAddress": address,
    }  # fmt: skip


CITY_HALL = found("100 N HOLLIDAY ST, BALTIMORE, MD, 21202", -76.61, 39.29)


class Census:
    """Set what it answers; `asked` has the query of each request.

    Attributes:
        matches: what an address means.
        status: of the answer.
        body: instead of the documented JSON.
        answers: cleared, it says nothing.
        drips: it sends blanks, one by one, until who asked has gone.
    """

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.matches: Sequence[dict[str, Any]] = [CITY_HALL]
        self.status = 200
        self.body: bytes | None = None
        self.answers = threading.Event()
        self.answers.set()
        self.drips = False
        self.url = ""

    def answer(self, query: dict[str, str]) -> bytes:
        if self.body is not None:
            return self.body
        benchmark = {
            "isDefault": True,
            "benchmarkDescription": "Public Address Ranges - Current Benchmark",
            "id": "4",
            "benchmarkName": query["benchmark"],
        }
        sent = {"address": {"address": query["address"]}, "benchmark": benchmark}
        return json.dumps({"result": {"input": sent, "addressMatches": list(self.matches)}}).encode()


@contextlib.contextmanager
def serve() -> Iterator[Census]:
    census = Census()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            census.asked.append(query)
            census.paths.append(parts.path)
            census.answers.wait()
            body = census.answer(query)
            # Who asked may have gone by now.
            with contextlib.suppress(ConnectionError):
                self.send_response(census.status)
                self.send_header("Content-Type", "application/json;charset=ISO-8859-1")
                if not census.drips:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                while census.drips:
                    self.wfile.write(b" ")
                    time.sleep(0.01)
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            del format, args

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        census.url = f"http://127.0.0.1:{server.server_port}/geocoder"
        try:
            yield census
        finally:
            census.answers.set()
            census.drips = False
            server.shutdown()
            thread.join()
