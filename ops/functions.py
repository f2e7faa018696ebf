"""Lambda functions as a deployment sees them: configured, called, waited for."""

import base64
import json
import sys
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

# The longest that Lambda lets a function run is 900 s, and its answer takes a while.
_LONGEST_CALL_SECONDS = 960
# The jobs of a minute are done sooner than that, as a rule.
_PATIENCE_SECONDS = 60
_PAUSE_SECONDS = 5
_LAMBDAS_OWN_LINES = ("INIT_START ", "START ", "END ", "REPORT ")


class CallError(Exception):
    """A function failed or answered what it should not; the message has its log's end."""


class LostCallError(Exception):
    """No answer came: whether the function did its work, or still does it, is not known here."""


def client() -> Any:
    """For calls: one that is sent twice migrates twice. Looking at a function needs no such care."""
    # A network between forgets a connection on which nothing is said.
    config = Config(read_timeout=_LONGEST_CALL_SECONDS, tcp_keepalive=True, retries={"total_max_attempts": 1})
    return boto3.client("lambda", config=config)


def exists(function: str) -> bool:
    return _configuration(function) is not None


def _configuration(function: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = boto3.client("lambda").get_function_configuration(FunctionName=function)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    return found


def state(function: str) -> str:
    """A line for an operator."""
    found = _configuration(function)
    if found is None:
        return "is not there"
    update = found.get("LastUpdateStatus", "Successful")
    return f"{found['State']}, last update {update} at {found['LastModified'][:19]}, {found['MemorySize']} MB"


def call(function: str, event: Mapping[str, Any]) -> Any:
    """The answer of one synchronous call.

    Raises:
        CallError: the function raised, or all that it may run at once was running for a minute.
    """
    return json.loads(_invoke(function, event)[0])


def _invoke(function: str, event: Mapping[str, Any]) -> tuple[str, str]:
    """The answer, and the last 4 KB of what the function logged."""
    answer = _invoke_when_free(function, json.dumps(event))
    payload = answer["Payload"].read().decode()
    log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
    if "FunctionError" in answer:
        raise CallError(f"{function} failed:\n{log}\n{payload}")
    return payload, log


def _invoke_when_free(function: str, payload: str) -> dict[str, Any]:
    """Lambda's answer. A function whose reserved concurrency is used up refuses before it runs, so it is asked again."""
    caller, until = client(), time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            answer: dict[str, Any] = caller.invoke(FunctionName=function, Payload=payload, LogType="Tail")
        except ClientError as error:
            if error.response["Error"]["Code"] != "TooManyRequestsException":
                raise
            left_seconds = until - time.monotonic()
            if left_seconds < _PAUSE_SECONDS:
                raise CallError(
                    f"{function} was busy for {_PATIENCE_SECONDS} s: as many jobs and commands as it may run at once"
                    " were running. Nothing was run; try again in some minutes."
                ) from error
            print(
                f"\n    {function} is busy: asked again for {left_seconds:.0f} s", file=sys.stderr, flush=True
            )
            time.sleep(_PAUSE_SECONDS)
        else:
            return answer


def migrate(function: str, stage: str) -> None:
    """Migrate the stage's database.

    Raises:
        CallError: a migration failed, which changed nothing; those before it hold.
        LostCallError: nobody knows.
    """
    try:
        manage(function, "migrate --noinput")
    except CallError as error:
        raise CallError(
            f"{error}\n\nThe migration that failed changed nothing; those before it hold."
        ) from error
    except ReadTimeoutError as error:
        raise LostCallError(
            f"{function} did not answer for {_LONGEST_CALL_SECONDS} s: nobody knows whether the migration finished."
            f" See `make manage STAGE={stage} ARGS=showmigrations`."
        ) from error


def manage(function: str, command: str) -> str:
    """Run a management command, as `zappa manage` does. Its arguments are split at spaces, without quoting.

    Returns:
        The last 4 KB of what it printed.

    Raises:
        CallError: it failed.
    """
    _, log = _invoke(function, {"manage": command})
    return "\n".join(line for line in log.splitlines() if not line.startswith(_LAMBDAS_OWN_LINES))


def manage_and_read(function: str, command: str) -> str:
    """Run a management command whose words are for the operator alone: they come back and stand in no log.

    Returns:
        What it printed.

    Raises:
        CallError: it failed, or the code there is too old to answer so.
    """
    answer = call(function, {"manage": command, "reply": True})
    if "refused" in answer:
        raise CallError(answer["refused"])
    if "output" not in answer:
        raise CallError(f"The code that {function} has does not answer: deploy this tree first.")
    return str(answer["output"])


def get(function: str, path: str, public_url: str) -> tuple[int, str]:
    """What the application in a function answers to GET, past any gateway.

    Returns:
        Status and body.
    """
    response = call(function, request_event(path, public_url))
    body: str = response.get("body") or ""
    if response.get("isBase64Encoded"):
        body = base64.b64decode(body).decode(errors="replace")
    return response["statusCode"], body


def request_event(path: str, public_url: str) -> dict[str, Any]:
    """A REST API's proxy event (version 1.0), as on a custom domain: without the stage in the path."""
    host = urlsplit(public_url).netloc
    return {
        "httpMethod": "GET",
        "path": path,
        "headers": {"Host": host},
        "multiValueHeaders": {"Host": [host]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {
            "domainName": host,
            "httpMethod": "GET",
            "identity": {"sourceIp": "127.0.0.1"},
            "path": path,
            "requestId": "smoke",
            "stage": "smoke",
        },
        "body": None,
        "isBase64Encoded": False,
    }


def environment(function: str) -> dict[str, str]:
    """The variables that a function has."""
    found = boto3.client("lambda").get_function_configuration(FunctionName=function)
    variables: dict[str, str] = found.get("Environment", {}).get("Variables", {})
    return variables


def set_environment(function: str, variables: Mapping[str, str], *, keep_others: bool) -> None:
    """Give a function its environment and wait until it has it.

    Args:
        function: its name.
        variables: what it shall have.
        keep_others: whether what it has besides stays: the code it still runs may read it.
    """
    present = environment(function)
    wanted = {**present, **variables} if keep_others else dict(variables)
    if wanted != present:
        boto3.client("lambda").update_function_configuration(
            FunctionName=function, Environment={"Variables": wanted}
        )
    wait_until_settled(function)


def wait_until_settled(function: str) -> None:
    """Zappa returns while its last update is still being carried out; the next one would be refused."""
    boto3.client("lambda").get_waiter("function_updated_v2").wait(
        FunctionName=function, WaiterConfig={"Delay": 1, "MaxAttempts": 300}
    )
