"""The rate limiter across containers: what 200 requests through the gateway get, and what DynamoDB was asked for it.

The scope is the one of links to withdraw, by address: 20 an hour, so that nobody is let in anew meanwhile. Everybody comes from the
same address, and each gives another one of mail, which counts for itself. So an admitted request is two decisions and a refused one is one.
"""

import copy
import re
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

from ops import functions
from ops.rehearse import cast
from ops.rehearse.visitor import Answer, UnexpectedAnswerError, Visitor
from ops.rehearse.world import World

REQUESTS = 200
# Each in a container of its own. The emulator has 64 threads for the requests and for the calls that the functions make
# meanwhile, so more would wait for themselves.
AT_ONCE = 20
LIMIT = 20
CLIENT = "127.0.0.1"
_SCOPE = "mail-link-address"
_PATH = f"/campaigns/{cast.SLUG}/withdraw/"
_AFTERWARDS = 10
_PATIENCE_MS = "10000"
_BUSY_SECONDS, _LONGEST_SECONDS = 0.5, 300


def rush(world: World, url: str) -> str:
    """Ask 200 times, 20 at once, every second time with a forged address.

    Returns:
        What happened, in a line.

    Raises:
        ops.rehearse.visitor.UnexpectedAnswerError: not exactly the limit passed, or DynamoDB was asked too often.
    """
    _be_patient(world.platform.function)
    visitor = Visitor(url, timeout_seconds=_LONGEST_SECONDS)
    # The page's token against forgery, which all then send.
    visitor.get(_PATH)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        # Starting so many containers at once takes this machine longer than the gateway waits; to look costs nothing.
        list(threads.map(lambda _: copy.deepcopy(visitor).get(_PATH, expected=None), range(2 * AT_ONCE)))
        before = _updates(world.emulator.log)
        answers = list(threads.map(lambda number: _ask(visitor, number), range(REQUESTS)))
    passed = [answer for answer in answers if answer.status == HTTPStatus.FOUND]
    refused = [answer for answer in answers if answer.status == HTTPStatus.TOO_MANY_REQUESTS]
    if (len(passed), len(refused)) != (LIMIT, REQUESTS - LIMIT):
        raise UnexpectedAnswerError(f"{len(passed)} passed and {len(refused)} were refused of {REQUESTS}.")
    if not all(int(answer.headers["Retry-After"]) > 0 for answer in refused):
        raise UnexpectedAnswerError("A refusal does not say when to come again.")
    learnt = _updates(world.emulator.log) - before - 2 * LIMIT
    concurrency = functions.client().get_function_concurrency(FunctionName=world.platform.function)
    containers = int(concurrency["ReservedConcurrentExecutions"])
    # Each container learns once that the client is over its limit, and asks no more.
    if not 1 <= learnt <= containers:
        raise UnexpectedAnswerError(
            f"The {len(refused)} refusals cost {learnt} calls, expected one in each of at most {containers} containers."
        )
    return f"{LIMIT} of {REQUESTS} passed; {2 * LIMIT} calls for them, {learnt} for {len(refused)} refusals"


def ask_on(world: World, url: str) -> str:
    """Ask again and again in a container that knows, forged or not: DynamoDB is asked nothing.

    Returns:
        What happened, in a line.

    Raises:
        ops.rehearse.visitor.UnexpectedAnswerError: somebody passed, or DynamoDB was asked.
    """
    visitor = Visitor(url)
    visitor.get(_PATH)
    # The first may wake a container that never refused.
    _expect_refusal(visitor, 0)
    before = _updates(world.emulator.log)
    for number in range(1, _AFTERWARDS + 1):
        _expect_refusal(visitor, number)
    if asked := _updates(world.emulator.log) - before:
        raise UnexpectedAnswerError(f"{_AFTERWARDS} refusals of a known client cost {asked} calls.")
    said = functions.manage(world.platform.ops_function, f"ratelimit show --scope {_SCOPE} --client {CLIENT}")
    # The hour may have ended meanwhile.
    standing = re.search(r"(\d+) in this window, (\d+) in the one before, refused for", said)
    if not standing or sum(map(int, standing.groups())) != LIMIT:
        raise UnexpectedAnswerError(f"`ratelimit show` said:\n{said}")
    return f"{_AFTERWARDS} refusals, no call"


def _be_patient(function: str) -> None:
    """This machine also plays the functions and the gateway, so its DynamoDB can't answer them all in 150 ms."""
    client = functions.client()
    variables = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    if variables.get("RATE_LIMIT_TIMEOUT_MS") != _PATIENCE_MS:
        patient = {**variables, "RATE_LIMIT_TIMEOUT_MS": _PATIENCE_MS}
        client.update_function_configuration(FunctionName=function, Environment={"Variables": patient})
        functions.wait_until_settled(function)


def _expect_refusal(visitor: Visitor, number: int) -> None:
    answer = _ask(visitor, number)
    if answer.status != HTTPStatus.TOO_MANY_REQUESTS:
        raise UnexpectedAnswerError(
            f"POST {_PATH} answered {answer.status}, expected 429:\n{answer.body[:1500]}"
        )


def _ask(visitor: Visitor, number: int) -> Answer:
    """One request, repeated while all containers that the stage may have are busy: the gateway says so, not we."""
    forged = {"X-Forwarded-For": f"198.51.100.{number}"} if number % 2 else {}
    deadline = time.monotonic() + _LONGEST_SECONDS
    while True:
        own = copy.deepcopy(visitor)
        fields = {"email": f"somebody{number}@rehearsal.test"}
        answer = own.post_form(_PATH, fields, expected=None, headers=forged)
        is_ours = "text/html" in answer.headers["Content-Type"]
        if is_ours or time.monotonic() > deadline:
            return answer
        time.sleep(_BUSY_SECONDS)


def _updates(log: Path) -> int:
    return len(re.findall(r"^DynamoDB call: UpdateItem ", log.read_text(errors="replace"), re.MULTILINE))
