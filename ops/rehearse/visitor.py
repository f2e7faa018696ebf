"""A browser's share of HTTP: cookies, forms with their token, no redirect followed unseen."""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

_TIMEOUT_SECONDS = 30


class UnexpectedAnswerError(Exception):
    """The stage answered otherwise than it should; the message quotes it."""


class _KeepRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class _From(urllib.request.HTTPHandler):
    """Connections that come from an address."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._source = (address, 0) if address else None

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(http.client.HTTPConnection, request, source_address=self._source)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Any
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Visitor:
    """Somebody who comes in by one address.

    Attributes:
        base_url: where they are answered.
        host: the name that they typed, if that is a CDN's and base_url the emulator's; then they come by HTTPS.
        address: their own, on the loopback interface; any if not given.
        forged: headers that no browser sends, with every request.
        timeout_seconds: how long they wait for an answer.
        cookies: that they were given.
    """

    base_url: str
    host: str = ""
    address: str = ""
    forged: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = _TIMEOUT_SECONDS
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, expected: int | None = 200) -> Answer:
        return self._ask("GET", path, None, {}, expected)

    def post_json(self, path: str, body: Any, expected: int) -> Answer:
        return self._ask(
            "POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"}, expected
        )

    def post_form(
        self, path: str, fields: dict[str, str], expected: int | None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Send a form as a browser does: with Django's token, if it has one, and the page it comes from.

        Args:
            path: of the page.
            fields: what was typed.
            expected: the status; None if any will do.
            headers: what no browser sends.
        """
        if "csrftoken" in self.cookies:
            fields = {**fields, "csrfmiddlewaretoken": self.cookies["csrftoken"]}
        own_headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            # The application takes every request for https, as it is behind the real gateway.
            "Referer": f"https://{self.host or self.base_url.removeprefix('http://')}{path}",
        }
        return self._ask(
            "POST", path, urllib.parse.urlencode(fields).encode(), own_headers | (headers or {}), expected
        )

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], expected: int | None
    ) -> Answer:
        by_name = {"Host": self.host, "X-Forwarded-Proto": "https"} if self.host else {}
        sent = {**by_name, **self.forged, **headers}
        request = urllib.request.Request(self.base_url + path, data=body, headers=sent, method=method)
        if self.cookies:
            request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        try:
            with self._opener().open(request, timeout=self.timeout_seconds) as response:
                answer = Answer(response.status, response.headers, response.read().decode())
        except urllib.error.HTTPError as error:
            answer = Answer(error.code, error.headers, error.read().decode(errors="replace"))
        self._keep_cookies(answer)
        if expected is not None and answer.status != expected:
            raise UnexpectedAnswerError(
                f"{method} {path} answered {answer.status}, expected {expected}:\n{answer.body[:1500]}"
            )
        return answer

    def _opener(self) -> urllib.request.OpenerDirector:
        return urllib.request.build_opener(_KeepRedirects, _From(self.address))

    def _keep_cookies(self, answer: Answer) -> None:
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
