"""MiniStack with what a Zappa rollback needs. Runs inside the emulator's environment, by path: it can't import `ops`.

MiniStack's faults that are mended here are described in docs/traps.md. They sit in private functions, so another
version is refused: look whether it still needs each repair (tests/ops/test_emulator.py tells), then change the pin here
and in requirements/emulator.in together.
"""

import functools
import html
import importlib
import importlib.metadata
import json
import os
import re
import secrets
import sys
import urllib.parse
from collections.abc import Callable, Sequence
from typing import Any

PINNED = "1.5.33"
REPAIRS_OFF = "EMULATOR_WITHOUT_REPAIR"
INTERPRETER = "EMULATOR_LAMBDA_PYTHON"

Answer = tuple[int, dict[str, str], bytes]


def repair_qualified_function(lambda_svc: Any) -> None:
    """GetFunction of `function:NAME:VERSION`, and for each version its own code."""
    resolve, get = lambda_svc._resolve_name_and_qualifier, lambda_svc._get_function
    serve = lambda_svc.serve_function_code

    @functools.wraps(resolve)
    def resolve_partial_arn(name_or_arn: str) -> tuple[str, str | None]:
        name, qualifier = resolve(name_or_arn.removeprefix("function:"))
        return name, qualifier

    @functools.wraps(get)
    def get_with_versioned_location(name: str, qualifier: str | None = None) -> Answer:
        status, headers, body = get(name, qualifier)
        if qualifier and status == 200:  # noqa: PLR2004 - HTTP's OK
            answer = json.loads(body)
            location = answer["Code"].get("Location", "")
            answer["Code"]["Location"] = location.replace(f"/{name}?", f"/{name}:{qualifier}?")
            body = json.dumps(answer).encode()
            # The length of the body that was replaced.
            headers = {key: value for key, value in headers.items() if key.lower() != "content-length"}
        return status, headers, body

    @functools.wraps(serve)
    def serve_version(func_name: str, account_id: str | None = None, region: str | None = None) -> Answer:
        name, _, qualifier = func_name.partition(":")
        if not qualifier:
            answer: Answer = serve(name, account_id, region)
            return answer
        function = lambda_svc._functions.get_scoped(account_id, region, name)
        record, _ = lambda_svc._effective_func_record_for_qualifier(function, qualifier)
        if record is None:
            return 404, {"Content-Type": "text/plain"}, b"Version not found"
        return 200, {"Content-Type": "application/zip"}, record["code_zip"]

    lambda_svc._resolve_name_and_qualifier = resolve_partial_arn
    lambda_svc._get_function = get_with_versioned_location
    lambda_svc.serve_function_code = serve_version


def repair_binary_media_types(apigateway_v1: Any) -> None:
    """Media types arrive in a JSON pointer, where `/` is written `~1`."""
    matches = apigateway_v1._media_type_matches

    @functools.wraps(matches)
    def matches_unescaped(media_type: str | None, binary_media_types: Sequence[str] | None) -> bool:
        patterns = [pattern.replace("~1", "/").replace("~0", "~") for pattern in binary_media_types or []]
        found: bool = matches(media_type, patterns)
        return found

    apigateway_v1._media_type_matches = matches_unescaped


def repair_source_address(apigateway_v1: Any) -> None:
    """Who asks: the gateway believes a header that clients write, where AWS takes the connection's own address."""
    build = apigateway_v1._build_lambda_event_v1

    @functools.wraps(build)
    def build_with_own_address(*args: Any, **kwargs: Any) -> dict[str, Any]:
        event: dict[str, Any] = build(*args, **kwargs)
        # It listens on loopback alone, so everybody comes from there.
        event["requestContext"]["identity"]["sourceIp"] = "127.0.0.1"
        return event

    apigateway_v1._build_lambda_event_v1 = build_with_own_address


def log_dynamodb(dynamodb: Any) -> None:
    """A line for each call, as the rehearsal of the rate limiter counts them; CloudTrail would have it as a data event."""
    handle = dynamodb.handle_request

    @functools.wraps(handle)
    async def handle_and_log(method: str, path: str, headers: Any, body: Any, query: Any) -> Answer:
        answer: Answer = await handle(method, path, headers, body, query)
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        print(f"DynamoDB call: {operation} {answer[0]}", flush=True)
        return answer

    dynamodb.handle_request = handle_and_log


def repair_lambda_interpreter(lambda_runtime: Any) -> None:
    """Functions see what Lambda's runtime has, not what the emulator has."""
    detect = lambda_runtime._detect_runtime_binary
    interpreter = os.environ[INTERPRETER]

    @functools.wraps(detect)
    def detect_clean(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        return (interpreter if runtime.startswith("python") else binary), script

    lambda_runtime._detect_runtime_binary = detect_clean


def repair_busy_workers(lambda_runtime: Any, lambda_svc: Any) -> None:
    """An update kills the workers that are answering, and a worker that fails all others of its function."""
    kill, release = lambda_runtime.kill_workers, lambda_svc.release_worker

    @functools.wraps(kill)
    def kill_idle(workers: Any) -> None:
        kill([worker for worker in workers if worker is not None and not worker.in_use])

    @functools.wraps(release)
    def release_or_end(worker: Any) -> None:
        release(worker)
        # Dropped from its pool while it was busy: nobody will ask it again.
        if worker is not None and not any(worker in pool for pool in lambda_runtime._workers.values()):
            kill([worker])

    lambda_runtime.kill_workers = kill_idle
    lambda_svc.release_worker = release_or_end


def repair_dual_stack(ec2: Any) -> None:
    """IPv6 blocks of networks and subnets, and IPv6 routes: all three are taken and forgotten."""
    _keep_ipv6_blocks(ec2, "vpc", ec2._vpcs)
    _keep_ipv6_blocks(ec2, "subnet", ec2._subnets)
    modify_subnet = ec2._ACTION_MAP["ModifySubnetAttribute"]
    create_route, delete_route = ec2._ACTION_MAP["CreateRoute"], ec2._ACTION_MAP["DeleteRoute"]

    def create_ipv6_route(params: Any) -> Answer:
        destination = ec2._p(params, "DestinationIpv6CidrBlock")
        table = ec2._route_tables.get(ec2._p(params, "RouteTableId"))
        if not destination or not table:
            answer: Answer = create_route(params)
            return answer
        route = {"DestinationIpv6CidrBlock": destination, "State": "active", "Origin": "CreateRoute"}
        for target in ("GatewayId", "EgressOnlyInternetGatewayId"):
            if ec2._p(params, target):
                route[target] = ec2._p(params, target)
        table["Routes"].append(route)
        created: Answer = ec2._xml(200, "CreateRouteResponse", "<return>true</return>")
        return created

    def delete_ipv6_route(params: Any) -> Answer:
        destination = ec2._p(params, "DestinationIpv6CidrBlock")
        table = ec2._route_tables.get(ec2._p(params, "RouteTableId"))
        if not destination or not table:
            answer: Answer = delete_route(params)
            return answer
        table["Routes"] = [
            route for route in table["Routes"] if route.get("DestinationIpv6CidrBlock") != destination
        ]
        deleted: Answer = ec2._xml(200, "DeleteRouteResponse", "<return>true</return>")
        return deleted

    def modify_ipv6_of_subnet(params: Any) -> Answer:
        subnet = ec2._subnets.get(ec2._p(params, "SubnetId"))
        assign = ec2._p(params, "AssignIpv6AddressOnCreation.Value")
        if subnet and assign:
            subnet["AssignIpv6AddressOnCreation"] = assign == "true"
        answer: Answer = modify_subnet(params)
        return answer

    ec2._ACTION_MAP |= {
        "CreateRoute": create_ipv6_route,
        "DeleteRoute": delete_ipv6_route,
        "ModifySubnetAttribute": modify_ipv6_of_subnet,
    }


def _keep_ipv6_blocks(ec2: Any, kind: str, records: Any) -> None:
    action, id_tag = f"Create{kind.capitalize()}", f"{kind}Id"
    create, describe = ec2._ACTION_MAP[action], getattr(ec2, f"_{kind}_fields_xml")
    matches = getattr(ec2, f"_matches_{kind}_filters")

    def create_with_block(params: Any) -> Answer:
        answer: Answer = create(params)
        block = ec2._p(params, "Ipv6CidrBlock")
        if ec2._p(params, "AmazonProvidedIpv6CidrBlock") == "true":
            block = f"2600:1f18:{secrets.randbelow(0xFFFF):x}:{secrets.randbelow(0xFF):x}00::/56"
        found = re.search(rf"<{id_tag}>([^<]+)<".encode(), answer[2])
        if not block or not found:
            return answer
        record = records[found[1].decode()]
        record["Ipv6CidrBlock"] = block
        fields = getattr(ec2, f"_{kind}_fields_xml")(record, tag=kind)
        with_block: Answer = ec2._xml(200, f"{action}Response", fields)
        return with_block

    def association_id(record: dict[str, Any]) -> str:
        name: str = record[f"{kind.capitalize()}Id"]
        return name.replace("-", "-cidr-assoc-ipv6-", 1)

    @functools.wraps(matches)
    def matches_association(record: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        wanted = filters.get("ipv6-cidr-block-association.association-id")
        found: bool = matches(record, filters)
        return found and (wanted is None or ("Ipv6CidrBlock" in record and association_id(record) in wanted))

    @functools.wraps(describe)
    def describe_with_block(record: dict[str, Any], tag: str = "item") -> str:
        xml: str = describe(record, tag=tag)
        if record.get("AssignIpv6AddressOnCreation"):
            xml = xml.replace("<assignIpv6AddressOnCreation>false", "<assignIpv6AddressOnCreation>true")
        if block := record.get("Ipv6CidrBlock"):
            association = (
                f"<ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>{block}</ipv6CidrBlock>"
                f"<associationId>{association_id(record)}</associationId>"
                "<ipv6CidrBlockState><state>associated</state></ipv6CidrBlockState>"
                "<ipv6Pool>Amazon</ipv6Pool><networkBorderGroup>us-east-1</networkBorderGroup>"
                "</item></ipv6CidrBlockAssociationSet>"
            )
            xml = xml.removesuffix(f"</{tag}>") + association + f"</{tag}>"
        return xml

    ec2._ACTION_MAP[action] = create_with_block
    setattr(ec2, f"_{kind}_fields_xml", describe_with_block)
    setattr(ec2, f"_matches_{kind}_filters", matches_association)


def repair_prefix_lists(ec2: Any) -> None:
    """Rules of security groups to a prefix list, as gateway endpoints have them: the list is forgotten."""
    parse, describe = ec2._parse_ip_permissions, ec2._sg_rule_xml

    @functools.wraps(parse)
    def parse_with_lists(params: Any, prefix: str) -> list[dict[str, Any]]:
        rules: list[dict[str, Any]] = parse(params, prefix)
        for number, rule in enumerate(rules, start=1):
            if listed := ec2._p(params, f"{prefix}.{number}.PrefixListIds.1.PrefixListId"):
                description = ec2._p(params, f"{prefix}.{number}.PrefixListIds.1.Description")
                rule["PrefixListIds"] = [{"PrefixListId": listed, "Description": description}]
        return rules

    @functools.wraps(describe)
    def describe_with_list(group: str, rule: dict[str, Any], is_egress: bool = False) -> str:  # noqa: FBT001, FBT002 - theirs
        xml: str = describe(group, rule, is_egress)
        for listed in rule.get("PrefixListIds", []):
            xml = xml.replace("</toPort>", f"</toPort><prefixListId>{listed['PrefixListId']}</prefixListId>")
        return xml

    ec2._parse_ip_permissions = parse_with_lists
    ec2._sg_rule_xml = describe_with_list


def repair_mail_from(ses_v2: Any) -> None:
    """The domain that an identity's bounces come back to: SES version 2 does not know how to be told of it."""
    handle = ses_v2.handle_request

    @functools.wraps(handle)
    async def handle_with_mail_from(method: str, path: str, headers: Any, body: Any, query: Any) -> Answer:
        found = re.fullmatch(r"/v2/email/identities/([^/]+)/mail-from/?", path)
        identity = ses_v2._identities.get(urllib.parse.unquote(found[1])) if found else None
        if method != "PUT" or identity is None:
            answer: Answer = await handle(method, path, headers, body, query)
            return answer
        asked = json.loads(body)
        attributes = {"BehaviorOnMxFailure": asked.get("BehaviorOnMxFailure", "USE_DEFAULT_VALUE")}
        if asked.get("MailFromDomain"):
            attributes |= {"MailFromDomain": asked["MailFromDomain"], "MailFromDomainStatus": "SUCCESS"}
        identity["MailFromAttributes"] = attributes
        return 200, {"Content-Type": "application/json"}, b"{}"

    ses_v2.handle_request = handle_with_mail_from


def repair_empty_secrets(secretsmanager: Any) -> None:
    """A secret that is made without a value has no version; here it gets an empty one, the first one's predecessor."""
    store = secretsmanager._store_new_secret

    @functools.wraps(store)
    def store_without_empty_version(name: str, **values: Any) -> tuple[str, str]:
        stored: tuple[str, str] = store(name, **values)
        if values.get("secret_string") is None and values.get("secret_binary") is None:
            secretsmanager._secrets[name]["Versions"].clear()
        return stored

    secretsmanager._store_new_secret = store_without_empty_version


def repair_instance_filters(rds: Any) -> None:
    """Terraform looks a database up by its resource id, which is ignored: a deleted one seems to be any other there is."""
    apply = rds._apply_instance_filters

    @functools.wraps(apply)
    def apply_resource_id(instances: Any, filters: dict[str, list[str]]) -> Any:
        found = apply(instances, filters)
        wanted = filters.get("dbi-resource-id")
        return [one for one in found if one["DbiResourceId"] in wanted] if wanted else found

    rds._apply_instance_filters = apply_resource_id


_ALARM_TEXTS = ("AlarmDescription", "Statistic", "ExtendedStatistic", "Period", "TreatMissingData", "Unit")
_ALARM_LISTS = ("AlarmActions", "OKActions", "InsufficientDataActions")


def repair_alarms(cloudwatch: Any) -> None:
    """What an alarm does and looks at: it is kept, and left out where XML is asked for, as Terraform does."""
    answer_xml = cloudwatch._xml

    @functools.wraps(answer_xml)
    def with_whole_alarms(status: int, root: str, inner: str) -> Answer:
        if root == "DescribeAlarmsResponse":
            for alarm in cloudwatch._alarms.values():
                arn = f"<AlarmArn>{alarm['AlarmArn']}</AlarmArn>"
                inner = inner.replace(arn, arn + _alarm_fields(alarm))
        answer: Answer = answer_xml(status, root, inner)
        return answer

    cloudwatch._xml = with_whole_alarms


def _alarm_fields(alarm: dict[str, Any]) -> str:
    fields = {name: html.escape(str(alarm[name])) for name in _ALARM_TEXTS if alarm.get(name)}
    fields["ActionsEnabled"] = str(alarm["ActionsEnabled"]).lower()
    for name in _ALARM_LISTS:
        fields[name] = "".join(f"<member>{html.escape(arn)}</member>" for arn in alarm.get(name, []))
    fields["Dimensions"] = "".join(
        f"<member><Name>{html.escape(one['Name'])}</Name><Value>{html.escape(one['Value'])}</Value></member>"
        for one in alarm.get("Dimensions", [])
    )
    return "".join(f"<{name}>{content}</{name}>" for name, content in fields.items())


def _service(name: str) -> Any:
    return importlib.import_module(f"ministack.services.{name}")


def _repairs() -> dict[str, Callable[[], None]]:
    from ministack import app
    from ministack.core import cloudfront_js, iam_evaluator, lambda_runtime

    # Beside this file, which is where Python looks for what a program imports.
    edge, answers = importlib.import_module("edge_repairs"), importlib.import_module("lost_answers")
    databases, logs = importlib.import_module("database_repairs"), importlib.import_module("function_logs")
    return {
        "qualified_function": lambda: repair_qualified_function(_service("lambda_svc")),
        "binary_media_types": lambda: repair_binary_media_types(_service("apigateway_v1")),
        "source_address": lambda: repair_source_address(_service("apigateway_v1")),
        "dynamodb_log": lambda: log_dynamodb(_service("dynamodb")),
        "lambda_interpreter": lambda: repair_lambda_interpreter(lambda_runtime),
        "busy_workers": lambda: repair_busy_workers(lambda_runtime, _service("lambda_svc")),
        "function_logs": lambda: logs.repair_function_logs(lambda_runtime),
        "dual_stack": lambda: repair_dual_stack(_service("ec2")),
        "prefix_lists": lambda: repair_prefix_lists(_service("ec2")),
        "empty_secrets": lambda: repair_empty_secrets(_service("secretsmanager")),
        "instance_filters": lambda: repair_instance_filters(_service("rds")),
        "restore": lambda: databases.repair_restore(_service("rds")),
        "alarms": lambda: repair_alarms(_service("cloudwatch")),
        "mail_from": lambda: repair_mail_from(_service("ses_v2")),
        "key_value_stores": lambda: edge.repair_key_value_stores(
            cloudfront_js, _service("cloudfront_keyvaluestore")
        ),
        "aliases": lambda: edge.repair_aliases(app, _service("cloudfront")),
        "empty_header_lists": lambda: edge.repair_empty_header_lists(_service("cloudfront")),
        "secure_origins": lambda: edge.repair_secure_origins(_service("s3"), iam_evaluator),
        "certificate_options": lambda: edge.repair_certificate_options(_service("acm")),
        "lost_answers": lambda: answers.repair_lost_answers(app),
    }


def main() -> None:
    """Serve, on what BIND_HOST and GATEWAY_PORT say."""
    version = importlib.metadata.version("ministack")
    if version != PINNED:
        sys.exit(f"These repairs are for MiniStack {PINNED}, not {version}: read the head of {__file__}.")
    # A repair's own test leaves it out, to see that it is still needed.
    left_out = os.environ.get(REPAIRS_OFF)
    for name, repair in _repairs().items():
        if name != left_out:
            repair()
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
