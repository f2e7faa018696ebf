"""A stage's deploying role reaches that stage: its policies, evaluated on what a deploy, its edge and an import touch."""

from collections.abc import Iterator
from typing import Any

import pytest
from zappa.core import Zappa

from ops import offline_aws, zappa_settings
from tests.terraform import iam
from tests.terraform.bootstrap_plan import EDGES, ZONE, Statements
from tests.terraform.iam import Context, listed

PROJECT = zappa_settings.project_name()
ACCOUNT = offline_aws.ACCOUNT_ID
HERE = f"us-east-1:{ACCOUNT}"
ENVIRONMENTS = {"dev": "nonprod", "staging": "nonprod", "prod": "prod"}
NAMES = {"nonprod": f"{PROJECT}-nonprod", "prod": PROJECT}
PAIRS = [(stage, other) for stage in ENVIRONMENTS for other in ENVIRONMENTS if stage != other]

Call = tuple[str, str, Context]


def tags_of(stage: str) -> dict[str, str]:
    return {"Project": PROJECT, "Environment": ENVIRONMENTS[stage], "Stage": stage}


def having(stage: str) -> Context:
    return {f"aws:ResourceTag/{key}": value for key, value in tags_of(stage).items()}


def asking_for(stage: str) -> Context:
    return {f"aws:RequestTag/{key}": value for key, value in tags_of(stage).items()}


def rules_of(stage: str) -> list[str]:
    """As Zappa names them, of the serving function and its companion."""
    settings = zappa_settings.committed()
    events = [(stage, {"function": "zappa-keep-warm-handler.keep_warm_callback"})] + [
        (f"{stage}-ops", event) for event in settings[f"{stage}-ops"]["events"]
    ]
    return [_rule(f"{PROJECT}-{function}", event) for function, event in events]


def _rule(function: str, event: dict[str, Any]) -> str:
    # Zappa's own event has a name with hyphens, which it passes as a name.
    name = Zappa.get_event_name(function, event["function"])
    if "-" not in event["function"]:
        return str(Zappa.get_scheduled_event_name(Zappa, event, event["function"], function))
    hashed = Zappa.get_hashed_lambda_name(function)
    longest = 64
    return str(Zappa.get_event_name(hashed, event["function"]) if len(name) >= longest else name)


def on_the_functions(stage: str) -> Iterator[Call]:
    api = f"arn:aws:apigateway:us-east-1::/restapis/{stage}api"
    tag: Context = {"aws:ResourceTag/ZappaProject": f"{PROJECT}-{stage}"}
    for name in (f"{PROJECT}-{stage}", f"{PROJECT}-{stage}-ops"):
        for action in (
            "UpdateFunctionCode",
            "UpdateFunctionConfiguration",
            "InvokeFunction",
            "AddPermission",
        ):
            yield f"lambda:{action}", f"arn:aws:lambda:{HERE}:function:{name}", {}
        yield "cloudformation:UpdateStack", f"arn:aws:cloudformation:{HERE}:stack/{name}/1", {}
        yield "logs:FilterLogEvents", f"arn:aws:logs:{HERE}:log-group:/aws/lambda/{name}:*", {}
    for verb in ("GET", "PATCH", "PUT", "DELETE", "UpdateRestApiPolicy"):
        yield f"apigateway:{verb}", api, tag
    yield "apigateway:POST", f"{api}/deployments", tag
    yield "apigateway:PATCH", f"{api}/stages/{stage}", tag
    for rule in rules_of(stage):
        for action in ("PutRule", "PutTargets", "RemoveTargets", "DeleteRule"):
            yield f"events:{action}", f"arn:aws:events:{HERE}:rule/{rule}", {}
    for role in (f"{stage}-lambda", f"{stage}-ops"):
        yield (
            "iam:PassRole",
            f"arn:aws:iam::{ACCOUNT}:role/{PROJECT}-{role}",
            {"iam:PassedToService": "lambda.amazonaws.com"},
        )


def on_what_is_kept(stage: str) -> Iterator[Call]:
    releases = f"arn:aws:s3:::{NAMES[ENVIRONMENTS[stage]]}-zappa-deployments-{ACCOUNT}"
    states = f"arn:aws:s3:::{PROJECT}-terraform-state-{ACCOUNT}"
    for action in ("GetObject", "PutObject", "DeleteObject"):
        yield f"s3:{action}", f"{releases}/stages/{stage}/lock.json", {}
        yield f"s3:{action}", f"{releases}/{PROJECT}-{stage}-template-1.json", {}
        yield f"s3:{action}", f"{states}/edge/{stage}.tfstate.tflock", {}
    yield "s3:PutObject", f"{states}/edge/{stage}.tfstate", {}
    for name in ("database/app", "cdn/origin"):
        secret = f"arn:aws:secretsmanager:{HERE}:secret:{PROJECT}/{stage}/{name}-AbCdEf"
        yield "secretsmanager:GetSecretValue", secret, {}


def on_the_edge(stage: str) -> Iterator[Call]:
    cloudfront = f"arn:aws:cloudfront::{ACCOUNT}"
    distribution = f"{cloudfront}:distribution/E{stage.upper()}"
    for action in ("UpdateDistribution", "DeleteDistribution", "TagResource", "UntagResource"):
        yield f"cloudfront:{action}", distribution, having(stage)
    for action in ("UpdateFunction", "PublishFunction", "DeleteFunction"):
        yield f"cloudfront:{action}", f"{cloudfront}:function/{PROJECT}-{stage}-viewer-request", {}
    for arn in EDGES[stage]["arns"]:
        yield from ((action, arn, {}) for action in NUMBERED[arn.rpartition(":")[2].partition("/")[0]])
    certificate = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/{stage}"
    for action in ("DeleteCertificate", "AddTagsToCertificate", "RemoveTagsFromCertificate"):
        yield f"acm:{action}", certificate, {**asking_for(stage), **having(stage)}
    firewall = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/{PROJECT}-{stage}/1"
    yield "wafv2:UpdateWebACL", firewall, {}
    domain = EDGES[stage]["domain"]
    for name in (domain, f"www.{domain}"):
        yield "route53:ChangeResourceRecordSets", ZONE_ARN, {RECORDS: [name]}
        yield "route53:ChangeResourceRecordSets", ZONE_ARN, {RECORDS: [f"{PROOF}.{name}"]}


def on_the_import(stage: str) -> Iterator[Call]:
    name = f"{NAMES[ENVIRONMENTS[stage]]}-geodata-import"
    cluster: Context = {"ecs:cluster": f"arn:aws:ecs:{HERE}:cluster/{name}"}
    yield "ecs:RunTask", f"arn:aws:ecs:{HERE}:task-definition/{name}-{stage}:7", cluster
    yield (
        "iam:PassRole",
        f"arn:aws:iam::{ACCOUNT}:role/{name}-{stage}",
        {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
    )


def calls_of(stage: str) -> list[Call]:
    """What changes one stage, or reads its secrets."""
    return [
        *on_the_functions(stage),
        *on_what_is_kept(stage),
        *on_the_edge(stage),
        *on_the_import(stage),
    ]


ZONE_ARN = f"arn:aws:route53:::hostedzone/{ZONE}"
# As ACM makes them: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
PROOF = "_" + "3639ac514e785e898d2646601fa951d5"
RECORDS = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
STORE = ("cloudfront-keyvaluestore:GetKey", "cloudfront-keyvaluestore:PutKey")
NUMBERED = {
    "cache-policy": ("cloudfront:UpdateCachePolicy", "cloudfront:DeleteCachePolicy"),
    "key-value-store": (*STORE, "cloudfront:DeleteKeyValueStore"),
    "origin-access-control": ("cloudfront:DeleteOriginAccessControl",),
    "response-headers-policy": ("cloudfront:DeleteResponseHeadersPolicy",),
}


def let_through(statements: Statements, stage: str, calls: list[Call]) -> list[tuple[str, str]]:
    """What a role may of the calls, whatever it says of itself in the request."""
    return [
        (action, arn)
        for action, arn, context in calls
        for claims in ({}, asking_for(stage), {"aws:CalledVia": ["cloudformation.amazonaws.com"]})
        if iam.allows(statements, action, arn, {**claims, **context})
    ]


@pytest.mark.parametrize("stage", ENVIRONMENTS)
def test_a_deploy_role_changes_its_own_stage(roles: dict[str, Statements], stage: str) -> None:
    refused = [call for call in calls_of(stage) if not iam.allows(roles[f"deploy-{stage}"], *call)]
    assert refused == []


@pytest.mark.parametrize(("stage", "other"), PAIRS)
def test_a_deploy_role_changes_nothing_of_another_stage(
    roles: dict[str, Statements], stage: str, other: str
) -> None:
    assert let_through(roles[f"deploy-{stage}"], stage, calls_of(other)) == []


@pytest.mark.parametrize("stage", ENVIRONMENTS)
def test_a_deploy_role_makes_what_a_first_deploy_makes(roles: dict[str, Statements], stage: str) -> None:
    made: list[Call] = [
        ("apigateway:POST", "arn:aws:apigateway:us-east-1::/restapis", {}),
        (
            "apigateway:PUT",
            "arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fa1",
            {"aws:CalledVia": ["cloudformation.amazonaws.com"]},
        ),
        ("cloudfront:CreateDistribution", f"arn:aws:cloudfront::{ACCOUNT}:distribution/*", asking_for(stage)),
        ("cloudfront:TagResource", f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1", asking_for(stage)),
        ("cloudfront:CreateKeyValueStore", "*", {}),
        ("acm:RequestCertificate", "*", asking_for(stage)),
        ("acm:AddTagsToCertificate", f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1", asking_for(stage)),
    ]
    assert [call for call in made if not iam.allows(roles[f"deploy-{stage}"], *call)] == []


@pytest.mark.parametrize(("stage", "environment"), ENVIRONMENTS.items())
def test_a_distribution_of_before_gets_the_stages_tag_by_its_next_deploy(
    roles: dict[str, Statements], stage: str, environment: str
) -> None:
    arn = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"
    tag: Context = {"aws:RequestTag/Stage": stage}
    before = {f"aws:ResourceTag/{key}": value for key, value in tags_of(stage).items() if key != "Stage"}
    others = {**before, "aws:ResourceTag/Environment": {"nonprod": "prod", "prod": "nonprod"}[environment]}
    statements = roles[f"deploy-{stage}"]
    assert iam.allows(statements, "cloudfront:TagResource", arn, {**tag, **before})
    assert not iam.allows(statements, "cloudfront:TagResource", arn, {**tag, **others})
    assert not iam.allows(statements, "cloudfront:UpdateDistribution", arn, {**tag, **before})


@pytest.mark.parametrize("stage", ENVIRONMENTS)
def test_nobody_replaces_a_release_that_stages_share(roles: dict[str, Statements], stage: str) -> None:
    arn = f"arn:aws:s3:::{NAMES[ENVIRONMENTS[stage]]}-zappa-deployments-{ACCOUNT}/releases/1.zip"
    statements = roles[f"deploy-{stage}"]
    assert iam.allows(statements, "s3:PutObject", arn, {"s3:if-none-match": "*"})
    assert not iam.allows(statements, "s3:PutObject", arn, {})
    assert not iam.allows(statements, "s3:DeleteObject", arn, {})


def test_records_beside_its_own_are_no_deploy_roles(roles: dict[str, Statements]) -> None:
    names = [EDGES["dev"]["domain"], EDGES["prod"]["domain"]]
    for context in ({RECORDS: names}, {}):
        assert not iam.allows(roles["deploy-dev"], "route53:ChangeResourceRecordSets", ZONE_ARN, context)


OF_OLD: dict[str, dict[str, Any]] = {
    "every CDN": {
        "Action": ["cloudfront:UpdateDistribution", "cloudfront:DeleteDistribution"],
        "Resource": "*",
    },
    "every store": {
        "Action": list(STORE),
        "Resource": f"arn:aws:cloudfront::{ACCOUNT}:key-value-store/*",
    },
    "every zone": {
        "Action": "route53:ChangeResourceRecordSets",
        "Resource": "arn:aws:route53:::hostedzone/*",
    },
    "every certificate": {"Action": "acm:DeleteCertificate", "Resource": "*"},
    "every API": {
        "Action": ["apigateway:DELETE", "apigateway:PATCH"],
        "Resource": "arn:aws:apigateway:us-east-1::/restapis/*",
    },
    "every rule": {"Action": "events:DeleteRule", "Resource": f"arn:aws:events:{HERE}:rule/*"},
    "every firewall": {
        "Action": "wafv2:UpdateWebACL",
        "Resource": f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/{PROJECT}*/*",
    },
}


@pytest.mark.parametrize("fault", OF_OLD)
def test_a_statement_that_reaches_another_stage_is_found(fault: str) -> None:
    planted = [{"Effect": "Allow", **OF_OLD[fault]}]
    found = let_through(planted, "dev", calls_of("prod"))
    assert {action for action, _ in found} == set(listed(OF_OLD[fault]["Action"]))
