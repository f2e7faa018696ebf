"""An answer that got lost is given again, by MiniStack as by AWS's own idempotent calls; launcher.py is beside this file."""

import asyncio
from collections import OrderedDict
from typing import Any

_KEPT = 512


def repair_lost_answers(app: Any) -> None:
    """Whoever got no answer asks again, and is refused because it is done by then: "already exists", or an ETag that is old.

    Every SDK gives all attempts of one call the same id. Reads are simply done again.
    """
    serve = app.app
    answers: OrderedDict[bytes, asyncio.Future[list[dict[str, Any]]]] = OrderedDict()

    async def serve_once(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", []))
        call = headers.get(b"amz-sdk-invocation-id")
        if scope.get("method") in {None, "GET", "HEAD"} or not call:
            await serve(scope, receive, send)
            return
        # The first attempt may be under way still.
        if call in answers and (kept := await asyncio.shield(answers[call])):
            print(f"Asked again, answered again: {scope['method']} {scope['path']}", flush=True)
            for message in kept:
                await send(message)
            return
        answer: asyncio.Future[list[dict[str, Any]]] = asyncio.get_running_loop().create_future()
        answers[call] = answer
        while len(answers) > _KEPT:
            answers.popitem(last=False)
        said: list[dict[str, Any]] = []

        async def send_and_keep(message: dict[str, Any]) -> None:
            said.append(message)
            await send(message)

        try:
            await serve(scope, receive, send_and_keep)
        finally:
            answer.set_result(said if _is_whole_success(said) else [])

    app.app = serve_once


def _is_whole_success(said: list[dict[str, Any]]) -> bool:
    """What failed may be tried again in earnest."""
    bad_request = 400
    return (
        bool(said)
        and said[0]["status"] < bad_request
        and not said[-1].get("more_body", False)
        and len(said) > 1
    )
