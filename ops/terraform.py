"""Terraform on this machine: its binary, its provider from a mirror or the registry, and the checks of our code.

    python -m ops.terraform check      format, validity, tests and checkov, for each root and module

The provider comes from the first of these: the folder that TF_PLUGIN_DIR names; the file that TF_CLI_CONFIG_FILE names;
a mirror in Terraform's implied places or below /opt; the registry.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ops import environments, offline_aws
from ops.processes import end_with_parent

ROOT = Path(__file__).resolve().parents[1]
TERRAFORM = ROOT / "terraform"
MINIMUM_VERSION = (1, 11)
# Of `plan -detailed-exitcode`; 1 is an error.
NO_CHANGES, CHANGES = 0, 2
_REGISTRY = "registry.terraform.io"
_PROVIDER = f"{_REGISTRY}/hashicorp/aws"
# The titles by which `init` says it. A fault in our own files has others.
_NO_PROVIDER = re.compile(
    r"^Error: Failed to (query available provider packages|install provider)", re.MULTILINE
)
_TOO_OLD = re.compile(r"^Error: Unsupported Terraform Core version", re.MULTILINE)
_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Each test process holds a provider of 650 MB.
_AT_ONCE = 2


class TerraformError(Exception):
    """Terraform refuses; its words are in the message."""


class UnavailableError(TerraformError):
    """Terraform or its provider is not to be had here; the message says what to install or set."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What Terraform is started with: no colours, no questions, no call home, no configuration file that is not there."""
    ours = dict(os.environ)
    configuration = ours.get("TF_CLI_CONFIG_FILE")
    if configuration and not Path(configuration).is_file():
        del ours["TF_CLI_CONFIG_FILE"]
    return ours | {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"} | dict(extra or {})


def binary() -> str:
    """The path of Terraform.

    Raises:
        UnavailableError: it is not on PATH.
    """
    found = shutil.which("terraform")
    if not found:
        wanted = ".".join(map(str, MINIMUM_VERSION))
        raise UnavailableError(f"terraform is not on PATH: install version {wanted} or newer.")
    return found


def plugin_folder() -> Path | None:
    """A mirror that holds the provider; None if Terraform has to look for itself.

    Raises:
        UnavailableError: TF_PLUGIN_DIR names a folder without the provider.
    """
    if named := os.environ.get("TF_PLUGIN_DIR"):
        if not (Path(named) / _PROVIDER).is_dir():
            raise UnavailableError(f"TF_PLUGIN_DIR is {named}, where there is no {_PROVIDER}.")
        return Path(named)
    if "TF_CLI_CONFIG_FILE" in environment():
        return None
    return next((folder for folder in _usual_places() if (folder / _PROVIDER).is_dir()), None)


def _usual_places() -> Iterator[Path]:
    home = Path.home()
    data = os.environ.get("XDG_DATA_HOME", str(home / ".local" / "share"))
    yield home / ".terraform.d" / "plugins"
    yield Path(data) / "terraform" / "plugins"
    yield Path("/usr/local/share/terraform/plugins")
    yield Path("/usr/share/terraform/plugins")
    yield from (place.parent for place in sorted(Path("/opt").glob(f"*/{_REGISTRY}")))


def run(
    folder: Path, *arguments: str, extra: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run Terraform in a folder and capture what it prints.

    Raises:
        UnavailableError: there is no Terraform.
    """
    return _run(folder, *arguments, extra=extra, output=subprocess.PIPE)


def show(folder: Path, verb: str, *arguments: str, extra: Mapping[str, str] | None = None) -> int:
    """Run Terraform in a folder before the operator's eyes, or into a file without colours.

    Returns:
        Its exit code.

    Raises:
        UnavailableError: there is no Terraform.
    """
    colours = [] if sys.stdout.isatty() else ["-no-color"]
    # Ours are buffered where nobody looks on, and would come after Terraform's.
    sys.stdout.flush()
    return _run(folder, verb, *colours, *arguments, extra=extra, output=None).returncode


def _run(
    folder: Path, *arguments: str, extra: Mapping[str, str] | None, output: int | None
) -> "subprocess.CompletedProcess[str]":
    """Run Terraform to its own end, also when we are interrupted: killed, it forgets what it has just made and leaves its lock.

    In a session of its own the terminal's signals don't reach it; it is interrupted when we are, or are killed. At a second
    Ctrl-C it gives up at once. Beside other threads (an AWS of our own, several checks at once)
    nothing is lost by its end.
    """
    command = [binary(), f"-chdir={folder}", *arguments]
    is_alone = threading.active_count() == 1
    interruption: BaseException | None = None
    # Interrupted between its start and our waiting we would leave it behind.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTIONS if is_alone else ())
    try:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
            env=environment(extra),
            start_new_session=is_alone,
            preexec_fn=_begins(mask) if is_alone else None,  # noqa: PLW1509 - no threads run
        ) as process:
            while True:
                try:
                    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
                    said, complained = process.communicate()
                    break
                except (KeyboardInterrupt, SystemExit) as error:
                    # Whoever ends us says so by several signals; somebody at the keyboard means it.
                    if interruption is None or isinstance(error, KeyboardInterrupt):
                        process.send_signal(signal.SIGINT)
                    interruption = error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    if interruption is not None:
        raise interruption
    return subprocess.CompletedProcess(command, process.returncode, said, complained)


def _begins(mask: Iterable[int]) -> Callable[[], None]:
    """A `preexec_fn`: it hears what we hold back, and our own death."""
    end = end_with_parent(signal.SIGINT)

    def begin() -> None:
        end()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    return begin


def init(folder: Path, *arguments: str, extra: Mapping[str, str] | None = None) -> None:
    """Make a folder ready to plan or test.

    Args:
        folder: of a root or a module.
        arguments: `-backend=false`, or `-backend-config=…` and so on.
        extra: more environment, e.g. TF_DATA_DIR to leave the folder's own `.terraform` alone.

    Raises:
        UnavailableError: the provider is not to be had, or this Terraform is too old.
        TerraformError: Terraform refuses what the folder says, or the backend.
    """
    mirror = plugin_folder()
    given = [f"-plugin-dir={mirror}"] if mirror else []
    if folder.parent.name != "modules":
        # The registry's further hashes would be written into a tracked file, and a deploy refuses a changed tree.
        given.append("-lockfile=readonly")
    result = run(folder, "init", "-no-color", *given, *arguments, extra=extra)
    if result.returncode:
        said = f"`terraform init` failed in {folder}:\n{result.stderr.strip()}"
        if _NO_PROVIDER.search(result.stderr):
            raise UnavailableError(f"{said}\n{_advice(folder, said)}")
        raise (UnavailableError if _TOO_OLD.search(result.stderr) else TerraformError)(said)


def _advice(folder: Path, said: str) -> str:
    if "checksums" in said:
        return (
            "The lock holds the provider's checksum for linux_amd64. On another platform run once, and commit it:"
            f" terraform -chdir={folder} providers lock -platform=darwin_arm64 -platform=linux_amd64"
        )
    return (
        f"Without a way to {_REGISTRY}, name a mirror of the provider:"
        " TF_PLUGIN_DIR=FOLDER, or TF_CLI_CONFIG_FILE=FILE with a filesystem_mirror."
    )


def keep_unsaved_state(folder: Path, extra: Mapping[str, str]) -> None:
    """After an apply: keep a state that Terraform could not write (the credentials ended, no way to S3), and say so.

    Args:
        folder: of the root.
        extra: as for `run`; TF_DATA_DIR names what the state is of.
    """
    left, kept = _left_state(folder), _kept_state(folder, extra)
    if not left.exists():
        return
    if kept and not kept.exists():
        left = left.rename(kept)
    print(
        f"\nIts state could not be written, and is in {left}. Keep that file: the next plan writes it, or says how.",
        file=sys.stderr,
    )


def write_kept_state(folder: Path, extra: Mapping[str, str]) -> None:
    """Before a plan or an apply: write what `keep_unsaved_state` kept, or all that it tells of would be made a second time.

    Raises:
        TerraformError: it can't be written, or there is one of which nobody knows whose it is.
    """
    left, kept = _left_state(folder), _kept_state(folder, extra)
    if left.exists():
        data = extra["TF_DATA_DIR"]
        raise TerraformError(
            f"{left} is a state that an apply could not write, perhaps another environment's or account's: its"
            f" resources say whose. If it is of {Path(data).name} and this account, run"
            f"\nTF_DATA_DIR={data} terraform -chdir={folder} state push {left.name} && rm {left}"
            "\nOtherwise move it to where it is planned and applied, and do the same there."
        )
    if not kept or not kept.exists():
        return
    pushed = run(folder, "state", "push", str(kept), extra=extra)
    if pushed.returncode:
        raise TerraformError(
            f"The last apply could not write its state, and it still can't be written from {kept}:\n"
            f"{pushed.stderr.strip()}\n{on_a_lock(folder, extra)}\nIf it says that the state there is newer or"
            " unrelated: import what only this file has, then remove it."
        )
    kept.unlink()


def _left_state(folder: Path) -> Path:
    """Where Terraform puts a state that it can't write, whichever of the folder's it is."""
    return folder / "errored.tfstate"


def _kept_state(folder: Path, extra: Mapping[str, str]) -> Path | None:
    """Where such a state stays, one for each environment and account: where git ignores it and `make clean` takes nothing.

    None while the state is in no bucket yet.
    """
    data = Path(extra["TF_DATA_DIR"])
    backend = data / "terraform.tfstate"
    if not backend.exists():
        return None
    bucket = json.loads(backend.read_text())["backend"]["config"]["bucket"]
    return folder / f"{data.name}.{bucket}.errored.tfstate"


def on_a_lock(folder: Path, extra: Mapping[str, str]) -> str:
    """What to do about a lock of the state."""
    return (
        "If it says that the state is locked, and nobody runs Terraform now:"
        f" TF_DATA_DIR={extra['TF_DATA_DIR']} terraform -chdir={folder} force-unlock ID"
    )


@dataclass(frozen=True)
class Check:
    """One line of the report."""

    name: str
    problem: str
    seconds: float


def folders() -> list[Path]:
    """Every root and module, those with the longest tests first."""
    modules = sorted(path.parent for path in TERRAFORM.glob("modules/*/versions.tf"))
    roots = [path.parent for path in sorted(TERRAFORM.glob("*/versions.tf"))]
    return [TERRAFORM, *roots, *modules]


def checks() -> Iterator[Check]:
    """Run everything; a check's problem is empty when it passed.

    Raises:
        UnavailableError: Terraform or its provider is not to be had.
    """
    yield _timed("format", lambda: _output_if_failed(run(TERRAFORM, "fmt", "-check", "-recursive", "-diff")))
    with offline_aws.serve() as aws, ThreadPoolExecutor(_AT_ONCE) as pool:
        # The first one alone: where the provider is missing, this says it once.
        first, *others = folders()
        yield _check_folder(first, aws)
        yield from pool.map(lambda folder: _check_folder(folder, aws), others)
    yield _timed("checkov", _checkov)


def data_folder(folder: Path) -> dict[str, str]:
    """The variable that keeps an init of ours apart from an operator's `.terraform`, whose backend may be production's."""
    name = str(folder.relative_to(ROOT)).replace("/", "-")
    return {"TF_DATA_DIR": str(ROOT / "var" / "terraform" / name)}


def _check_folder(folder: Path, aws: offline_aws.OfflineAws) -> Check:
    name = str(folder.relative_to(ROOT))
    extra = data_folder(folder) | aws.environment()

    def verify() -> str:
        try:
            init(folder, "-backend=false", extra=extra)
        except UnavailableError:
            raise
        except TerraformError as error:
            return str(error)
        return _first_problem(
            run(folder, *verb, "-no-color", extra=extra) for verb in (("validate",), ("test",))
        )

    return _timed(name, verify)


def _first_problem(results: "Iterable[subprocess.CompletedProcess[str]]") -> str:
    return next((problem for result in results if (problem := _output_if_failed(result))), "")


def _checkov() -> str:
    python = environments.provide("audit")
    command = [str(python.with_name("checkov")), "--directory", str(TERRAFORM), "--framework", "terraform"]
    command += ["--skip-download", "--compact", "--quiet"]
    return _output_if_failed(subprocess.run(command, capture_output=True, text=True, check=False))


def _output_if_failed(result: "subprocess.CompletedProcess[str]") -> str:
    return (result.stdout + result.stderr).strip() if result.returncode else ""


def _timed(name: str, verify: Callable[[], str]) -> Check:
    started = time.monotonic()
    problem = verify()
    return Check(name, problem, time.monotonic() - started)


def _report() -> int:
    failed = 0
    for check in checks():
        print(f"{'FAILED' if check.problem else 'ok':8}{check.seconds:6.1f} s  {check.name}", flush=True)
        if check.problem:
            failed += 1
            print(check.problem, flush=True)
    return 1 if failed else 0


def main() -> int:
    """Report on all checks; 1 if one failed. Where Terraform can't run, a CI fails and a person is told."""
    parser = argparse.ArgumentParser(prog="python -m ops.terraform", description=__doc__)
    parser.add_argument("verb", choices=["check"])
    parser.parse_args()
    try:
        return _report()
    except UnavailableError as error:
        print(f"NOT CHECKED: the Terraform code. {error}", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
