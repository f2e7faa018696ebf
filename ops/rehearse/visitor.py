"""A browser's share of HTTP: cookies, forms with their token, no redirect followed unseen."""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

_TIMEOUT_SECONDS = 30


class UnexpectedAnswerError(Exception):
    """The stage answered otherwise than it should; the message quotes it."""


class _KeepRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_KeepRedirects)


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
    """Somebody who comes in by one address."""

    base_url: str
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
            "Referer": self.base_url.replace("http://", "https://", 1) + path,
        }
        return self._ask(
            "POST", path, urllib.parse.urlencode(fields).encode(), own_headers | (headers or {}), expected
        )

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], expected: int | None
    ) -> Answer:
        request = urllib.request.Request(self.base_url + path, data=body, headers=headers, method=method)
        if self.cookies:
            request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        try:
            with _OPENER.open(request, timeout=self.timeout_seconds) as response:
                answer = Answer(response.status, response.headers, response.read().decode())
        except urllib.error.HTTPError as error:
            answer = Answer(error.code, error.headers, error.read().decode(errors="replace"))
        self._keep_cookies(answer)
        if expected is not None and answer.status != expected:
            raise UnexpectedAnswerError(
                f"{method} {path} answered {answer.status}, expected {expected}:\n{answer.body[:1500]}"
            )
        return answer

    def _keep_cookies(self, answer: Answer) -> None:
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
