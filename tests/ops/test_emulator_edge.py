"""The emulator's repairs of what stands in front of an API do their work, and are still needed."""

import json
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops import emulator
from tests.ops.emulated import client

LOGGED = {"CertificateTransparencyLoggingPreference": "ENABLED"}


def make_distribution(running: emulator.Emulator, alias: str, origin: dict[str, Any]) -> None:
    client(running, "cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": alias,
            "Comment": "",
            "Enabled": True,
            "Aliases": {"Quantity": 1, "Items": [alias]},
            "Origins": {"Quantity": 1, "Items": [{"Id": "only", **origin}]},
            "DefaultCacheBehavior": {"TargetOriginId": "only", "ViewerProtocolPolicy": "allow-all"},
        }
    )


def answer_at(running: emulator.Emulator, host: str, path: str) -> tuple[int, Any]:
    """Status and headers."""
    request = urllib.request.Request(running.url + path, headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers


def server_at_alias(running: emulator.Emulator) -> str | None:
    """Who answers at a distribution's alias, which has nobody behind it."""
    ports = {"HTTPPort": 9, "HTTPSPort": 9, "OriginProtocolPolicy": "http-only"}
    make_distribution(running, "rehearsal.test", {"DomainName": "127.0.0.1", "CustomOriginConfig": ports})
    via: str | None = answer_at(running, "rehearsal.test", "/page")[1]["X-Cache"]
    return via


def test_a_distribution_answers_at_its_aliases(running: emulator.Emulator) -> None:
    assert server_at_alias(running) == "Error from cloudfront"


def test_the_repair_of_aliases_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="aliases") as emulated:
        assert server_at_alias(emulated) is None


def status_of_file_behind_tls(running: emulator.Emulator) -> int:
    """What a distribution answers for a file of a bucket that refuses whoever comes without TLS."""
    s3, cloudfront = client(running, "s3"), client(running, "cloudfront")
    s3.create_bucket(Bucket="probe")
    s3.put_object(Bucket="probe", Key="file", Body=b"content")
    every = {"Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::probe/*"}
    plain = {"Effect": "Deny", **every, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    policy = {"Version": "2012-10-17", "Statement": [plain, {"Effect": "Allow", **every}]}
    s3.put_bucket_policy(Bucket="probe", Policy=json.dumps(policy))
    origin = {
        "DomainName": "probe.s3.us-east-1.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    control = {"SigningProtocol": "sigv4", "SigningBehavior": "always", "OriginAccessControlOriginType": "s3"}
    made = cloudfront.create_origin_access_control(OriginAccessControlConfig={"Name": "probe", **control})
    signed = {"OriginAccessControlId": made["OriginAccessControl"]["Id"]}
    make_distribution(running, "file.rehearsal.test", {**origin, **signed})
    return answer_at(running, "file.rehearsal.test", "/file")[0]


def test_a_distribution_reads_its_bucket_by_tls(running: emulator.Emulator) -> None:
    assert status_of_file_behind_tls(running) == HTTPStatus.OK


def test_the_repair_of_secure_origins_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="secure_origins") as emulated:
        assert status_of_file_behind_tls(emulated) == HTTPStatus.FORBIDDEN


def lists_of_headers(running: emulator.Emulator) -> set[str]:
    """Of a policy that was given none."""
    cloudfront = client(running, "cloudfront")
    options = {"SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}}}
    made = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig={"Name": "probe", **options})
    told = cloudfront.get_response_headers_policy(Id=made["ResponseHeadersPolicy"]["Id"])
    names = told["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"].keys()
    return {name for name in names if name.endswith("HeadersConfig")}


def test_a_policy_has_the_lists_of_headers_that_it_was_given(running: emulator.Emulator) -> None:
    assert lists_of_headers(running) == {"SecurityHeadersConfig"}


def test_the_repair_of_empty_lists_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="empty_header_lists") as emulated:
        assert "RemoveHeadersConfig" in lists_of_headers(emulated)


def options_of_certificate(running: emulator.Emulator) -> Any:
    acm = client(running, "acm")
    asked = acm.request_certificate(DomainName="rehearsal.test", ValidationMethod="DNS", Options=LOGGED)
    told = acm.describe_certificate(CertificateArn=asked["CertificateArn"])
    return told["Certificate"].get("Options")


def test_a_certificate_keeps_its_options(running: emulator.Emulator) -> None:
    assert options_of_certificate(running) == LOGGED


def test_the_repair_of_options_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="certificate_options") as emulated:
        assert options_of_certificate(emulated) == {}


def make_group(running: emulator.Emulator, name: str, call: str) -> str:
    """Make a security group by one attempt of a call: all attempts have the call's id."""
    ec2 = client(running, "ec2")

    def as_that_call(request: Any, **_: Any) -> None:
        request.headers["amz-sdk-invocation-id"] = call

    ec2.meta.events.register_last("before-send.ec2", as_that_call)
    made: str = ec2.create_security_group(GroupName=name, Description="probe")["GroupId"]
    return made


def test_an_answer_that_got_lost_is_given_again(running: emulator.Emulator) -> None:
    assert make_group(running, "lost", "call-1") == make_group(running, "lost", "call-1")
    assert "Asked again, answered again: POST /" in running.log.read_text()


def test_another_call_is_no_attempt_of_the_first(running: emulator.Emulator) -> None:
    make_group(running, "twice", "call-2")
    with pytest.raises(ClientError, match="already exists"):
        make_group(running, "twice", "call-3")


def test_a_call_that_was_refused_is_tried_in_earnest(running: emulator.Emulator) -> None:
    group = make_group(running, "there", "call-4")
    with pytest.raises(ClientError, match="already exists"):
        make_group(running, "there", "call-5")
    client(running, "ec2").delete_security_group(GroupId=group)
    assert make_group(running, "there", "call-5") != group


def test_the_repair_of_lost_answers_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="lost_answers") as emulated:
        make_group(emulated, "lost", "call-1")
        with pytest.raises(ClientError, match="already exists"):
            make_group(emulated, "lost", "call-1")
