"""Terraform code as python-hcl2 reads it, for tests that need no Terraform."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcl2

ROOT = Path(__file__).resolve().parents[2]
TERRAFORM = ROOT / "terraform"
MODULES = sorted(path.parent for path in (TERRAFORM / "modules").glob("*/versions.tf"))
ROOTS = [TERRAFORM, *(path.parent for path in sorted(TERRAFORM.glob("*/versions.tf")))]
# How an alarm's description ends: who looks at it, and by which page.
ALARM = re.compile(r" Owner: \w[^.]*\. Runbook: (docs/runbooks/[\w-]+\.md)$")


@dataclass(frozen=True)
class Named:
    """A variable or an output.

    Attributes:
        description: on one line.
        default: as a README writes it; empty if the variable has to be given.
        body: all of the block.
    """

    name: str
    description: str
    default: str
    body: dict[str, Any]


def blocks(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    """The blocks of a kind (`variable`, `resource`, …) in a folder's files, each `{label: …}`."""
    for path in sorted(folder.glob("*.tf")):
        with path.open() as file:
            yield from hcl2.load(file).get(kind, [])


def variables(folder: Path) -> list[Named]:
    return list(_named(folder, "variable"))


def outputs(folder: Path) -> list[Named]:
    return list(_named(folder, "output"))


def resources(folder: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """(type, name, body) of each resource."""
    return [
        (bare(kind), bare(name), body)
        for block in blocks(folder, "resource")
        for kind, named in block.items()
        for name, body in named.items()
        if isinstance(body, dict)
    ]


def _named(folder: Path, kind: str) -> Iterator[Named]:
    for block in blocks(folder, kind):
        for name, body in block.items():
            default = f"`{_value(body['default'])}`" if "default" in body else ""
            yield Named(bare(name), _one_line(body.get("description", "")), default, body)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return bare(value) if value not in {'""', ""} else '""'
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def bare(text: str) -> str:
    """Newer versions of python-hcl2 keep the quotes of a string."""
    return text.removeprefix('"').removesuffix('"')


def _one_line(text: str) -> str:
    without_marker = re.sub(r"^<<-?(\w+)\n(.*)\n\s*\1$", r"\2", bare(text), flags=re.DOTALL)
    return re.sub(r"\s+", " ", without_marker).strip().replace('\\"', '"')
