"""What is in front of production: the CDN at the operator's domain, people who come in by it, and its end.

The emulator serves a distribution by its configuration: function, secret, origins, policies, redirects. It keeps nothing, so what
would be kept, and for how long, is read from the answers and the policies.
"""

import re
import shutil
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import boto3

from ops import functions, smoke
from ops.deployment import Deployment
from ops.rehearse import cast, checkout, endorsement
from ops.rehearse.account import Rehearsal
from ops.rehearse.visitor import Answer, UnexpectedAnswerError, Visitor
from ops.steps import Steps

DOMAIN = "rehearsal.test"
# All of 127.0.0.0/8 is this machine, and what the gateway sees comes from its first.
ADDRESS = "127.0.0.7"
_STRANGERS = "203.0.113.9"
_FORGED = {"X-Viewer-Address": _STRANGERS, "X-Forwarded-For": _STRANGERS, "X-Origin-Secret": "guessed"}
_WITHDRAW = f"/campaigns/{cast.SLUG}/withdraw/"
_YEAR = 31_536_000
# What is kept: at most as long as the policy says.
_KEPT_SECONDS = {"/": 60, "/static/": _YEAR, "/api/campaigns/": 0, "/healthz": 0}
_HEADERS = {
    "Content-Security-Policy": "'none'",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": f"max-age={_YEAR}",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def put_domain_in_front(root: Path) -> None:
    """Say so in a checkout's file of production, and commit that. Its zone is elsewhere.

    Raises:
        UnexpectedAnswerError: the file has no stage prod.
    """
    file = root / "terraform" / "environments" / "prod.tfvars"
    file.write_text(with_domain(file.read_text()))
    checkout.commit(root, "Put a domain in front")


def with_domain(text: str) -> str:
    """The file with our domain in the place of an operator's own, which nobody can reach in a rehearsal."""
    bare = re.sub(r'\b(cdn\s*=\s*\{[^{}]*\}|public_url\s*=\s*"[^"]*")\s*,?', "", text)
    changed, count = re.subn(r"\bprod\s*=\s*\{", f'prod = {{ cdn = {{ domain = "{DOMAIN}" }},', bare)
    if count != 1:
        raise UnexpectedAnswerError(f"prod.tfvars has {count} stages prod, expected 1:\n{text}")
    return changed


def require_told(said: str, *, is_changed: bool) -> None:
    """See what a deploy said of the CDN.

    Raises:
        UnexpectedAnswerError: it did not make it, or changed what is as it has to be.
    """
    expected = f"https://{DOMAIN}" + ("" if is_changed else ", as it was")
    told = re.search(r"^ok +bring what is in front of it up to date .*$", said, re.MULTILINE)
    if told is None or not told[0].endswith(f" {expected}"):
        raise UnexpectedAnswerError(f"It does not tell of {expected}: {told and told[0]}\n{said[-3000:]}")


def look_again(rehearsal: Rehearsal, steps: Steps) -> None:
    """`make edge` right after the deploy finds nothing to do, so it asks nobody, and lists what DNS has to hold."""
    with steps.step("make edge STAGE=prod") as step:
        said = rehearsal.operator.make("edge", "STAGE=prod")
        # Of a session of its own: two threads can't make clients of the default one.
        cloudfront = boto3.Session().client("cloudfront")
        [distribution] = cloudfront.list_distributions()["DistributionList"]["Items"]
        records = f"ALIAS  {DOMAIN}\n       {distribution['DomainName']}"
        if missing := [words for words in ("No changes.", records, "as it was") if words not in said]:
            raise UnexpectedAnswerError(f"It does not say {missing}:\n{said}")
        step.note = f"no changes; {said.count('       (')} DNS records told"


def visit(rehearsal: Rehearsal, deployment: Deployment, release: str) -> None:
    """Come in by the domain, on a stage that has a campaign."""
    steps, url = deployment.steps, rehearsal.running.url
    with steps.step(f"read https://{DOMAIN} and its static files") as step:
        if not shutil.which("node"):
            raise UnexpectedAnswerError(
                "There is no node, by which the emulator runs CloudFront's functions."
            )
        visitor = Visitor(url, DOMAIN)
        asset = smoke.check_pages(_getter(visitor))
        smoke.check_release(_getter(visitor), release)
        paths = {path: asset if path == "/static/" else path for path in _KEPT_SECONDS}
        answers = {path: visitor.get(asked) for path, asked in paths.items()}
        _require_kept(paths, answers)
        for path, answer in answers.items():
            _require_headers(path, answer)
        step.note = f"{Path(asset).name}; kept for {', '.join(f'{path} {seconds} s' for path, seconds in _KEPT_SECONDS.items())}"
    with steps.step("by HTTP, and by www") as step:
        by_http = Visitor(url, DOMAIN, forged={"X-Forwarded-Proto": "http"})
        step.note = _moved(by_http, "/campaigns/?a=1&b=2")
        _moved(Visitor(url, f"www.{DOMAIN}"), "/campaigns/?a=1&b=2")
    with steps.step("endorse there, and say to be somebody else") as step:
        forger = Visitor(url, DOMAIN, ADDRESS, _FORGED)
        endorsement.submit(forger, "Lin Example", "lin@example.org")
        forger.get(_WITHDRAW)
        forger.post_form(_WITHDRAW, {"email": "nobody@rehearsal.test"}, 302)
        step.note = _counted(deployment, "endorse-address", ADDRESS)
        _counted(deployment, "mail-link-address", ADDRESS)
    with steps.step("the same at the API's own address") as step:
        forger = Visitor(deployment.api_url(), forged={**_FORGED, "X-Viewer-Host": DOMAIN})
        forger.get(_WITHDRAW)
        forger.post_form(_WITHDRAW, {"email": "no-one@rehearsal.test"}, 302)
        step.note = _counted(deployment, "mail-link-address", "127.0.0.1")


def take_away(rehearsal: Rehearsal, steps: Steps) -> None:
    """It goes before the platform, which refuses to go first."""
    with steps.step("make edge STAGE=prod ARGS=-destroy") as step:
        said = rehearsal.operator.refused("plan", "ENV=prod", "ARGS=-destroy -var=protected=false")
        if "It goes first: make edge STAGE=prod ARGS=-destroy" not in said:
            raise UnexpectedAnswerError(
                f"The platform may be destroyed before what is in front of it:\n{said}"
            )
        rehearsal.operator.make("edge", "STAGE=prod", "ARGS=-destroy", "CONFIRM=1")
        step.note = "the platform refuses to go before it"


def _getter(visitor: Visitor) -> smoke.Getter:
    def get(path: str) -> tuple[int, str]:
        answer = visitor.get(path, expected=None)
        return answer.status, answer.body

    return get


def _require_kept(paths: dict[str, str], answers: dict[str, Answer]) -> None:
    """How long CloudFront would keep each answer, by the policy of the path and the answer's own word."""
    longest = _longest_seconds()
    for path, expected in _KEPT_SECONDS.items():
        said = re.search(r"max-age=(\d+)", answers[path].headers.get("Cache-Control", ""))
        kept = min(int(said[1]) if said else 0, longest(paths[path]))
        if kept != expected:
            raise UnexpectedAnswerError(f"{path} would be kept for {kept} s, expected {expected}.")


def _longest_seconds() -> Callable[[str], int]:
    """What the distribution's policies allow at most, by path."""
    cloudfront = boto3.client("cloudfront")
    [found] = cloudfront.list_distributions()["DistributionList"]["Items"]
    config: dict[str, Any] = cloudfront.get_distribution_config(Id=found["Id"])["DistributionConfig"]
    by_path = [(one["PathPattern"], one) for one in config["CacheBehaviors"]["Items"]]
    by_path.append(("*", config["DefaultCacheBehavior"]))

    def longest(path: str) -> int:
        policy = next(one["CachePolicyId"] for pattern, one in by_path if fnmatch(path, pattern))
        return int(cloudfront.get_cache_policy(Id=policy)["CachePolicy"]["CachePolicyConfig"]["MaxTTL"])

    return longest


def _require_headers(path: str, answer: Answer) -> None:
    for name, words in _HEADERS.items():
        if words not in answer.headers.get(name, ""):
            raise UnexpectedAnswerError(f"{path} has {name}: {answer.headers.get(name)}, expected {words}.")


def _moved(visitor: Visitor, path: str) -> str:
    """Where somebody is sent, who has to be sent to the same page of the domain by HTTPS."""
    location: str = visitor.get(path, 301).headers["Location"]
    if location != f"https://{DOMAIN}{path}":
        raise UnexpectedAnswerError(f"http://{visitor.host}{path} is sent to {location}.")
    return location


def _counted(deployment: Deployment, scope: str, client: str) -> str:
    """One request of the client's, and none of whom it said to be."""

    def show(address: str) -> str:
        command = f"ratelimit show --scope {scope} --client {address}"
        return functions.manage(deployment.platform.ops_function, command)

    counts, strangers = show(client), show(_STRANGERS)
    if "1 in this window" not in counts or "Nothing counts for this client." not in strangers:
        raise UnexpectedAnswerError(f"Counted by {scope}:\n{client}: {counts}\n{_STRANGERS}: {strangers}")
    return f"counted for {client}, not for {_STRANGERS}"
