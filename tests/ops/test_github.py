"""What GitHub is told, by a server on loopback that keeps comments and issues as GitHub does."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ops import github, infrastructure, plan_summary
from ops.github import GitHubError

OURS = {"login": "github-actions[bot]"}


@dataclass
class Hub:
    """What the server holds. An issue's number is its place in the list, from 1."""

    url: str = ""
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    refuses: bool = False

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
        begin = (int(query.get("page", ["1"])[0]) - 1) * 100
        if found := re.fullmatch(r"/repos/o/r/issues/comments/(\d+)", path):
            self.comments[int(found[1])].update(body)
        elif found := re.fullmatch(r"/repos/o/r/issues/(\d+)/comments", path):
            if method == "GET":
                return list(self.comments.values())[begin : begin + 100]
            number = len(self.comments) + 1
            self.comments[number] = {"id": number, "user": OURS, **body}
        elif found := re.fullmatch(r"/repos/o/r/issues/(\d+)", path):
            self.issues[int(found[1]) - 1].update(body)
        elif method == "GET":
            return [one for one in self.issues if one["state"] == "open"][begin : begin + 100]
        else:
            self.issues.append({"number": len(self.issues) + 1, "state": "open", "user": OURS, **body})
        return {}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    held = Hub()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            target = urlsplit(self.path)
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
            assert self.headers["Authorization"] == "Bearer secret-token"
            answer = held.answer(self.command, target.path, parse_qs(target.query), body)
            self.send_response(403 if held.refuses else 200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_POST = do_PATCH = handle_any  # noqa: N815 - as the server calls them

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": held.url,
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_RUN_ID": "7",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_SHA": "abcdef0123456789",
        "GH_TOKEN": "secret-token",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(infrastructure, "ROOT", tmp_path)
    infrastructure.summary_file("prod").parent.mkdir(parents=True)
    yield held
    server.shutdown()
    server.server_close()


def say(text: str) -> None:
    infrastructure.summary_file("prod").write_text(f"{plan_summary.marker('prod')}\n{text}\n")
    github.comment_plan("prod", 12)


def test_a_second_plan_replaces_the_comment_of_the_first(hub: Hub) -> None:
    say("one to create")
    say("two to create")
    (comment,) = hub.comments.values()
    assert "two to create" in comment["body"]
    assert "https://github.com/o/r/actions/runs/7" in comment["body"]


def test_a_summary_of_the_longest_kind_has_room_for_where_it_comes_from(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/" + "r" * 100)
    monkeypatch.setenv("GITHUB_RUN_ID", "7" * 20)
    assert len(github.origin()) + len("\n\n") <= plan_summary.ROOM_BELOW


def test_each_environment_has_a_comment_of_its_own(hub: Hub) -> None:
    say("of prod")
    github.comment_plan("nonprod", 12)
    assert len(hub.comments) == 2


def test_somebody_elses_comment_with_our_marker_stays_theirs(hub: Hub) -> None:
    theirs = f"{plan_summary.marker('prod')} all is well"
    hub.comments[1] = {"id": 1, "user": {"login": "mallory"}, "body": theirs}
    say("destroys all")
    assert hub.comments[1]["body"] == theirs
    assert "destroys all" in hub.comments[2]["body"]


def test_our_comment_is_found_behind_a_hundred_others(hub: Hub) -> None:
    for number in range(1, 151):
        hub.comments[number] = {"id": number, "user": {"login": "ada"}, "body": "hm"}
    say("first")
    say("second")
    assert len(hub.comments) == 151


def test_a_plan_that_failed_is_told_so_that_no_old_one_is_believed(hub: Hub) -> None:
    say("one to create")
    infrastructure.summary_file("prod").unlink()
    github.comment_plan("prod", 12)
    (comment,) = hub.comments.values()
    assert "there is none" in comment["body"]


def find(differs: bool | None) -> None:  # noqa: FBT001 - three-valued on purpose
    file = infrastructure.drift_file("prod")
    file.unlink(missing_ok=True)
    if differs is not None:
        file.write_text(infrastructure.drift_marker("prod", differs=differs) + "\n1 to change\n")
    github.report_drift("prod")


def test_drift_opens_one_issue_however_many_nights_it_lasts_and_its_end_closes_it(hub: Hub) -> None:
    find(differs=True)
    find(differs=True)
    (issue,) = hub.issues
    assert (issue["title"], issue["state"]) == ("Drift in prod", "open")
    assert "1 to change" in issue["body"]
    find(differs=False)
    assert issue["state"] == "closed"
    find(differs=True)
    assert [one["state"] for one in hub.issues] == ["closed", "open"]


def test_no_drift_and_no_issue_is_no_news(hub: Hub) -> None:
    find(differs=False)
    assert hub.issues == []


def test_what_could_not_be_compared_is_an_issue_too(hub: Hub) -> None:
    find(differs=None)
    assert "could not compare" in hub.issues[0]["body"]


def test_a_refusal_is_said_with_githubs_words(hub: Hub) -> None:
    hub.refuses = True
    with pytest.raises(GitHubError, match="with 403"):
        say("anything")


def test_without_a_token_it_says_what_to_set(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GH_TOKEN")
    with pytest.raises(GitHubError, match="GH_TOKEN"):
        say("anything")
