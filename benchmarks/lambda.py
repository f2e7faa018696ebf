"""Our package and entry point against stock Zappa's of the same application, and against a bare WSGI call.

    make bench BENCH=lambda

Both zips are built in this run and unpacked as Lambda unpacks them (dates from the zip, nothing may be written). boto3 lies
beside both with good bytecode, as in Lambda's runtime. A cold start is a new interpreter to the first 200 of a JSON view
that needs no database; runs alternate, so that a busy machine slows both. `cold_start` is given its secrets directly;
`cold_start_secrets` reads the three of a deployed stage, as both zips do with the same settings, from a Secrets Manager
on loopback that takes its time as the real one does.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import requires
from itertools import product
from pathlib import Path
from threading import Thread

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.report import AtMost, Row, report
from ops import package
from ops.package_gates import MAX_ZIP_MIB, SMOKE_ENVIRONMENT, link_boto3
from ops.package_smoke import gateway_event
from ops.sources import read_sources

COLD_RUNS = 9
# Short rounds, so that what else the machine does falls on all alike.
WARM_ROUNDS = 41
WARM_CALLS = 100
EVENT = gateway_event("/healthz") | {
    "requestContext": gateway_event("/healthz")["requestContext"] | {"requestId": "r"}
}
# Stock Zappa's zip does not know its release.
ENVIRONMENT = SMOKE_ENVIRONMENT | {"RELEASE_ID": "bench"}
# What one answer takes inside a region, beside what the client does.
SECRETS_MANAGER_SECONDS = 0.01
SECRETS = {
    "django": ENVIRONMENT["SECRET_KEY"],
    "database": json.dumps({"username": "nobody", "password": "none", "host": "127.0.0.1", "dbname": "none"}),
    "cdn": "only-for-the-benchmark",
}
OURS = "app.config.lambda_handler.handler"
STOCK = "handler.lambda_handler"
MIB = 1024**2
LIMITS = {
    "cold_start": AtMost(ratio=0.30),
    "warm_json": AtMost(ratio=1.4),
    "zip_mib": AtMost(ours=MAX_ZIP_MIB),
}

# As `zappa init` writes them for Django. The look-ups of wheels are off because they bring the ones pip installed.
STOCK_SETTINGS = {
    "dev": {
        "aws_region": "us-east-1",
        "django_settings": "app.config.settings",
        "exclude": ["boto3", "dateutil", "botocore", "s3transfer", "concurrent"],
        "project_name": "stock",
        "runtime": "python3.13",
        "s3_bucket": "stock-zappa",
        "use_precompiled_packages": False,
    }
}

_START = """
import importlib, io, json, sys, time
folder, runtime, path = sys.argv[1:4]
sys.path[:0] = [folder]
sys.path.append(runtime)
module, _, name = path.rpartition(".")
handler = getattr(importlib.import_module(module), name)
event = json.loads(sys.argv[4])
"""

_COLD = f"""
import time
began = time.perf_counter()
{_START}
answer = handler(event, None)
took = time.perf_counter() - began
assert answer["statusCode"] == 200, answer
print(took, file=sys.stderr)
"""

_WARM_HANDLER = """
def call():
    return handler(event, None)["statusCode"]
"""

# The environment that a WSGI server would have made; only what a call consumes is made anew.
_WARM_WSGI = """
from app.config.wsgi import application
host = event["requestContext"]["domainName"]
fixed = {
    "REQUEST_METHOD": "GET", "PATH_INFO": event["path"], "SCRIPT_NAME": "/dev", "QUERY_STRING": "",
    "SERVER_NAME": host, "SERVER_PORT": "443", "HTTP_HOST": host, "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_PROTO": "https", "wsgi.url_scheme": "https",
    "wsgi.errors": sys.stderr, "CONTENT_LENGTH": "0",
}
def call():
    seen = []
    response = application({**fixed, "wsgi.input": io.BytesIO()}, lambda status, headers: seen.append(status))
    b"".join(response)
    response.close()
    return int(seen[0][:3])
"""

_WARM_ROUND = """
import gc
assert call() == 200
for line in sys.stdin:
    gc.collect()
    began = time.process_time()
    for _ in range(int(line)):
        call()
    print((time.process_time() - began) / int(line) * 1000, file=sys.stderr, flush=True)
"""


def stock_zip(work: Path) -> Path:
    """Package the application with plain Zappa, in an environment of what Lambda gets and Zappa.

    Raises:
        subprocess.CalledProcessError: it can't be had here.
    """
    project, venv = work / "project", work / "stock-environment"
    sources = read_sources(package.ROOT)
    sources.copy_packaged(project)
    shutil.copyfile(package.ROOT / "manage.py", project / "manage.py")
    (project / "zappa_settings.json").write_text(json.dumps(STOCK_SETTINGS))
    locks = package.ROOT / "requirements"
    pip = [str(venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    _quietly([sys.executable, "-m", "venv", str(venv)])
    _quietly([*pip, "--require-hashes", "-r", str(locks / "runtime.txt")])
    zappa = work / "zappa.txt"
    zappa.write_text(package.pinned((locks / "dev.txt").read_text(), _with_dependencies("zappa")))
    _quietly([*pip, "--require-hashes", "-r", str(zappa)])
    environment = {
        "HOME": str(work),
        "PATH": os.defpath,
        "VIRTUAL_ENV": str(venv),
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    _quietly([str(venv / "bin" / "zappa"), "package", "dev", "-o", "stock.zip"], cwd=project, env=environment)
    return project / "stock.zip"


def _with_dependencies(distribution: str) -> list[str]:
    """The distribution and all it needs here, as this environment has them installed."""
    found: dict[str, None] = {}
    wanted = [distribution]
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name not in found:
            found[name] = None
            needs = (Requirement(line) for line in requires(name) or [])
            wanted += [need.name for need in needs if not need.marker or need.marker.evaluate({"extra": ""})]
    return list(found)


def _quietly(command: list[str], cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    subprocess.run(command, cwd=cwd, env=env, check=True, capture_output=True)


def unpack(path: Path, folder: Path) -> Path:
    """Unpack with the zip's dates, which is what makes ordinary bytecode stale on Lambda."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
        for entry in archive.infolist():
            seconds = time.mktime((*entry.date_time, 0, 0, -1))
            os.utime(folder / entry.filename, (seconds, seconds))
    return folder


def _command(code: str, folder: Path, runtime: Path, handler: str) -> list[str]:
    # -B: /var/task is read-only, so nothing that had to be compiled is kept.
    return [
        sys.executable,
        "-I",
        "-S",
        "-B",
        "-c",
        code,
        str(folder),
        str(runtime),
        handler,
        json.dumps(EVENT),
    ]


class SecretsManager(BaseHTTPRequestHandler):
    """Answers GetSecretValue; no secret was ever rotated."""

    protocol_version = "HTTP/1.1"
    # One packet an answer: a second one would wait 40 ms for the first one's receipt.
    wbufsize = -1

    def do_POST(self) -> None:
        time.sleep(SECRETS_MANAGER_SECONDS)
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_current = asked.get("VersionStage", "AWSCURRENT") == "AWSCURRENT"
        answer = {"SecretString": SECRETS[asked["SecretId"]]} if is_current else {}
        body = json.dumps(answer or {"__type": "ResourceNotFoundException"}).encode()
        self.send_response(HTTPStatus.OK if answer else HTTPStatus.BAD_REQUEST)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
        """Say nothing: the table is what is printed."""


@contextmanager
def secrets_environment() -> Iterator[dict[str, str]]:
    """The environment of a stage whose secrets are only named, while their Secrets Manager runs."""
    given = {name: value for name, value in ENVIRONMENT.items() if name not in {"SECRET_KEY", "DATABASE_URL"}}
    with ThreadingHTTPServer(("127.0.0.1", 0), SecretsManager) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield {
            **given,
            **{f"{secret.upper()}_SECRET": secret for secret in SECRETS},
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
        }
        server.shutdown()


def cold_start(folder: Path, runtime: Path, handler: str, environment: Mapping[str, str]) -> float:
    """Milliseconds from the first line of a new interpreter to the first answer."""
    result = subprocess.run(
        _command(_COLD, folder, runtime, handler),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(result.stderr.splitlines()[-1]) * 1000


class Warm:
    """An interpreter that has answered and waits to be asked for another round."""

    def __init__(self, call: str, folder: Path, runtime: Path, handler: str) -> None:
        self._process = subprocess.Popen(
            _command(_START + call + _WARM_ROUND, folder, runtime, handler),
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def round(self) -> float:
        """Milliseconds of processor time a call.

        Raises:
            RuntimeError: it failed.
        """
        assert self._process.stdin is not None  # noqa: S101 - for mypy: it was asked for above
        assert self._process.stderr is not None  # noqa: S101
        self._process.stdin.write(f"{WARM_CALLS}\n")
        self._process.stdin.flush()
        for line in self._process.stderr:
            # Zappa logs every request to the same stream.
            if line.replace(".", "", 1).strip().isdigit():
                return float(line)
        raise RuntimeError("the interpreter ended without an answer")

    def end(self) -> None:
        self._process.communicate()


def measure_cold(
    ours: Path, stock: Path | None, runtime: Path, environments: Mapping[str, Mapping[str, str]]
) -> list[Row]:
    """A row for each environment. All are tried in turn, so that rows can be compared too."""
    zips = [(ours, OURS), *([(stock, STOCK)] if stock else [])]
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for run in range(COLD_RUNS + 1):
        for (what, environment), (folder, handler) in product(environments.items(), zips):
            took_ms = cold_start(folder, runtime, handler, environment)
            if run:  # The first one filled the disk's cache.
                found[what, handler].append(took_ms)
    return [Row.of(what, found[what, OURS], found[what, STOCK], "stock Zappa", "ms") for what in environments]


def measure_warm(ours: Path, stock: Path | None, runtime: Path) -> list[Row]:
    calls = {"ours": (_WARM_HANDLER, ours, OURS), "wsgi": (_WARM_WSGI, ours, OURS)}
    if stock:
        calls["stock"] = (_WARM_HANDLER, stock, STOCK)
    warm = {name: Warm(call, folder, runtime, handler) for name, (call, folder, handler) in calls.items()}
    found: dict[str, list[float]] = {name: [] for name in ("ours", "wsgi", "stock")}
    for _ in range(WARM_ROUNDS):
        for name, interpreter in warm.items():
            found[name].append(interpreter.round())
    for interpreter in warm.values():
        interpreter.end()
    return [
        Row.of("warm_json", found["ours"], found["wsgi"], "raw WSGI", "ms"),
        Row.of("warm_json_zappa", found["ours"], found["stock"], "stock Zappa", "ms"),
    ]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="coalition-bench-") as name:
        work = Path(name)
        path, gates = package.build()
        if not all(gate.holds for gate in gates):
            print(package.report(path, gates), file=sys.stderr)
            return 1
        try:
            stock_path = stock_zip(work)
        except subprocess.CalledProcessError as error:
            print(f"Stock Zappa is missing: {error}\n{error.stderr.decode()}", file=sys.stderr)
            stock_path = None
        runtime = work / "runtime"
        link_boto3(runtime)
        ours = unpack(path, work / "ours")
        stock = unpack(stock_path, work / "stock") if stock_path else None
        ours_mib = [path.stat().st_size / MIB]
        stock_mib = [stock_path.stat().st_size / MIB] if stock_path else []
        with secrets_environment() as environment:
            environments = {"cold_start": ENVIRONMENT, "cold_start_secrets": environment}
            rows = measure_cold(ours, stock, runtime, environments)
        rows += measure_warm(ours, stock, runtime)
        rows.append(Row.of("zip_mib", ours_mib, stock_mib, "stock Zappa", "MiB"))
    return report("lambda", rows, LIMITS)


if __name__ == "__main__":
    sys.exit(main())
