"""What .github holds, and what all locks hold, against what others know of it.

python -m ops.workflows check     (`make workflows-check`: offline)
python -m ops.workflows audit     (`make audit`: asks PyPI's list of vulnerabilities)
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ops import environments

ROOT = Path(__file__).resolve().parents[1]
GITHUB = ROOT / ".github"
SETS = ("runtime", "import", "demo", "dev", "emulator", "lambda-provided", "audit")


def checks() -> Iterator[tuple[str, list[str]]]:
    """(name, command) of each look at .github."""
    tools = environments.provide("audit").parent
    schema = str(tools / "check-jsonschema")
    yield (
        "workflows are of GitHub's schema",
        [schema, "--builtin-schema", "vendor.github-workflows", *_files("workflows/*.yml")],
    )
    yield (
        "actions are of GitHub's schema",
        [schema, "--builtin-schema", "vendor.github-actions", *_files("actions/*/action.yml")],
    )
    yield (
        "Dependabot's settings are of its schema",
        [schema, "--builtin-schema", "vendor.dependabot", str(GITHUB / "dependabot.yml")],
    )
    yield "zizmor", [str(tools / "zizmor"), "--offline", "--quiet", "--persona", "pedantic", str(GITHUB)]


def audits() -> Iterator[tuple[str, list[str]]]:
    """(name, command) of the look at each locked set."""
    tools = environments.provide("audit").parent
    for name in SETS:
        lock = ROOT / "requirements" / f"{name}.txt"
        # Everything is pinned and hashed: nothing has to be installed or resolved. Strict, because what PyPI does not
        # answer for is passed over otherwise.
        options = ["--strict", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
        yield name, [str(tools / "pip-audit"), *options, "--requirement", str(lock)]


def _files(pattern: str) -> list[str]:
    return [str(path) for path in sorted(GITHUB.glob(pattern))]


def _report(commands: Iterator[tuple[str, list[str]]]) -> int:
    failed = 0
    for name, command in commands:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        print(f"{'FAILED' if result.returncode else 'ok':8}{name}", flush=True)
        if result.returncode:
            failed += 1
            print(result.stdout + result.stderr, flush=True)
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.workflows", description=__doc__)
    parser.add_argument("verb", choices=("check", "audit"))
    verb = parser.parse_args().verb
    try:
        return _report(checks() if verb == "check" else audits())
    except environments.UnavailableError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
