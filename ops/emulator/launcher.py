"""MiniStack with what a Zappa rollback needs. Runs inside the emulator's environment, by path: it can't import `ops`.

MiniStack's faults that are mended here are described in docs/traps.md. They sit in private functions, so another
version is refused: look whether it still needs each repair (tests/ops/test_emulator.py tells), then change the pin here
and in requirements/emulator.in together.
"""

import functools
import importlib.metadata
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

PINNED = "1.5.33"
REPAIRS_OFF = "EMULATOR_WITHOUT_REPAIR"
INTERPRETER = "EMULATOR_LAMBDA_PYTHON"

Answer = tuple[int, dict[str, str], bytes]


def repair_qualified_function(lambda_svc: Any) -> None:
    """GetFunction of `function:NAME:VERSION`, and for each version its own code."""
    resolve, get = lambda_svc._resolve_name_and_qualifier, lambda_svc._get_function
    serve = lambda_svc.serve_function_code

    @functools.wraps(resolve)
    def resolve_partial_arn(name_or_arn: str) -> tuple[str, str | None]:
        name, qualifier = resolve(name_or_arn.removeprefix("function:"))
        return name, qualifier

    @functools.wraps(get)
    def get_with_versioned_location(name: str, qualifier: str | None = None) -> Answer:
        status, headers, body = get(name, qualifier)
        if qualifier and status == 200:  # noqa: PLR2004 - HTTP's OK
            answer = json.loads(body)
            location = answer["Code"].get("Location", "")
            answer["Code"]["Location"] = location.replace(f"/{name}?", f"/{name}:{qualifier}?")
            body = json.dumps(answer).encode()
            # The length of the body that was replaced.
            headers = {key: value for key, value in headers.items() if key.lower() != "content-length"}
        return status, headers, body

    @functools.wraps(serve)
    def serve_version(func_name: str, account_id: str | None = None, region: str | None = None) -> Answer:
        name, _, qualifier = func_name.partition(":")
        if not qualifier:
            answer: Answer = serve(name, account_id, region)
            return answer
        function = lambda_svc._functions.get_scoped(account_id, region, name)
        record, _ = lambda_svc._effective_func_record_for_qualifier(function, qualifier)
        if record is None:
            return 404, {"Content-Type": "text/plain"}, b"Version not found"
        return 200, {"Content-Type": "application/zip"}, record["code_zip"]

    lambda_svc._resolve_name_and_qualifier = resolve_partial_arn
    lambda_svc._get_function = get_with_versioned_location
    lambda_svc.serve_function_code = serve_version


def repair_binary_media_types(apigateway_v1: Any) -> None:
    """Media types arrive in a JSON pointer, where `/` is written `~1`."""
    matches = apigateway_v1._media_type_matches

    @functools.wraps(matches)
    def matches_unescaped(media_type: str | None, binary_media_types: Sequence[str] | None) -> bool:
        patterns = [pattern.replace("~1", "/").replace("~0", "~") for pattern in binary_media_types or []]
        found: bool = matches(media_type, patterns)
        return found

    apigateway_v1._media_type_matches = matches_unescaped


def repair_lambda_interpreter(lambda_runtime: Any) -> None:
    """Functions see what Lambda's runtime has, not what the emulator has."""
    detect = lambda_runtime._detect_runtime_binary
    interpreter = os.environ[INTERPRETER]

    @functools.wraps(detect)
    def detect_clean(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        return (interpreter if runtime.startswith("python") else binary), script

    lambda_runtime._detect_runtime_binary = detect_clean


def _repairs() -> dict[str, Callable[[], None]]:
    from ministack.core import lambda_runtime
    from ministack.services import apigateway_v1, lambda_svc

    return {
        "qualified_function": lambda: repair_qualified_function(lambda_svc),
        "binary_media_types": lambda: repair_binary_media_types(apigateway_v1),
        "lambda_interpreter": lambda: repair_lambda_interpreter(lambda_runtime),
    }


def main() -> None:
    """Serve, on what BIND_HOST and GATEWAY_PORT say."""
    version = importlib.metadata.version("ministack")
    if version != PINNED:
        sys.exit(f"These repairs are for MiniStack {PINNED}, not {version}: read the head of {__file__}.")
    # A repair's own test leaves it out, to see that it is still needed.
    left_out = os.environ.get(REPAIRS_OFF)
    for name, repair in _repairs().items():
        if name != left_out:
            repair()
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
