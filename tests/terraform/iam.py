"""Whether IAM lets a call through, by the policies' own text: what denies wins, then what allows, else no.

What is here is what our policies use; another operator is an error, never a yes or a no. A context is a request's condition keys.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

Statement = Mapping[str, Any]
Context = Mapping[str, str | list[str]]

_SEGMENTS_OF_ARN = 6


def allows(statements: Iterable[Statement], action: str, resource: str, context: Context) -> bool:
    """Whether policies of one kind let a call through: a role's own, or its boundary, which has to allow it too.

    Raises:
        LookupError: a policy has a condition that is not known here.
    """
    effects = {one["Effect"] for one in statements if applies(one, action, resource, context)}
    return effects == {"Allow"}


def applies(statement: Statement, action: str, resource: str, context: Context) -> bool:
    return (
        _is_about(statement, action)
        and any(_matches_arn(pattern, resource) for pattern in listed(statement["Resource"]))
        and all(
            _holds(operator, {key.lower(): value for key, value in keys.items()}, context)
            for operator, keys in statement.get("Condition", {}).items()
        )
    )


def about(statements: Iterable[Statement], action: str) -> list[Statement]:
    """Those that name an action, on whatever: no other has a say in it."""
    return [one for one in statements if _is_about(one, action)]


def _is_about(statement: Statement, action: str) -> bool:
    return any(_matches(pattern.lower(), action.lower()) for pattern in listed(statement["Action"]))


def allowed_actions(statements: Iterable[Statement]) -> set[str]:
    """As they are written, on whatever and under whatever condition."""
    return {action for one in statements if one["Effect"] == "Allow" for action in listed(one["Action"])}


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _holds(operator: str, keys: Mapping[str, Any], context: Context) -> bool:
    given = {key.lower(): value for key, value in context.items()}
    name, if_exists = operator.removesuffix("IfExists"), operator.endswith("IfExists")
    if name == "Null":
        return all((key in given) != (value == "true") for key, value in keys.items())
    quantifier, _, name = name.rpartition(":")
    compare = _COMPARISONS[name]
    # Of a request without the key ForAllValues says yes, so it stands beside a Null.
    missing = if_exists or quantifier == "ForAllValues"
    some = any if quantifier == "ForAnyValue" else all
    return all(
        some(any(compare(pattern, value) for pattern in listed(wanted)) for value in listed(given[key]))
        if key in given
        else missing
        for key, wanted in keys.items()
    )


def _equals(wanted: str, given: str) -> bool:
    return wanted == given


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _matches(pattern: str, text: str) -> bool:
    return bool(_expression(pattern).fullmatch(text))


def _matches_arn(pattern: str, arn: str) -> bool:
    """A star ends with its segment; in the last one it goes on over slashes and colons."""
    if pattern == "*":
        return True
    segments = _SEGMENTS_OF_ARN - 1
    patterns, parts = pattern.split(":", segments), arn.split(":", segments)
    return len(patterns) == len(parts) and all(map(_matches, patterns, parts))


_COMPARISONS = {
    "ArnEquals": _matches_arn,
    "ArnLike": _matches_arn,
    "StringEquals": _equals,
    "StringLike": _matches,
}
