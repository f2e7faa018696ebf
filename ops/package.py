"""Builds the zip that Lambda runs, one for all stages, and refuses to hand out a bad one.

    python -m ops.package          (`make package`)

writes build/package/<release>.zip, and beside it build/static/<release>/ with the static files, which go to S3 for a CDN.
The zip has those of them that pages use, for a stage without one (docs/decisions/0022). The same commit gives the same
bytes, in whatever folder and at whatever time it is built.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from ops import package_gates
from ops.environments import LAMBDA_PYTHON_VERSION
from ops.package_gates import Gate, Package
from ops.sources import SourceError, Sources, read_sources

ROOT = Path(__file__).resolve().parent.parent
# Amazon Linux 2023 has glibc 2.34.
LAMBDA_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
# Where Lambda unpacks: tracebacks name it.
LAMBDA_TASK_ROOT = "/var/task"

# Zappa's handler for events that are no requests, with what it imports; its other dependencies serve its command line.
ZAPPA_HANDLER = ("zappa", "werkzeug", "markupsafe", "durationpy")
ZAPPA_FILES = ("__init__.py", "asgi.py", "handler.py", "middleware.py", "utilities.py", "wsgi.py", "ext/*.py")

UNUSED_FOLDERS = {"tests", "static", "demo", "__pycache__", "bin"}
# USE_I18N is off, so no catalogue is ever read (package_smoke.py checks it).
UNUSED_FILES = ("*.po", "*.mo", "*.pyc", "*.pyi", "*.c", "*.pyx", "*.h", "py.typed")
# Collected for the CDN, and asked for by no page of a deployed stage: the manifest knows them and the zip lacks them.
UNSERVED_FILES = (
    "*.map",
    "drf_spectacular_sidecar/redoc/*",
    "rest_framework/*",  # its browsable API is off
    "admin/js/vendor/select2/i18n/*",
    # With DEBUG the admin takes these for the minified ones.
    "admin/css/vendor/select2/select2.css",
    "admin/js/vendor/jquery/jquery.js",
    "admin/js/vendor/select2/select2.full.js",
    "admin/js/vendor/xregexp/xregexp.js",
)
SERVED_LANGUAGE = "admin/js/vendor/select2/i18n/en.js"
# importlib.metadata answers from these; the rest tells pip how to uninstall.
METADATA_FILES = {"METADATA", "entry_points.txt", "LICENSE"}

_EARLIEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE = 0o100644 << 16
_UNIX = 3


class PackageError(Exception):
    """The package can't be built here; the message says what to do."""


def build(root: Path = ROOT) -> tuple[Path, list[Gate]]:
    """Build the package of the working tree at `root`.

    Returns:
        The zip and its gates. A zip with a gate that doesn't hold is named `<release>.refused.zip`.

    Raises:
        PackageError, SourceError: say what to do.
    """
    package = make(root)
    gates = package_gates.check(package)
    if not all(gate.holds for gate in gates):
        return package.path, gates
    return package.path.rename(package.path.with_name(f"{package.release_id}.zip")), gates


def make(root: Path) -> Package:
    """Make the zip, its gates yet to be passed.

    Raises:
        PackageError, SourceError: say what to do.
    """
    if sys.version_info[:2] != LAMBDA_PYTHON_VERSION or sys.implementation.name != "cpython":
        raise PackageError(
            "Lambda runs Python 3.13, so the bytecode has to be made by it. Install Python 3.13 and remove .venv:"
            " ops/find-python then prefers it."
        )
    sources = read_sources(root)
    folder = root / "build" / "package"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{sources.release_id}.refused.zip"
    with tempfile.TemporaryDirectory(prefix=".work-", dir=folder) as name:
        source, installed, task = (Path(name, part) for part in ("source", "installed", "task"))
        sources.copy_packaged(source)
        install(root, installed)
        assemble(source, installed, task)
        collect_static(source, installed, root / "build" / "static" / sources.release_id, task)
        write_release(task, sources)
        compile_bytecode(task)
        write_zip(task, path)
        return Package(path, sources.release_id, frozenset(entry.name for entry in installed.iterdir()))


def install(root: Path, target: Path) -> None:
    """Install what Lambda gets, for Lambda's platform whatever this one is, by hash."""
    locks = root / "requirements"
    zappa = pinned((locks / "dev.txt").read_text(), ZAPPA_HANDLER)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as lock:
        lock.write(zappa)
        lock.flush()
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--require-hashes", "--no-deps", "--no-compile", "--only-binary", ":all:"]
        command += ["--implementation", "cp", "--python-version", ".".join(map(str, LAMBDA_PYTHON_VERSION))]
        command += [argument for platform in LAMBDA_PLATFORMS for argument in ("--platform", platform)]
        command += ["--target", str(target), "-r", str(locks / "runtime.txt"), "-r", lock.name]
        _run(command, "pip could not install the runtime's requirements")


def pinned(lock: str, names: Iterable[str]) -> str:
    """The entries of `names` in a lock file, with their hashes.

    Raises:
        PackageError: one is not locked.
    """
    entries = {
        match["name"]: match[0]
        for match in re.finditer(r"^(?P<name>[\w.-]+)==(?:.*\\\n)*.*$", lock, re.MULTILINE)
    }
    if missing := set(names) - entries.keys():
        raise PackageError(
            f"requirements/dev.txt does not lock {', '.join(sorted(missing))}: run `make lock`."
        )
    return "\n".join(entries[name] for name in names) + "\n"


def assemble(source: Path, installed: Path, task: Path) -> None:
    """Copy what is used at run time into `task`."""
    for tree in (installed, source):
        for file in sorted(path for path in tree.rglob("*") if path.is_file()):
            name = file.relative_to(tree)
            if _is_used(name):
                (task / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, task / name)


def _is_used(name: Path) -> bool:
    if not UNUSED_FOLDERS.isdisjoint(name.parts[:-1]):
        return False
    if name.parts[0].endswith(".dist-info"):
        return name.name in METADATA_FILES
    if name.parts[0] == "zappa":
        return any(fnmatch("/".join(name.parts[1:]), pattern) for pattern in ZAPPA_FILES)
    return not any(fnmatch(name.name, pattern) for pattern in UNUSED_FILES)


def collect_static(source: Path, installed: Path, target: Path, task: Path) -> None:
    """Collect the static files, named by their content, into `target`; the package gets their manifest and what pages use."""
    shutil.rmtree(target, ignore_errors=True)
    # No STAGE: the local settings need no secret. Not this environment's packages either, but the packaged ones.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": os.pathsep.join(map(str, (source, installed))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_SETTINGS_MODULE": "app.config.settings",
        "STATIC_HASHED": "1",
        "STATIC_ROOT": str(target),
    }
    command = [sys.executable, "-S", "-P", "-m", "django", "collectstatic", "--no-input", "--verbosity", "0"]
    _run(command, "the static files could not be collected", environment)
    manifest = json.loads((target / "staticfiles.json").read_text())
    served = task / package_gates.STATIC_FOLDER
    for name, hashed in manifest["paths"].items():
        if is_served(name):
            (served / hashed).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(target / hashed, served / hashed)
    # Its order is the order in which the file system lists folders.
    (served / "staticfiles.json").write_text(json.dumps(manifest, sort_keys=True))


def is_served(name: str) -> bool:
    """Whether the package has a static file, by the name that the application knows it by."""
    return name == SERVED_LANGUAGE or not any(fnmatch(name, pattern) for pattern in UNSERVED_FILES)


def write_release(task: Path, sources: Sources) -> None:
    (task / "release.json").write_text(json.dumps({"release": sources.release_id}) + "\n")


def compile_bytecode(task: Path) -> None:
    """Compile so that Python never compares dates: in a zip all are 1980, which makes ordinary bytecode stale."""
    command = [sys.executable, "-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(task), "-p", LAMBDA_TASK_ROOT, str(task)]
    # The order of a set of constants follows the hash seed.
    environment = {"PYTHONHASHSEED": "0", "PATH": os.environ.get("PATH", os.defpath)}
    _run(command, "a module does not compile", environment)


def write_zip(task: Path, path: Path) -> None:
    """Zip `task` in a fixed order with fixed dates and modes."""
    files = sorted(file.relative_to(task).as_posix() for file in task.rglob("*") if file.is_file())
    with zipfile.ZipFile(path, "w") as archive:
        for name in files:
            entry = zipfile.ZipInfo(name, _EARLIEST_ZIP_DATE)
            entry.external_attr = _READABLE_FILE
            entry.create_system = _UNIX
            archive.writestr(entry, (task / name).read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)


def _run(command: list[str], failure: str, environment: dict[str, str] | None = None) -> None:
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise PackageError(f"{failure}:\n{(result.stdout + result.stderr).strip()}")


def report(path: Path, gates: list[Gate]) -> str:
    lines = [f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}"]
    for gate in gates:
        first, *rest = gate.found.splitlines() or [""]
        lines.append(f"  {'ok  ' if gate.holds else 'FAIL'}  {gate.name:<14} {first}")
        lines += [f"  {'':<20} {line}" for line in rest]
    return "\n".join(lines)


def main() -> int:
    try:
        path, gates = build()
    except (PackageError, SourceError) as error:
        print(error, file=sys.stderr)
        return 1
    print(report(path, gates))
    return 0 if all(gate.holds for gate in gates) else 1


if __name__ == "__main__":
    sys.exit(main())
