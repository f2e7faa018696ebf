"""The real Zappa, run in a folder that holds nothing but the rendered settings.

Zappa writes templates beside its settings and searches the folder for web sockets, so it is kept out of the project.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_TAIL_LINES = 25

# Beside the settings that name it.
API_POLICY_FILE = "api_policy.json"


class ZappaError(Exception):
    """Zappa refused; the message holds its last words."""


@dataclass(frozen=True)
class Zappa:
    """Zappa with one rendered settings file.

    Attributes:
        folder: with zappa_settings.json; `zappa.log` there keeps all it said.
    """

    folder: Path

    def render(self, settings: dict[str, Any], api_policy: dict[str, Any] | None = None) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if api_policy:
            (self.folder / API_POLICY_FILE).write_text(json.dumps(api_policy, indent=2) + "\n")
        path = self.folder / "zappa_settings.json"
        path.write_text(json.dumps(settings, indent=2) + "\n")
        # It names no secret, but what it names is nobody's business but the operator's.
        path.chmod(0o600)

    def deploy(self, stage: str, zip_url: str) -> None:
        self.run("deploy", stage, "--zip", zip_url)

    def update(self, stage: str, zip_url: str) -> None:
        self.run("update", stage, "--zip", zip_url)

    def rollback(self, stage: str, versions: int) -> None:
        self.run("rollback", stage, "--num-rollback", str(versions))

    def undeploy(self, stage: str) -> None:
        self.run("undeploy", stage, "--yes")

    def run(self, *arguments: str) -> str:
        """Run one command.

        Returns:
            What it printed, without colours.

        Raises:
            ZappaError: it said no.
        """
        command = [sys.executable, "-m", "zappa.cli", *arguments]
        if arguments[0] in {"deploy", "update"}:
            command.append("--disable_progress")
        result = subprocess.run(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        said = _COLOURS.sub("", result.stdout + result.stderr)
        with (self.folder / "zappa.log").open("a") as log:
            log.write(f"$ zappa {' '.join(arguments)}\n{said}\n")
        if result.returncode:
            last = "\n".join(said.strip().splitlines()[-_TAIL_LINES:])
            raise ZappaError(f"`zappa {' '.join(arguments)}` failed:\n{last}")
        return said
