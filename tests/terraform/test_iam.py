"""The evaluation of policies that other tests stand on, by what AWS documents of it."""

from typing import Any

import pytest

from tests.terraform import iam

BUCKET = "arn:aws:s3:::coalition-media"
EVERYTHING = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def statement(**changes: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*", **changes}


def tagged(operator: str, value: Any = "nonprod") -> dict[str, Any]:
    return statement(Condition={operator: {"aws:ResourceTag/Environment": value}})


TAG = "aws:ResourceTag/Environment"


@pytest.mark.parametrize(
    ("statements", "context", "expected"),
    [
        ([], {}, False),
        ([statement()], {}, True),
        ([statement(Action=["s3:PutObject", "s3:getobject"])], {}, True),
        ([statement(Action="s3:Get*")], {}, True),
        ([statement(Action="s3:Put*")], {}, False),
        ([statement(Resource="*")], {}, True),
        ([statement(Resource=f"{BUCKET}/??.txt")], {}, False),
        ([statement(Resource=f"{BUCKET}/?.txt")], {}, True),
        ([statement(Resource=BUCKET)], {}, False),
        ([statement(Resource="arn:aws:s3:::Coalition-media/*")], {}, False),
        ([statement(Resource="arn:aws:*")], {}, False),
        ([EVERYTHING, statement(Effect="Deny")], {}, False),
        ([statement(Effect="Deny"), EVERYTHING], {}, False),
        ([EVERYTHING, {**tagged("StringEquals"), "Effect": "Deny"}], {}, True),
        ([tagged("StringEquals")], {TAG: "nonprod"}, True),
        ([tagged("StringEquals")], {TAG.upper().replace("ENVIRONMENT", "environment"): "nonprod"}, True),
        ([tagged("StringEquals", ["prod", "nonprod"])], {TAG: "nonprod"}, True),
        ([tagged("StringEquals")], {TAG: "prod"}, False),
        ([tagged("StringEquals")], {}, False),
        ([tagged("StringEqualsIfExists")], {}, True),
        ([tagged("StringEqualsIfExists")], {TAG: "prod"}, False),
        ([tagged("StringLike", "non*")], {TAG: "nonprod"}, True),
        ([tagged("StringEquals", "non*")], {TAG: "nonprod"}, False),
        ([tagged("Null", "true")], {}, True),
        ([tagged("Null", "true")], {TAG: "prod"}, False),
        ([tagged("Null", "false")], {TAG: "prod"}, True),
        ([tagged("ForAllValues:StringLike", "non*")], {}, True),
        ([tagged("ForAllValues:StringLike", "non*")], {TAG: "prod"}, False),
        ([tagged("ForAllValues:StringLike", "non*")], {TAG: ["nonprod", "none"]}, True),
        ([tagged("ForAllValues:StringLike", "non*")], {TAG: ["nonprod", "prod"]}, False),
        ([tagged("ForAnyValue:StringEquals")], {TAG: ["nonprod", "prod"]}, True),
        ([tagged("ForAnyValue:StringEquals")], {TAG: ["prod"]}, False),
        ([tagged("ForAnyValue:StringEquals")], {}, False),
        ([statement(Condition={"StringEquals": {"a": "1", "b": "2"}})], {"a": "1"}, False),
        ([statement(Condition={"StringEquals": {"a": "1"}, "Null": {"b": "true"}})], {"a": "1"}, True),
    ],
)
def test_a_call_is_let_through_as_aws_documents_it(
    statements: list[dict[str, Any]], context: dict[str, str | list[str]], *, expected: bool
) -> None:
    assert iam.allows(statements, "s3:GetObject", f"{BUCKET}/a.txt", context) is expected


def test_a_condition_that_is_not_known_here_is_no_answer() -> None:
    with pytest.raises(LookupError):
        iam.allows([tagged("IpAddress")], "s3:GetObject", f"{BUCKET}/a.txt", {})
