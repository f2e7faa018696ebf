"""AWS clients and what Secrets Manager tells: by moto, in this process."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from app import aws
from app.config.env import StageEnvironment
from app.config.secrets import SecretUnreadableError, database_credentials, origin_secrets, secret_keys
from tests.stage import PRODUCTION, run


@pytest.fixture(autouse=True)
def account(aws_credentials: None) -> Iterator[None]:
    """An empty account in one region."""
    with mock_aws():
        yield


def create(name: str, text: str) -> str:
    arn: str = aws.client("secretsmanager").create_secret(Name=name, SecretString=text)["ARN"]
    return arn


def test_a_service_has_one_client_of_one_session() -> None:
    assert aws.client("secretsmanager") is aws.client("secretsmanager")
    assert aws._session() is aws._session()


HOSTS = {
    "secretsmanager": "secretsmanager.{}.amazonaws.com",
    "dynamodb": "dynamodb.{}.amazonaws.com",
    "s3": "s3.{}.amazonaws.com",
    "sesv2": "email.{}.api.aws",
}


@pytest.mark.parametrize("region", ["us-west-2", "us-east-1"])
def test_each_service_is_reached_by_the_host_that_the_private_subnets_can_reach(
    region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", region)
    aws.forget_clients()
    hosts = {service: host.format(region) for service, host in HOSTS.items()}
    assert {service: aws.address(service) for service in aws.ENDPOINTS} == {
        service: f"https://{host}" for service, host in hosts.items()
    }


def test_a_service_whose_address_family_nobody_looked_at_is_refused() -> None:
    with pytest.raises(aws.UnlistedServiceError, match="sqs is not in ENDPOINTS"):
        aws.client("sqs")


def test_no_call_can_take_as_long_as_a_request_may() -> None:
    config = aws.client("secretsmanager").meta.config
    worst = config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)
    assert worst < 30


def test_a_rotated_key_stays_good_for_what_was_signed_with_it() -> None:
    arn = create("django", "first")
    assert secret_keys(arn) == ["first"]
    aws.client("secretsmanager").put_secret_value(SecretId=arn, SecretString="second")
    assert secret_keys(arn) == ["second", "first"]


def test_the_cdn_is_known_by_its_secret_and_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ORIGIN_SECRET", "CDN_SECRET"):
        monkeypatch.delenv(name, raising=False)
    assert origin_secrets(StageEnvironment()) == []
    monkeypatch.setenv("CDN_SECRET", create("cdn", "first"))
    aws.client("secretsmanager").put_secret_value(SecretId="cdn", SecretString="second")
    assert origin_secrets(StageEnvironment()) == ["second", "first"]
    monkeypatch.setenv("ORIGIN_SECRET", "given")
    assert origin_secrets(StageEnvironment()) == ["given"]


def test_a_cdn_whose_secret_is_missing_is_a_problem_with_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDN_SECRET", "none")
    environment = StageEnvironment()
    assert origin_secrets(environment) == []
    assert environment.problems == ["CDN_SECRET: the secret none can't be read: ResourceNotFoundException"]


def test_the_secret_of_a_master_user_holds_no_host() -> None:
    create("managed", json.dumps({"username": "ada", "password": "swordfish"}))
    assert database_credentials("managed") == {"username": "ada", "password": "swordfish"}


def test_the_secret_of_an_instance_holds_everything() -> None:
    fields = {"username": "ada", "password": "swordfish", "host": "db", "port": 5432, "dbname": "coalition"}
    create("whole", json.dumps({**fields, "engine": "postgres"}))
    assert database_credentials("whole") == {**fields, "port": "5432"}


@pytest.mark.parametrize("text", ["swordfish", '["swordfish"]', '{"password": "swordfish"}', '"swordfish"'])
def test_a_secret_of_another_form_is_refused_without_repeating_it(text: str) -> None:
    create("odd", text)
    with pytest.raises(SecretUnreadableError, match="the secret odd is no JSON object") as caught:
        database_credentials("odd")
    assert "swordfish" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_secret_is_named_with_the_reason() -> None:
    with pytest.raises(SecretUnreadableError, match="the secret none can't be read: ResourceNotFound"):
        secret_keys("none")


def test_a_secrets_manager_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    aws.forget_clients()
    environment = {key: value for key, value in PRODUCTION.items() if key != "SECRET_KEY"}
    result = run(
        "manage.py",
        "check",
        environment=environment
        | {
            "DJANGO_SECRET": "coalition/django",
            "AWS_REGION": "us-west-2",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        },
    )
    assert (
        "DJANGO_SECRET: the secret coalition/django can't be read: EndpointConnectionError; tried again: FAILED"
        "   secretsmanager  127.0.0.1:1  IPv4 127.0.0.1: refused. AWS_ENDPOINT_URL says" in result.stderr
    )


BOOT = """
import json, os, sys
from moto import mock_aws
with mock_aws():
    from app.aws import client
    for name, text in json.load(sys.stdin).items():
        client("secretsmanager").create_secret(Name=name, SecretString=text)
    from app.config import settings
    print(json.dumps([settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS, settings.DATABASES["default"]]))
"""


def boot(secrets: dict[str, str], **environment: str) -> Any:
    plain = {key: value for key, value in PRODUCTION.items() if key not in ("SECRET_KEY", "DATABASE_URL")}
    account = {"AWS_REGION": "us-west-2", "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t"}
    named = {"DJANGO_SECRET": "django", "DATABASE_SECRET": "database"}
    return run("-c", BOOT, environment={**plain, **account, **named, **environment}, text=json.dumps(secrets))


def test_a_stage_boots_from_its_secrets() -> None:
    result = boot(
        {"django": "k" * 60, "database": json.dumps({"username": "ada", "password": "swordfish"})},
        DATABASE_HOST="db.example.org",
        DATABASE_NAME="coalition",
    )
    assert result.returncode == 0, result.stderr
    key, fallbacks, database = json.loads(result.stdout)
    assert (key, fallbacks) == ("k" * 60, [])
    found = {field: database[field] for field in ("USER", "PASSWORD", "HOST", "PORT", "NAME")}
    assert found == {
        "USER": "ada",
        "PASSWORD": "swordfish",
        "HOST": "db.example.org",
        "PORT": "5432",
        "NAME": "coalition",
    }
    assert database["CREDENTIALS_SECRET"] == "database"


def test_what_the_secret_does_not_say_has_to_be_set() -> None:
    result = boot({"database": json.dumps({"username": "ada", "password": "swordfish"})})
    for problem in (
        "DJANGO_SECRET: the secret django can't be read: ResourceNotFoundException",
        "DATABASE_HOST is not set, and the secret does not say it",
        "DATABASE_NAME is not set, and the secret does not say it",
    ):
        assert problem in result.stderr
    assert "swordfish" not in result.stderr
