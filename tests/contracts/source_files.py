"""The application's source, for what is told from it without running it."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def application() -> dict[str, ast.Module]:
    """Every module of app, by its path from the repository's root; migrations call nothing."""
    paths = [path for path in sorted((ROOT / "app").rglob("*.py")) if path.parent.name != "migrations"]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in paths}


def with_parents(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    """The parent of each node."""
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
