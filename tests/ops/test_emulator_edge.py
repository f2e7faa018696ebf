"""The emulator's repairs of what stands in front of an API do their work, and are still needed."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ops import emulator

LOGGED = {"CertificateTransparencyLoggingPreference": "ENABLED"}


def client(running: emulator.Emulator, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=running.url,
        region_name=emulator.REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[emulator.Emulator]:
    with emulator.provide(tmp_path_factory.mktemp("emulator")) as emulated:
        yield emulated


def server_at_alias(running: emulator.Emulator) -> str | None:
    """Who answers at a distribution's alias, which has nobody behind it."""
    client(running, "cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": "probe",
            "Comment": "",
            "Enabled": True,
            "Aliases": {"Quantity": 1, "Items": ["rehearsal.test"]},
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "nobody",
                        "DomainName": "127.0.0.1",
                        "CustomOriginConfig": {
                            "HTTPPort": 9,
                            "HTTPSPort": 9,
                            "OriginProtocolPolicy": "http-only",
                        },
                    }
                ],
            },
            "DefaultCacheBehavior": {"TargetOriginId": "nobody", "ViewerProtocolPolicy": "allow-all"},
        }
    )
    request = urllib.request.Request(f"{running.url}/page", headers={"Host": "rehearsal.test"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=20)
    with refused.value as answer:
        via: str | None = answer.headers["X-Cache"]
        return via


def test_a_distribution_answers_at_its_aliases(running: emulator.Emulator) -> None:
    assert server_at_alias(running) == "Error from cloudfront"


def test_the_repair_of_aliases_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="aliases") as emulated:
        assert server_at_alias(emulated) is None


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
