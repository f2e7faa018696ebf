"""What a rehearsal deploys into: an emulated account with what Terraform would have made there, and a database."""

import contextlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import boto3
import psycopg2

from ops import dynalite, emulator, postgis, zappa_settings
from ops.emulator import Emulator
from ops.platform import StagePlatform
from ops.rehearse import mailbox
from ops.rehearse.mailbox import Mailbox
from ops.rehearse.visitor import UnexpectedAnswerError

STAGE = "prod"
_TRUSTED = ("lambda.amazonaws.com", "apigateway.amazonaws.com", "events.amazonaws.com")


@dataclass(frozen=True)
class World:
    """Where the rehearsal takes place.

    Attributes:
        emulator: the emulated AWS; inside `provide` every boto3 client of this process talks to it.
        database_url: how the stage's role signs in to its database, once a first deploy made both.
        mailbox: where its mails arrive.
        platform: what Terraform would have made.
    """

    emulator: Emulator
    database_url: str
    mailbox: Mailbox
    platform: StagePlatform

    def secret_values(self) -> list[str]:
        """What may be found in nothing that is written."""
        client = boto3.client("secretsmanager")
        environment = self.platform.values.environment
        names = (environment["DATABASE_SECRET"], self.platform.master_secret, environment["DJANGO_SECRET"])
        database, master, django = (client.get_secret_value(SecretId=name)["SecretString"] for name in names)
        return [json.loads(database)["password"], json.loads(master)["password"], django]


@contextlib.contextmanager
def provide(folder: Path) -> Iterator[World]:
    """A world for one rehearsal.

    Args:
        folder: for logs, mails and the emulator's files; stays.

    Raises:
        ops.emulator.StartError, ops.postgis.UnavailableError, ops.environments.UnavailableError: say what is missing.
    """
    mail = folder / "mail"
    mail.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        server_url = stack.enter_context(postgis.provide())
        database_url = stack.enter_context(_own_database(server_url))
        running = stack.enter_context(emulator.provide(folder / "emulator"))
        stack.enter_context(process_environment(running.client_environment()))
        try:
            yield World(
                running,
                database_url,
                mailbox.in_folder(mail),
                make_platform(running, server_url, database_url, mail),
            )
        finally:
            save_function_logs(folder / "functions")


def save_function_logs(folder: Path) -> None:
    """Keep what CloudWatch would keep, a file a log group."""
    logs = boto3.client("logs")
    folder.mkdir(exist_ok=True)
    for group in logs.describe_log_groups()["logGroups"]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        lines = [event["message"].rstrip() for page in pages for event in page["events"]]
        name = group["logGroupName"].strip("/").replace("/", "-")
        (folder / f"{name}.log").write_text("\n".join(lines) + "\n")


def require_function_logs(folder: Path) -> None:
    """Keep the logs, in which the serving function of production must have told of the requests that it had.

    Raises:
        UnexpectedAnswerError: it has not, so that a search of what was kept would find nothing in them.
    """
    save_function_logs(folder)
    kept = folder / f"aws-lambda-{zappa_settings.project_name()}-{STAGE}.log"
    if not kept.exists() or "django.request" not in kept.read_text():
        raise UnexpectedAnswerError(f"{kept.name} tells of no request: {sorted(folder.iterdir())}")


def make_platform(running: Emulator, server_url: str, database_url: str, mail: Path) -> StagePlatform:
    """The least of Terraform's work that one stage needs."""
    project = zappa_settings.project_name()
    deployments, static, media = f"{project}-zappa-deployments", f"{project}-static", f"{project}-media"
    for bucket in (deployments, static, media):
        boto3.client("s3").create_bucket(Bucket=bucket)
    database_secret, django_secret = f"{project}/{STAGE}/database", f"{project}/{STAGE}/django"
    master_secret, server, database = f"{project}/master", urlsplit(server_url), urlsplit(database_url)
    table = f"{project}-rate-limits"
    dynalite.make_table(boto3.client("dynamodb"), table)
    _keep_secret(master_secret, json.dumps(_credentials(server)))
    _keep_secret(database_secret, json.dumps(_credentials(database)))
    _keep_secret(django_secret, secrets.token_urlsafe(48))
    environment = {
        "DATABASE_HOST": server.hostname or "",
        "DATABASE_PORT": str(server.port or 5432),
        "DATABASE_NAME": database.path.lstrip("/"),
        "DATABASE_SECRET": database_secret,
        "DATABASE_SSLMODE": "disable",
        "DJANGO_SECRET": django_secret,
        "UPLOADS": f"s3://{media}/",
        "RATE_LIMIT_TABLE": table,
        # This machine also plays the functions, the gateway and the database.
        "RATE_LIMIT_TIMEOUT_MS": "10000",
        # Four slashes: django-environ takes the first of the path away.
        "EMAIL_URL": f"filemail:///{mail}",
        "DEFAULT_FROM_EMAIL": "Rehearsal <coalition@rehearsal.test>",
    }
    return StagePlatform(
        stage=STAGE,
        values=zappa_settings.Platform(
            project=project,
            region=emulator.REGION,
            deployments_bucket=deployments,
            role_name=_make_role(f"{project}-{STAGE}-lambda"),
            environment=environment,
            tags={"project": project, "stage": STAGE},
        ),
        ops_role_name=_make_role(f"{project}-{STAGE}-ops-lambda"),
        static_bucket=static,
        account_id=emulator.ACCOUNT_ID,
        master_secret=master_secret,
        database_host=server.hostname or "",
        database_port=str(server.port or 5432),
        access_log_group_arn=_make_log_group(f"/{project}/{STAGE}/access"),
        gateway_url=running.gateway_url("{api_id}", STAGE),
        overrides={
            # Zappa would ask the address that AWS would have given the API.
            "touch": False,
            # Four minutes are longer than the rehearsal.
            "keep_warm_expression": "rate(1 minute)",
        },
    )


def _credentials(address: SplitResult) -> dict[str, str]:
    """As Terraform writes a secret."""
    return {
        "username": address.username or "",
        # The private server trusts, so this is a canary.
        "password": address.password or secrets.token_urlsafe(24),
    }


def _keep_secret(name: str, value: str) -> None:
    boto3.client("secretsmanager").create_secret(Name=name, SecretString=value)


def _make_log_group(name: str) -> str:
    boto3.client("logs").create_log_group(logGroupName=name)
    return f"arn:aws:logs:{emulator.REGION}:{emulator.ACCOUNT_ID}:log-group:{name}"


def _make_role(name: str) -> str:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": list(_TRUSTED)}, "Action": "sts:AssumeRole"},
        ],
    }
    boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    return name


@contextlib.contextmanager
def _own_database(server_url: str) -> Iterator[str]:
    """The address of a database, as a role of its own: neither is there yet, and both are dropped afterwards.

    The first deploy makes them. The server may be one that somebody uses.
    """
    name = f"rehearsal_{secrets.token_hex(4)}"
    server = urlsplit(server_url)
    place = server.netloc.rpartition("@")[2]
    try:
        yield server._replace(netloc=f"{name}:{secrets.token_urlsafe(24)}@{place}", path=f"/{name}").geturl()
    finally:
        _execute(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        _execute(server_url, f"DROP ROLE IF EXISTS {name}")


def _execute(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    try:
        # CREATE DATABASE refuses to run in a transaction.
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


@contextlib.contextmanager
def process_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Inside the block this process and those it starts have exactly these variables."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    # boto3 keeps the credentials of the first client it made.
    boto3.DEFAULT_SESSION = None
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        boto3.DEFAULT_SESSION = None
