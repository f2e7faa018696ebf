"""Which AWS calls a module makes, by its source: everything that becomes of the clients that it takes from app.aws.

A client can be called at once, kept in a name or an attribute of `self`, handed to or returned by a function of the module.
Of `getattr(client, name)` every call that the module has the name of is taken. Whatever else is done with one is a finding
of its own, because nobody could tell the calls any more.
"""

import ast
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.session import get_session

from tests.contracts.source_files import with_parents

# Attributes of a client that are no calls.
_NO_CALLS = {"close", "exceptions", "meta"}
# Methods that name the call in their first argument.
_NAMING = {"get_paginator", "get_waiter", "generate_presigned_url"}


@dataclass
class Calls:
    """What a module calls.

    Attributes:
        made: (service, method), e.g. ("sesv2", "send_email").
        services: of which it makes a client.
        unclear: `line: why`, where the source does not tell.
    """

    made: set[tuple[str, str]] = field(default_factory=set)
    services: set[str] = field(default_factory=set)
    unclear: list[str] = field(default_factory=list)


def calls_of(tree: ast.Module) -> Calls:
    return _Module(tree).calls()


class _Module:
    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._parents = with_parents(tree)
        self._makers = _names_of_client(tree)
        # Source text of an expression that is a client, or of a function that returns one: its service.
        self._clients: dict[str, str] = {}
        self._returning: dict[str, str] = {}
        self._found = Calls()

    def calls(self) -> Calls:
        before = -1
        # A client may be returned by a function that stands further down.
        while before != (before := len(self._clients) + len(self._returning)):
            self._found = Calls()
            for node in ast.walk(self._tree):
                self._look_at(node)
        return self._found

    def _look_at(self, node: ast.AST) -> None:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in self._makers:
            self._take(node, self._service_named_by(node))
        elif (isinstance(node, ast.Call) and (service := self._returning.get(_callee(node.func)))) or (
            _is_read(node) and (service := self._clients.get(ast.unparse(node)))
        ):
            self._take(node, service)

    def _service_named_by(self, node: ast.Call) -> str:
        match node.args:
            case [ast.Constant(value=str(service)), *_]:
                self._found.services.add(service)
                return service
        self._unclear(node, "the service is no constant")
        return ""

    def _take(self, node: ast.AST, service: str) -> None:
        """Follow a client to where it goes."""
        parent = self._parents[node]
        match parent:
            case ast.Attribute(attr=method):
                self._call(parent, service, method)
            case ast.Assign(targets=[target]) | ast.AnnAssign(target=target) | ast.NamedExpr(target=target):
                self._clients[ast.unparse(target)] = service
            case ast.Return():
                self._returning[self._enclosing_function(parent)] = service
            case ast.Expr():
                pass
            case ast.Call(func=ast.Name(id="getattr")):
                named = {one.value for one in ast.walk(self._tree) if isinstance(one, ast.Constant)}
                self._found.made |= {(service, name) for name in _operations(service) if name in named}
            case ast.Call(func=function, args=arguments) if node in arguments:
                self._hand_on(node, service, _callee(function), arguments.index(node))
            case _:
                self._unclear(node, "a client is handed on")

    def _hand_on(self, node: ast.AST, service: str, function: str, position: int) -> None:
        for one in ast.walk(self._tree):
            match one:
                case ast.FunctionDef(name=name, args=ast.arguments(args=parameters)) if name == function:
                    names = [
                        parameter.arg for parameter in parameters if parameter.arg not in {"self", "cls"}
                    ]
                    self._clients[names[position]] = service
                    return
        self._unclear(node, "a client is handed on")

    def _call(self, node: ast.Attribute, service: str, method: str) -> None:
        if method in _NO_CALLS:
            return
        if method not in _NAMING:
            self._found.made.add((service, method))
            return
        match self._parents[node]:
            case ast.Call(args=[ast.Constant(value=str(named)), *_]):
                self._found.made.add((service, named))
            case _:
                self._unclear(node, f"{method} of no constant")

    def _enclosing_function(self, node: ast.AST) -> str:
        while not isinstance(node, ast.FunctionDef):
            node = self._parents[node]
        return node.name

    def _unclear(self, node: ast.AST, why: str) -> None:
        self._found.unclear.append(f"{getattr(node, 'lineno', '?')}: {why}: {ast.unparse(node)}")


def _names_of_client(tree: ast.Module) -> set[str]:
    """How the module writes `app.aws.client`."""
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="app.aws", names=aliases):
                names |= {alias.asname or alias.name for alias in aliases if alias.name == "client"}
            case ast.ImportFrom(module="app", names=aliases):
                names |= {f"{alias.asname or alias.name}.client" for alias in aliases if alias.name == "aws"}
            case ast.Import(names=aliases):
                names |= {
                    f"{alias.asname or alias.name}.client" for alias in aliases if alias.name == "app.aws"
                }
    return names


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)


def _callee(function: ast.expr) -> str:
    """The name of what is called, without the `self` or the class before it."""
    return ast.unparse(function).rpartition(".")[2]


def takes_boto3_itself(tree: ast.Module) -> bool:
    """Whether a module makes clients past app.aws; names of errors may come from botocore."""
    modules = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    return any(name.partition(".")[0] in {"boto3", "aiobotocore"} for name in modules)


# Where IAM's names are not the operation's, e.g. s3.head_object needs s3:GetObject.
ACTIONS = {
    # For a whole message (Content.Raw) SES asks for both.
    ("sesv2", "send_email"): {"ses:SendEmail", "ses:SendRawEmail"},
    # Who may not list a bucket is told that what is not there is forbidden.
    ("s3", "get_object"): {"s3:GetObject", "s3:ListBucket"},
    ("s3", "list_objects_v2"): {"s3:ListBucket"},
    ("s3", "copy_object"): {"s3:GetObject", "s3:PutObject"},
    # Who sends the form needs nothing, who signed it does.
    ("s3", "generate_presigned_post"): {"s3:PutObject"},
}


def actions(service: str, method: str) -> set[str]:
    """The IAM actions that a call needs.

    Raises:
        LookupError: the service has no such call.
    """
    if named := ACTIONS.get((service, method)):
        return named
    operations = _operations(service)
    if method not in operations:
        raise LookupError(f"{service} has no call {method}: what it needs has to stand in ACTIONS")
    return {f"{_model(service).signing_name}:{operations[method]}"}


def _operations(service: str) -> dict[str, str]:
    """By the name of the client's method, the operation's."""
    return {xform_name(name): name for name in _model(service).operation_names}


@cache
def _model(service: str) -> Any:
    return get_session().get_service_model(service)
