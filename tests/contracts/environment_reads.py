"""Which environment variables a module reads past app/config/env.py, by its source."""

import ast
from dataclasses import dataclass, field

from tests.contracts.source_files import with_parents

_READING = {"get", "setdefault", "pop"}


@dataclass
class Reads:
    """What a module reads.

    Attributes:
        names: of variables.
        unclear: `line: source`, where the name is no constant or all of them are handed on.
    """

    names: set[str] = field(default_factory=set)
    unclear: list[str] = field(default_factory=list)


def reads_of(tree: ast.Module) -> Reads:
    parents, found = with_parents(tree), Reads()
    environments, getters = (
        {"os.environ"} | _imported(tree, "environ"),
        {"os.getenv"} | _imported(tree, "getenv"),
    )
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=source) | ast.Attribute(value=ast.Name(id="os"), attr=source):
                written = source if isinstance(node, ast.Name) else f"os.{source}"
            case _:
                continue
        if written in getters:
            _note(node, parents[node], found)
        elif written in environments:
            _follow(node, parents, found)
    return found


def _imported(tree: ast.Module, wanted: str) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "os"
        for alias in node.names
        if alias.name == wanted
    }


def _follow(node: ast.AST, parents: dict[ast.AST, ast.AST], found: Reads) -> None:
    parent = parents[node]
    match parent:
        case ast.Subscript(ctx=ast.Store() | ast.Del()):
            pass
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            found.names.add(name)
        case ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.In() | ast.NotIn()]):
            found.names.add(name)
        case ast.Attribute(attr=method) if method in _READING:
            _note(parent, parents[parent], found)
        case _:
            found.unclear.append(f"{getattr(node, 'lineno', '?')}: {ast.unparse(parent)}")


def _note(function: ast.AST, call: ast.AST, found: Reads) -> None:
    match call:
        case ast.Call(args=[ast.Constant(value=str(name)), *_]):
            found.names.add(name)
        case _:
            found.unclear.append(f"{getattr(function, 'lineno', '?')}: {ast.unparse(call)}")
