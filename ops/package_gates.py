"""What a package has to be before it may be deployed."""

import importlib
import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path, PurePosixPath

MAX_ZIP_MIB = 20
# Lambda's limit for what it unpacks, layers included.
MAX_UNPACKED_MIB = 250

DENIED_PARTS = {"tests", "static", "demo", "var", ".git", ".terraform", "node_modules"}
DENIED_NAMES = ("*.po", "*.sqlite3", "*.pem", "*.key", ".env*", "zappa_settings.*", "*.tfstate*", "*.tfvars")
# Lambda's runtime has the first three; the rest are tools.
DENIED_PACKAGES = {"boto3", "botocore", "s3transfer", "pip", "setuptools", "troposphere", "ops"}
STATIC_FOLDER = "staticfiles"
REQUIRED = {
    "app/config/lambda_handler.py",
    "release.json",
    f"{STATIC_FOLDER}/staticfiles.json",
    "zappa/handler.py",
}

SECRET_PATTERNS = {
    "an AWS access key": re.compile(rb"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}"),
    "a password in a URL": re.compile(
        rb"\b(?:postgres(?:ql)?|smtps?|rediss?)://[^\s:/@{}<]+:[^\s/@{}<*]+@[a-z0-9]"
    ),
    "an AWS account in an ARN": re.compile(
        rb"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(?!0{12}|1{12}|123456789012)\d{12}:"
    ),
}
_SECRET_VARIABLE = re.compile(r"SECRET|PASSW|TOKEN|CREDENTIAL|PRIVATE|(API|ACCESS)_?KEY", re.IGNORECASE)
# An address is a secret by its password alone: GITHUB_SERVER_URL stands in the metadata of half of all packages.
_ADDRESS_VARIABLE = re.compile(r"_(URL|DSN)$", re.IGNORECASE)
_URL_WITH_PASSWORD = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
# Shorter values ("postgres") stand in Django's own sources.
_SECRET_LENGTH = 12

_UNCHECKED_HASH = 1  # PEP 552: hash-based, not compared with the source when imported


@dataclass(frozen=True)
class Gate:
    """One verdict: what was looked at, whether it holds, what was found."""

    name: str
    holds: bool
    found: str


@dataclass
class Package:
    """A zip, unpacked in memory once for all gates."""

    path: Path
    release_id: str
    # Top-level names that the installed distributions brought.
    installed: frozenset[str]
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @cached_property
    def files(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def check(package: Package) -> list[Gate]:
    """Every gate's verdict; one that fails stops no other."""
    gates: list[Callable[[Package], Gate]] = [size, unpacked_size, contents, bytecode, secrets, starts]
    return [gate(package) for gate in gates]


def size(package: Package) -> Gate:
    mib = package.path.stat().st_size / 1024**2
    return Gate("zip size", mib <= MAX_ZIP_MIB, f"{mib:.1f} of {MAX_ZIP_MIB} MiB")


def unpacked_size(package: Package) -> Gate:
    mib = sum(len(content) for content in package.files.values()) / 1024**2
    return Gate("unpacked size", mib <= MAX_UNPACKED_MIB, f"{mib:.0f} of {MAX_UNPACKED_MIB} MiB")


def contents(package: Package) -> Gate:
    """Only the application, its distributions and what `make package` writes; nothing that has no use there."""
    expected = package.installed | {"app", "release.json", STATIC_FOLDER}
    problems = [name for name in package.files if _top_level(PurePosixPath(name)) not in expected]
    problems += [name for name in package.files if _is_denied(PurePosixPath(name))]
    problems += [f"{name} is missing" for name in sorted(REQUIRED - package.files.keys())]
    return _gate("contents", problems, f"{len(package.files)} files")


def _top_level(path: PurePosixPath) -> str:
    if path.parts[0] == "__pycache__":
        return path.name.split(".")[0] + ".py"
    return path.parts[0]


def _is_denied(path: PurePosixPath) -> bool:
    return (
        path.parts[0] in DENIED_PACKAGES
        or not DENIED_PARTS.isdisjoint(path.parts[:-1])
        or any(fnmatch(path.name, pattern) for pattern in DENIED_NAMES)
    )


def bytecode(package: Package) -> Gate:
    """Each source has bytecode that Python 3.13 loads without a look at dates, made from that very source."""
    sources = [name for name in package.files if name.endswith(".py")]
    problems = [problem for name in sources if (problem := _stale(package.files, PurePosixPath(name)))]
    return _gate("bytecode", problems, f"{len(sources)} modules, unchecked hash")


def _stale(files: Mapping[str, bytes], source: PurePosixPath) -> str:
    compiled = files.get(
        str(source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc")
    )
    if compiled is None:
        return f"{source} has none"
    if compiled[:4] != importlib.util.MAGIC_NUMBER:
        return f"{source} is for another Python"
    if int.from_bytes(compiled[4:8], "little") != _UNCHECKED_HASH:
        return f"{source} is checked by date or hash"
    if compiled[8:16] != importlib.util.source_hash(files[str(source)]):
        return f"{source} is stale"
    return ""


def secrets(package: Package) -> Gate:
    """Nothing that looks like a secret, and no value that the environment of this build holds as one."""
    canaries = {
        name: value.encode() for name, value in package.environment.items() if _is_secret(name, value)
    }
    problems = [
        f"{name} holds {what}"
        for name, content in package.files.items()
        for what in _found_in(content, canaries)
    ]
    return _gate(
        "secrets", problems, f"{len(SECRET_PATTERNS)} patterns, {len(canaries)} values of the environment"
    )


def _is_secret(variable: str, value: str) -> bool:
    if len(value) < _SECRET_LENGTH:
        return False
    has_password = _ADDRESS_VARIABLE.search(variable) and _URL_WITH_PASSWORD.search(value)
    return bool(_SECRET_VARIABLE.search(variable) or has_password)


def _found_in(content: bytes, canaries: Mapping[str, bytes]) -> Iterator[str]:
    yield from (what for what, pattern in SECRET_PATTERNS.items() if pattern.search(content))
    yield from (f"the value of ${name}" for name, value in canaries.items() if value in content)


# Addresses that lead nowhere: the package has to start without its services.
SMOKE_ENVIRONMENT = {
    "STAGE": "dev",
    "SECRET_KEY": "only-for-the-smoke-test-" + "0" * 40,
    "PUBLIC_URL": "https://smoke.example.org",
    "ALLOWED_HOSTS": "smoke.execute-api.us-east-1.amazonaws.com",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
    "UPLOADS": "s3://none/",
    "RATE_LIMIT_TABLE": "none",
    "EMAIL_URL": "smtp://127.0.0.1:9",
    "DEFAULT_FROM_EMAIL": "smoke@example.org",
}
BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")


def starts(package: Package) -> Gate:
    """It answers a request and runs a management command with nothing to import but itself (and, then, boto3)."""
    if sysconfig.get_platform() != "linux-x86_64":
        return Gate(
            "starts alone", holds=True, found="NOT RUN: its binaries need Linux on x86_64, as Lambda has"
        )
    with tempfile.TemporaryDirectory(prefix="coalition-smoke-") as name:
        task, runtime = Path(name, "task"), Path(name, "runtime")
        with zipfile.ZipFile(package.path) as archive:
            archive.extractall(task)
        link_boto3(runtime)
        # No site-packages (-S) and no variable of this environment (-I): the zip stands alone.
        smoke = Path(__file__).with_name("package_smoke.py")
        command = [sys.executable, "-I", "-S", str(smoke), str(task), str(runtime)]
        result = subprocess.run(
            command, env=SMOKE_ENVIRONMENT, cwd=name, capture_output=True, text=True, check=False
        )
    lines = (result.stdout if result.returncode == 0 else result.stderr or result.stdout).strip().splitlines()
    if result.returncode:
        return Gate("starts alone", holds=False, found="\n".join(lines[-12:]))
    is_same = lines[-1] == package.release_id
    return Gate(
        "starts alone", is_same, f"/healthz says release {lines[-1]}, {lines[-2]}; then `manage check`"
    )


def link_boto3(folder: Path) -> None:
    """Make `folder` the part of Lambda's runtime that a package may rely on, from this environment's packages."""
    folder.mkdir()
    for name in BOTO3:
        origin = Path(importlib.import_module(name).__file__ or "")
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)


def _gate(name: str, problems: list[str], found: str) -> Gate:
    if not problems:
        return Gate(name, holds=True, found=found)
    shown = "\n".join(problems[:10])
    more = f"\n… and {len(problems) - 10} more" if len(problems) > 10 else ""  # noqa: PLR2004 - a screenful
    return Gate(name, holds=False, found=shown + more)
