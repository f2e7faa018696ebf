"""The emulator's repairs that a whole apply, second plan and destroy need do their work, and are still needed."""

import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops import emulator
from tests.ops.emulated import client

TOPIC = "arn:aws:sns:us-east-1:000000000000:alarms"


def set_mail_from(running: emulator.Emulator) -> Any:
    ses = client(running, "sesv2")
    ses.create_email_identity(EmailIdentity="rehearsal.test")
    ses.put_email_identity_mail_from_attributes(
        EmailIdentity="rehearsal.test",
        MailFromDomain="bounce.rehearsal.test",
        BehaviorOnMxFailure="USE_DEFAULT_VALUE",
    )
    return ses.get_email_identity(EmailIdentity="rehearsal.test")["MailFromAttributes"]


def test_an_identity_is_told_where_its_bounces_go(running: emulator.Emulator) -> None:
    assert set_mail_from(running) == {
        "MailFromDomain": "bounce.rehearsal.test",
        "MailFromDomainStatus": "SUCCESS",
        "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
    }


def versions_of_a_filled_secret(running: emulator.Emulator) -> list[list[str]]:
    secrets = client(running, "secretsmanager")
    secrets.create_secret(Name="probe")
    secrets.put_secret_value(SecretId="probe", SecretString="first")
    found = secrets.list_secret_version_ids(SecretId="probe", IncludeDeprecated=True)["Versions"]
    return sorted(version["VersionStages"] for version in found)


def test_the_first_value_of_a_secret_has_no_predecessor(running: emulator.Emulator) -> None:
    assert versions_of_a_filled_secret(running) == [["AWSCURRENT"]]


def found_by_another_ones_id(running: emulator.Emulator) -> list[str]:
    rds = client(running, "rds")
    made = rds.create_db_instance(
        DBInstanceIdentifier="probe",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        MasterUsername="master",
        MasterUserPassword="password",
        AllocatedStorage=20,
    )["DBInstance"]
    ours = {"Name": "dbi-resource-id", "Values": [made["DbiResourceId"]]}
    assert rds.describe_db_instances(Filters=[ours])["DBInstances"]
    others = {"Name": "dbi-resource-id", "Values": ["db-GONE"]}
    return [one["DBInstanceIdentifier"] for one in rds.describe_db_instances(Filters=[others])["DBInstances"]]


def test_a_database_that_is_gone_is_not_taken_for_another(running: emulator.Emulator) -> None:
    assert found_by_another_ones_id(running) == []


def alarm_as_terraform_reads_it(running: emulator.Emulator) -> str:
    client(running, "cloudwatch").put_metric_alarm(
        AlarmName="probe",
        AlarmDescription="5xx > 1 % & rising",
        Namespace="AWS/ApiGateway",
        MetricName="5XXError",
        Dimensions=[{"Name": "ApiName", "Value": "prod"}],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[TOPIC],
    )
    # boto3 asks for JSON, and Terraform for XML.
    form = urllib.parse.urlencode({"Action": "DescribeAlarms", "Version": "2010-08-01"}).encode()
    credential = f"test/20260101/{emulator.REGION}/monitoring/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    with urllib.request.urlopen(urllib.request.Request(running.url, form, headers)) as answer:
        text: str = answer.read().decode()
        return text


def test_an_alarm_is_told_whole(running: emulator.Emulator) -> None:
    told = alarm_as_terraform_reads_it(running)
    for part in (
        "<AlarmDescription>5xx &gt; 1 % &amp; rising</AlarmDescription>",
        "<Dimensions><member><Name>ApiName</Name><Value>prod</Value></member></Dimensions>",
        "<Period>300</Period>",
        "<Statistic>Sum</Statistic>",
        f"<AlarmActions><member>{TOPIC}</member></AlarmActions>",
        "<ActionsEnabled>true</ActionsEnabled>",
    ):
        assert part in told


def test_the_repair_of_bounces_is_still_needed(tmp_path: Path) -> None:
    with (
        emulator.provide(tmp_path, without_repair="mail_from") as running,
        pytest.raises(ClientError, match="Unknown SES v2 path"),
    ):
        set_mail_from(running)


def test_the_repair_of_empty_secrets_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="empty_secrets") as running:
        assert versions_of_a_filled_secret(running) == [["AWSCURRENT"], ["AWSPREVIOUS"]]


def test_the_repair_of_looking_up_a_database_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="instance_filters") as running:
        assert found_by_another_ones_id(running) == ["probe"]


def test_the_repair_of_alarms_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="alarms") as running:
        assert "<Dimensions>" not in alarm_as_terraform_reads_it(running)
