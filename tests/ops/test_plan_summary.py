"""What a pull request is told of a plan, and what it must never be told."""

import re
from typing import Any

import pytest

from ops import plan_summary, plans
from ops.plan_summary import LIMIT, ROOM_BELOW, markdown
from ops.plan_values import REDACTED, code
from tests.terraform.plans import skipped_without_terraform

HOSTILE = '"]\n```\n<img src=x onerror=alert(1)> @everyone [x](https://evil.test) `rm` **b** |a| \u202e'


def change(address: str, *actions: str, **more: Any) -> dict[str, Any]:
    kind = address.rsplit(".", 1)[0].rsplit(".", 1)[-1]
    known = {"before": None, "after": None} | more
    return {
        "address": address,
        "mode": "managed",
        "type": kind,
        "change": {"actions": list(actions), **known},
    }


def plan(*resource_changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"planned_values": {}, "resource_changes": list(resource_changes)} | more


def shown(*resource_changes: dict[str, Any], **more: Any) -> str:
    return markdown("prod", plan(*resource_changes, **more))


DATABASE = "module.database.aws_db_instance.this"


def test_a_lost_database_stands_on_top_and_says_so_loudly() -> None:
    text = shown(
        change("aws_sns_topic.one", "create"), change(DATABASE, "delete", before={"engine": "postgres"})
    )
    top = text.split("<details")[0]
    assert "[!CAUTION]" in top
    assert "DESTROYS DATA" in top
    assert f"{code(DATABASE)} (a database) is destroyed" in top


@pytest.mark.parametrize("actions", [("delete", "create"), ("create", "delete")])
def test_a_replaced_database_is_a_lost_one_and_says_what_makes_it_anew(actions: tuple[str, str]) -> None:
    text = shown(
        change(
            DATABASE,
            *actions,
            before={"engine": "postgres"},
            after={"engine": "mysql"},
            replace_paths=[["engine"]],
        )
    )
    assert f"is destroyed and made anew because of {code('engine')}" in text
    assert "DESTROYS DATA" in text


@pytest.mark.parametrize(
    "kind", ["aws_s3_bucket", "aws_dynamodb_table", "aws_secretsmanager_secret", "aws_rds_cluster"]
)
def test_what_holds_data_is_known(kind: str) -> None:
    assert "DESTROYS DATA" in shown(change(f"{kind}.one", "delete"))


def test_a_lost_rule_is_a_warning_and_no_caution() -> None:
    text = shown(change("aws_vpc_security_group_ingress_rule.one", "delete"))
    assert "[!WARNING]" in text
    assert "DESTROYS DATA" not in text


def test_it_counts_what_happens() -> None:
    text = shown(
        change("aws_sns_topic.a", "create"),
        change("aws_sns_topic.b", "create"),
        change("aws_sns_topic.c", "update", before={"x": 1}, after={"x": 2}),
        change("aws_sns_topic.d", "no-op"),
        change("data.aws_x.e", "read"),
    )
    assert "## Terraform plan of `prod`: 1 to change, 2 to create" in text


def test_nothing_to_do_is_said_in_so_many_words() -> None:
    assert "no changes" in shown(change("aws_sns_topic.a", "no-op"))


def test_a_change_shows_before_and_after() -> None:
    text = shown(
        change(
            DATABASE,
            "update",
            before={"instance_class": "db.t4g.micro", "port": 5432},
            after={"instance_class": "db.t4g.small", "port": 5432},
        )
    )
    assert '-     instance_class: "db.t4g.micro"' in text
    assert '+     instance_class: "db.t4g.small"' in text
    assert "port" not in text


def test_a_policy_is_compared_inside_its_json() -> None:
    text = shown(
        change(
            "aws_iam_role_policy.one",
            "update",
            before={"policy": '{"Statement": [{"Action": ["a:Get"], "Effect": "Allow"}]}'},
            after={"policy": '{"Statement": [{"Action": ["a:Get", "a:*"], "Effect": "Allow"}]}'},
        )
    )
    assert '+     policy.Statement[0].Action: ["a:Get", "a:*"]' in text
    assert "Effect" not in text


def test_a_tag_is_shown_once_and_one_that_everything_has_is_shown_too() -> None:
    text = shown(
        change(
            "aws_subnet.one",
            "update",
            before={"tags": {"Name": "a"}, "tags_all": {"Name": "a", "Project": "x"}},
            after={"tags": {"Name": "b"}, "tags_all": {"Name": "b", "Project": "y"}},
        )
    )
    assert "tags.Name" in text
    assert "tags_all.Name" not in text
    assert "tags_all.Project" in text


def test_a_database_is_told_of_before_its_logs() -> None:
    text = shown(change("aws_cloudwatch_log_group.a", "delete"), change("aws_db_instance.b", "delete"))
    assert text.index(code("aws_db_instance.b")) < text.index(code("aws_cloudwatch_log_group.a"))


def test_what_only_an_apply_knows_is_named() -> None:
    text = shown(
        change("aws_sns_topic.one", "update", before={"arn": "a"}, after={}, after_unknown={"arn": True})
    )
    assert "+     arn: (known after apply)" in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "correct horse battery"),
        ("auth_token", "short"),
        ("environment", {"API_KEY": "1234"}),
        ("user_data", "export K=AKIAIOSFODNN7EXAMPLE"),
        ("url", "postgres://user:hunter22@host/db"),
        ("note", "-----BEGIN PRIVATE KEY-----"),
        ("description", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("description", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"),
        ("header", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"),
    ],
)
def test_what_looks_like_a_secret_is_not_shown(name: str, value: Any) -> None:
    text = shown(change("aws_ssm_parameter.one", "update", before={name: "plain"}, after={name: value}))
    secret = next(iter(value.values())) if isinstance(value, dict) else value
    assert secret not in text
    assert REDACTED in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("container_definitions", '[{"environment": [{"name": "API_TOKEN", "value": "hunter2-new"}]}]'),
        ("definitions", ['{"name": "API_TOKEN", "value": "hunter2-new"}']),
        ("parameter", [{"name": "rds.password", "value": "hunter2-new"}]),
        ("headers", [{"Key": "X-Auth-Token", "Value": "hunter2-new"}]),
        ("setting", {"key": "webhook", "values": ["hunter2-new"]}),
        ("text", ' [{"password": "hunter2-new"}]'),
    ],
)
def test_a_value_with_the_name_of_a_secret_beside_it_is_not_shown(name: str, value: Any) -> None:
    for before, after in (({}, {name: value}), ({name: value}, {}), ({name: "plain"}, {name: value})):
        text = shown(change("aws_ecs_task_definition.one", "update", before=before, after=after))
        assert "hunter2" not in text
        assert REDACTED in text


def test_a_parameter_by_the_name_of_a_secret_is_not_shown_and_another_is() -> None:
    for name, seen in (("db_password", False), ("db_host", True), ("secret_version", True)):
        text = shown(
            change(
                "aws_ssm_parameter.one",
                "update",
                before={"name": name, "value": "words"},
                after={"name": name, "value": "other"},
            )
        )
        assert ("words" in text, "other" in text) == (seen, seen)


def test_one_new_setting_of_a_container_is_all_that_is_shown_of_it() -> None:
    text = shown(
        change(
            "aws_ecs_task_definition.one",
            "update",
            before={"container_definitions": '[{"image": "a:1", "cpu": 256}]'},
            after={"container_definitions": '[{"image": "a:2", "cpu": 256}]'},
        )
    )
    assert '+     container_definitions[0].image: "a:2"' in text
    assert "cpu" not in text


def test_what_terraform_calls_sensitive_is_not_shown_and_its_change_is() -> None:
    text = shown(
        change(
            "aws_ssm_parameter.one",
            "update",
            before={"value": "old words"},
            after={"value": "new words"},
            before_sensitive={"value": True},
            after_sensitive={"value": True},
        )
    )
    assert "words" not in text
    assert f"+     value: {REDACTED}" in text


def test_what_was_sensitive_is_not_shown_when_it_no_longer_is() -> None:
    text = shown(
        change(
            "aws_ssm_parameter.one",
            "update",
            before={"nested": {"value": "old words"}},
            after={"nested": {"value": "new words"}},
            before_sensitive={"nested": True},
            after_sensitive=False,
        )
    )
    assert "words" not in text


def test_no_address_of_a_person_and_no_account_is_shown() -> None:
    text = shown(
        change(
            "aws_sns_topic_subscription.one",
            "update",
            before={"endpoint": "ada@example.org", "topic": "arn:aws:sns:us-east-1:123456789012:alarms"},
            after={"endpoint": "grace@example.org", "topic": "arn:aws:sns:us-east-1:210987654321:alarms"},
        )
    )
    assert not re.search(r"ada@|grace@|123456789012|210987654321", text)


def test_hostile_names_stay_names() -> None:
    address = f'aws_s3_bucket.this["{HOSTILE}"]'
    one = change("aws_s3_bucket.this", "delete", before={"tags": {HOSTILE: "a"}}) | {"address": address}
    other = change("aws_sns_topic.one", "update", before={HOSTILE: "a"}, after={HOSTILE: HOSTILE})
    text = shown(one, other, checks=[{"instances": [{"problems": [{"message": HOSTILE}]}]}])
    fenced = re.compile(r"^(`{3,})diff\n.*?^\1$", re.DOTALL | re.MULTILINE)
    assert len(fenced.findall(text)) == 2
    outside = fenced.sub("", text)
    assert not re.search(r"<img|@everyone|\]\(https|\*\*b", outside)
    assert "\u202e" not in text
    # Nothing of it begins a line, where a fence would end.
    assert [line for line in text.splitlines() if "<img" in line and line[0] not in "+-!"] == []


def test_it_fits_into_a_comment_and_says_what_is_missing() -> None:
    many = [
        change(
            f"aws_sns_topic.{'x' * 200}{number}", "update", before={"a": "b" * 500}, after={"a": HOSTILE * 20}
        )
        for number in range(600)
    ]
    lost = [change(f"aws_s3_bucket.{HOSTILE * 5}{number}", "delete") for number in range(100)]
    text = markdown("prod", plan(*many, *lost))
    assert len(text) <= LIMIT - ROOM_BELOW + 1
    assert "lines more: `make plan` shows them" in text
    assert "and 85 more" in text


def test_a_change_made_by_hand_that_is_put_back_is_listed_apart_and_one_that_stays_is_not() -> None:
    by_hand = [
        change(f"aws_sns_topic.{name}", "update", before={"name": "a"}, after={"name": "b"})
        for name in ("one", "two")
    ]
    put_back = change("aws_sns_topic.one", "update", before={"name": "b"}, after={"name": "a"})
    gone = change("aws_s3_bucket.three", "delete", before={"bucket": "a"})
    text = shown(put_back, resource_drift=[*by_hand, gone])
    assert "Changed outside Terraform: 2" in text
    assert "! aws_sns_topic.one: name" in text
    assert "! aws_s3_bucket.three: is gone" in text
    assert "aws_sns_topic.two" not in text


def test_a_new_cost_and_a_broken_budget_stand_above_the_details() -> None:
    def module(*kinds: str) -> dict[str, Any]:
        resources = [
            {"address": f"{kind}.one", "mode": "managed", "type": kind, "values": {}} for kind in kinds
        ]
        return {"root_module": {"resources": resources}}

    text = markdown(
        "prod",
        {
            "resource_changes": [],
            "prior_state": {"values": module("aws_vpc")},
            "planned_values": module("aws_vpc", "aws_nat_gateway"),
        },
    )
    assert "(+32.85)" in text.split("<details")[0]
    assert "over the $17.00" in text.split("<details")[0]


def test_a_firewall_at_the_edge_is_a_new_cost_though_a_deploy_makes_it() -> None:
    known = {"resources": [{"address": "aws_vpc.one", "mode": "managed", "type": "aws_vpc", "values": {}}]}
    made = {"values": {"root_module": known, "outputs": {"stages": {"value": {"prod": {"cdn": None}}}}}}
    wanted = {"stages": {"value": {"prod": {"cdn": {"waf": True}}}}}
    one = {"prior_state": made, "planned_values": {"root_module": known}, "variables": wanted}
    assert "(+8." in markdown("prod", one)
    made["values"]["outputs"] = {"stages": {"value": {"prod": {"cdn": {"waf": True}}}}}
    assert "as before" in markdown("prod", one)


def test_a_type_without_a_price_is_a_warning_and_no_silence() -> None:
    unpriced = {
        "address": "aws_redshift_cluster.one",
        "mode": "managed",
        "type": "aws_redshift_cluster",
        "values": {},
    }
    text = markdown("prod", {"planned_values": {"root_module": {"resources": [unpriced]}}})
    assert "There is no bill." in text


def test_the_real_plan_is_short_enough_and_tells_no_password() -> None:
    with skipped_without_terraform():
        real = plans.offline("prod")
    text = markdown("prod", real)
    assert len(text) < LIMIT / 2
    assert f"+ {DATABASE}" in text
    assert {one.address for one in plan_summary.read(real)} == {one.address for one in plans.planned(real)}
