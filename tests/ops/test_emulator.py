"""Each repair of the emulator does its work, and is still needed."""

import base64
import io
import json
import os
import subprocess
import sys
import urllib.request
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops import emulator
from ops.processes import wait_until
from tests.ops import probes
from tests.ops.emulated import client

HANDLER = """
import base64, sys
VERSION = {version!r}
def handler(event, context):
    if event.get("modules"):
        return [name for name in event["modules"] if __import__("importlib.util").util.find_spec(name)]
    if event.get("path") == "/source":
        return {{"statusCode": 200, "body": event["requestContext"]["identity"]["sourceIp"]}}
    body = event.get("body") or ""
    raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    return {{"statusCode": 200, "headers": {{"Content-Type": "text/plain"}}, "body": raw.hex()}}
"""


def code(version: str) -> bytes:
    return probes.zipped(HANDLER.format(version=version))


def deploy_two_versions(running: emulator.Emulator) -> Any:
    functions = client(running, "lambda")
    functions.create_function(
        FunctionName="probe",
        Runtime="python3.13",
        Role=probes.ROLE,
        Handler=probes.HANDLER,
        Timeout=probes.TIMEOUT_SECONDS,
        Code={"ZipFile": code("one")},
        Publish=True,
    )
    functions.update_function_code(FunctionName="probe", ZipFile=code("two"), Publish=True)
    return functions


def code_of_version(functions: Any, version: str) -> str:
    # Zappa's own spelling in rollback_lambda_function_version.
    location = functions.get_function(FunctionName=f"function:probe:{version}")["Code"]["Location"]
    with urllib.request.urlopen(location, timeout=60) as answer:
        archive = zipfile.ZipFile(io.BytesIO(answer.read()))
    return archive.read("probe.py").decode()


def publish_api(running: emulator.Emulator) -> str:
    """A REST API as Zappa makes it; returns its address."""
    gateway = client(running, "apigateway")
    api = gateway.create_rest_api(name="probe")["id"]
    parent = gateway.get_resources(restApiId=api)["items"][0]["id"]
    proxy = gateway.create_resource(restApiId=api, parentId=parent, pathPart="{proxy+}")["id"]
    where = {"restApiId": api, "resourceId": proxy, "httpMethod": "ANY"}
    gateway.put_method(**where, authorizationType="NONE")
    function = f"arn:aws:lambda:{emulator.REGION}:{emulator.ACCOUNT_ID}:function:probe"
    gateway.put_integration(
        **where,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{emulator.REGION}:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    gateway.update_rest_api(restApiId=api, patchOperations=[{"op": "add", "path": "/binaryMediaTypes/*~1*"}])
    gateway.create_deployment(restApiId=api, stageName="dev")
    return running.gateway_url(api, "dev")


def post_bytes(address: str, body: bytes) -> bytes:
    request = urllib.request.Request(
        f"{address}/x", data=body, headers={"Content-Type": "application/octet-stream"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return bytes.fromhex(answer.read().decode())


def source_seen(address: str) -> str:
    request = urllib.request.Request(f"{address}/source", headers={"X-Forwarded-For": "198.51.100.1"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        text: str = answer.read().decode()
        return text


def modules_seen(functions: Any) -> list[str]:
    payload = json.dumps({"modules": ["boto3", "ministack", "hypercorn"]})
    answer = functions.invoke(FunctionName="probe", Payload=payload)
    seen: list[str] = json.loads(answer["Payload"].read())
    return seen


@dataclass(frozen=True)
class Deployed:
    emulator: emulator.Emulator
    functions: Any


@pytest.fixture(scope="module")
def repaired(running: emulator.Emulator) -> Deployed:
    return Deployed(running, deploy_two_versions(running))


def test_a_version_is_found_by_its_partial_arn_and_has_its_own_code(repaired: Deployed) -> None:
    assert "VERSION = 'one'" in code_of_version(repaired.functions, "1")
    assert "VERSION = 'two'" in code_of_version(repaired.functions, "2")


def test_an_unknown_version_is_refused(repaired: Deployed) -> None:
    with pytest.raises(repaired.functions.exceptions.ResourceNotFoundException):
        repaired.functions.get_function(FunctionName="function:probe:7")


def test_binary_bodies_arrive_as_they_were_sent(repaired: Deployed) -> None:
    body = bytes(range(256))
    assert post_bytes(publish_api(repaired.emulator), body) == body


def test_functions_run_on_an_interpreter_that_has_boto3_alone(repaired: Deployed) -> None:
    assert modules_seen(repaired.functions) == ["boto3"]


def log_of_a_call(running: emulator.Emulator, name: str) -> str:
    """What comes back of a word whose line is not at its end yet."""
    functions = client(running, "lambda")
    source = "def handler(event, context):\n    print('begun ...', end='', flush=True)"
    probes.make(name, source, functions)
    answer = functions.invoke(FunctionName=name, LogType="Tail")
    return base64.b64decode(answer.get("LogResult", "")).decode()


def test_what_a_function_prints_comes_with_its_answer(repaired: Deployed) -> None:
    assert "begun ..." in log_of_a_call(repaired.emulator, "prints")


def test_the_repair_of_a_functions_log_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="function_logs") as found:
        assert "begun" not in log_of_a_call(found, "prints")


def test_reserved_concurrency_is_taken_and_given_up(repaired: Deployed) -> None:
    functions = repaired.functions
    functions.put_function_concurrency(FunctionName="probe", ReservedConcurrentExecutions=1)
    found = functions.get_function_concurrency(FunctionName="probe")
    assert found["ReservedConcurrentExecutions"] == 1
    functions.delete_function_concurrency(FunctionName="probe")
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName="probe")


def test_it_answers_on_loopback_alone(repaired: Deployed) -> None:
    port = int(repaired.emulator.url.rpartition(":")[2])
    listening = (
        Path("/proc/net/tcp").read_text().splitlines() + Path("/proc/net/tcp6").read_text().splitlines()
    )
    addresses = [line.split()[1] for line in listening[1:] if f":{port:04X} " in line and " 0A " in line]
    assert addresses == [f"0100007F:{port:04X}"]


def test_the_repair_of_versions_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="qualified_function") as found:
        functions = deploy_two_versions(found)
        with pytest.raises(functions.exceptions.ResourceNotFoundException):
            functions.get_function(FunctionName="function:probe:1")
        location = functions.get_function(FunctionName="probe", Qualifier="1")["Code"]["Location"]
        with urllib.request.urlopen(location, timeout=60) as answer:
            served = zipfile.ZipFile(io.BytesIO(answer.read())).read("probe.py").decode()
        assert "VERSION = 'two'" in served


def test_the_repair_of_binary_bodies_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="binary_media_types") as found:
        deploy_two_versions(found)
        body = bytes(range(256))
        assert post_bytes(publish_api(found), body) != body


def test_the_repair_of_the_interpreter_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="lambda_interpreter") as found:
        assert "ministack" in modules_seen(deploy_two_versions(found))


def test_a_client_is_where_its_connection_comes_from(repaired: Deployed) -> None:
    assert source_seen(publish_api(repaired.emulator)) == "127.0.0.1"


def test_the_repair_of_the_source_address_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="source_address") as found:
        deploy_two_versions(found)
        assert source_seen(publish_api(found)) == "198.51.100.1"


def test_calls_to_dynamodb_are_logged(repaired: Deployed) -> None:
    client(repaired.emulator, "dynamodb").list_tables()
    assert "DynamoDB call: ListTables 200" in repaired.emulator.log.read_text()


def alive_in_session(leader: int) -> list[str]:
    """Commands of a session's processes, without those that ended and wait to be reaped."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            command, _, rest = path.read_text().rpartition(") ")
            state, session = rest.split()[0], rest.split()[3]
            if session == str(leader) and state != "Z":
                found.append(command)
    return found


def test_nothing_is_left_running(tmp_path: Path) -> None:
    with emulator.provide(tmp_path) as found:
        modules_seen(deploy_two_versions(found))
        assert len(alive_in_session(found.pid)) > 1
    wait_until(lambda: not alive_in_session(found.pid), "the end of all it started", 60)


STARTS_AND_WAITS = """
import pathlib, sys, time
from ops import emulator
with emulator.provide(pathlib.Path(sys.argv[1])) as found:
    print(found.pid, flush=True)
    time.sleep(600)
"""


def test_it_ends_when_the_command_that_started_it_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTS_AND_WAITS, str(tmp_path)]
    # A killed command leaves its scratch folder.
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2], env=environment
    ) as starter:
        assert starter.stdout
        leader = int(starter.stdout.readline())
        assert alive_in_session(leader)
        starter.kill()
    wait_until(lambda: not alive_in_session(leader), "its end", 60)


def test_another_version_of_the_emulator_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "launcher.py"
    changed.write_text(emulator.LAUNCHER.read_text().replace('PINNED = "1.5.33"', 'PINNED = "1.5.34"'))
    monkeypatch.setattr(emulator, "LAUNCHER", changed)
    with (
        pytest.raises(emulator.StartError, match=r"for MiniStack 1\.5\.34, not 1\.5\.33"),
        emulator.provide(tmp_path),
    ):
        pass


def test_clients_are_kept_from_real_aws(repaired: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    environment = repaired.emulator.client_environment()
    assert "AWS_PROFILE" not in environment
    assert environment["AWS_ENDPOINT_URL"] == repaired.emulator.url
    assert environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
