"""What a workflow tells GitHub: a plan under its pull request, one issue for each environment that drifted.

    python -m ops.github plan-comment ENVIRONMENT --pull-request 12     (`make plan-comment ENV=prod PR=12`)
    python -m ops.github drift-issue ENVIRONMENT                        (`make drift-issue ENV=prod`)

Both say again what they said before in the same place. They want GITHUB_REPOSITORY (owner/name) and GH_TOKEN.
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops import infrastructure, plan_summary
from ops.plan_values import code

_TIMEOUT_SECONDS = 30
_PAGE = 100
# Who speaks with a workflow's own token, which may not ask who it is.
_WORKFLOWS_LOGIN = "github-actions[bot]"


class GitHubError(Exception):
    """GitHub could not be told; the message says what to do."""


@dataclass(frozen=True)
class Repository:
    """GitHub's interface to one repository.

    Attributes:
        name: owner/name.
        token: may write issues or pull requests of it.
        api_url: GitHub's, without a slash at the end.
    """

    name: str
    token: str
    api_url: str = "https://api.github.com"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Ask GitHub.

        Args:
            method: of HTTP.
            path: below the interface's address.
            body: is sent as JSON.

        Raises:
            GitHubError: it says no, or nothing.
        """
        request = urllib.request.Request(
            f"{self.api_url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            told = error.read(500).decode(errors="replace")
            raise GitHubError(f"GitHub answers {method} {path} with {error.code}: {told}") from None
        except OSError as error:
            raise GitHubError(f"GitHub can't be reached at {self.api_url}: {error}") from None

    def pages(self, path: str) -> Iterator[Any]:
        """All that a list holds."""
        separator = "&" if "?" in path else "?"
        page = 1
        while True:
            listed = self.call("GET", f"{path}{separator}per_page={_PAGE}&page={page}")
            yield from listed
            if len(listed) < _PAGE:
                return
            page += 1

    def login(self) -> str:
        """Whose token it is."""
        if os.environ.get("GITHUB_ACTIONS"):
            return _WORKFLOWS_LOGIN
        return str(self.call("GET", "/user")["login"])

    def comment(self, pull_request: int, marker: str, body: str) -> None:
        """Say something once under a pull request: a comment of ours that begins with the marker is replaced."""
        path, ours = f"/repos/{self.name}/issues", self.login()
        for one in self.pages(f"{path}/{pull_request}/comments"):
            # Somebody else's with our marker is theirs.
            if one["user"]["login"] == ours and one["body"].startswith(marker):
                self.call("PATCH", f"{path}/comments/{one['id']}", {"body": body})
                return
        self.call("POST", f"{path}/{pull_request}/comments", {"body": body})

    def issue(self, title: str, body: str) -> None:
        """Have one open issue of ours with this title and text."""
        if found := self._open_issue(title):
            self.call("PATCH", f"/repos/{self.name}/issues/{found}", {"body": body})
        else:
            self.call("POST", f"/repos/{self.name}/issues", {"title": title, "body": body})

    def close(self, title: str, why: str) -> None:
        """Close our issue with this title, if it is open."""
        if found := self._open_issue(title):
            path = f"/repos/{self.name}/issues/{found}"
            self.call("POST", f"{path}/comments", {"body": why})
            self.call("PATCH", path, {"state": "closed", "state_reason": "completed"})

    def _open_issue(self, title: str) -> int | None:
        ours = self.login()
        for one in self.pages(f"/repos/{self.name}/issues?state=open"):
            if one["title"] == title and one["user"]["login"] == ours and "pull_request" not in one:
                return int(one["number"])
        return None


def repository() -> Repository:
    """The one that the environment names.

    Raises:
        GitHubError: it names none, or there is no token.
    """
    name, token = os.environ.get("GITHUB_REPOSITORY", ""), os.environ.get("GH_TOKEN", "")
    if not name or not token:
        raise GitHubError(
            "Set GITHUB_REPOSITORY to owner/name, and GH_TOKEN to a token that may write there."
        )
    return Repository(name, token, os.environ.get("GITHUB_API_URL", Repository.api_url).rstrip("/"))


def origin() -> str:
    """Which commit and which run this is about, as Markdown; empty outside a workflow."""
    run, sha = os.environ.get("GITHUB_RUN_ID"), os.environ.get("GITHUB_SHA", "")
    if not run:
        return ""
    server, name = os.environ.get("GITHUB_SERVER_URL", "https://github.com"), os.environ["GITHUB_REPOSITORY"]
    return f"Of {code(sha[:12])}, by [this run]({server}/{name}/actions/runs/{run})."


def comment_plan(environment: str, pull_request: int) -> None:
    """Put the summary that `make plan` wrote under a pull request, or that there is none: no old one may be believed.

    Raises:
        GitHubError: GitHub could not be told.
    """
    marker, file = plan_summary.marker(environment), infrastructure.summary_file(environment)
    if file.exists():
        text = file.read_text(encoding="utf-8")
    else:
        text = f"{marker}\n\n## Terraform plan of `{environment}`: there is none\n\n`make plan ENV={environment}` failed.\n"
    note = origin()
    repository().comment(pull_request, marker, f"{text}\n{note}" if note else text)


def report_drift(environment: str) -> None:
    """Have an open issue as long as an environment differs from the code or can't be compared with it.

    Raises:
        GitHubError: GitHub could not be told.
    """
    title, file, note = f"Drift in {environment}", infrastructure.drift_file(environment), origin()
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if text.startswith(infrastructure.drift_marker(environment, differs=False)):
        repository().close(title, f"{environment} is what the code says. {note}")
        return
    advice = (
        "If the code is right, apply it; if what is there is right, put it into the code."
        if text
        else f"`make drift ENV={environment}` could not compare it with the code."
    )
    repository().issue(title, f"{advice}\n\n{text}\n{note}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.github", description=__doc__)
    parser.add_argument("verb", choices=("plan-comment", "drift-issue"))
    parser.add_argument("environment", choices=infrastructure.ENVIRONMENTS)
    parser.add_argument("--pull-request", type=int)
    arguments = parser.parse_args()
    if arguments.verb == "plan-comment" and not arguments.pull_request:
        parser.error("name the pull request: make plan-comment ENV=prod PR=12")
    try:
        if arguments.verb == "plan-comment":
            comment_plan(arguments.environment, arguments.pull_request)
        else:
            report_drift(arguments.environment)
    except GitHubError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
