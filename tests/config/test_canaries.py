"""What is planted as a secret, or told in confidence, is in no log line and no answer."""

import json
import os
import secrets
from urllib.parse import urlsplit

import pytest

from tests.stage import PRODUCTION, ROOT, run

PLANTED = (
    "key",
    "old_key",
    "database",
    "mail",
    "aws",
    "session",
    "token",
    "password",
    "email",
    "name",
    "rotated",
    "origin",
)


def canary() -> str:
    """As long as a word, so that only the right rule removes it."""
    return f"canary{secrets.token_hex(6)}"


@pytest.fixture(scope="module")
def planted() -> dict[str, str]:
    return {name: canary() for name in PLANTED}


@pytest.fixture(scope="module")
def static_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Static files as the package brings them; without their manifest no page can link to them."""
    folder = str(tmp_path_factory.mktemp("static"))
    collected = run(
        "manage.py", "collectstatic", "--noinput", environment={"STATIC_HASHED": "1", "STATIC_ROOT": folder}
    )
    assert collected.returncode == 0, collected.stderr
    return folder


@pytest.fixture(scope="module")
def stage(planted: dict[str, str], static_folder: str) -> "tuple[str, list[str]]":
    """The answers and the log lines of a stage."""
    server = urlsplit(os.environ["DATABASE_URL"])
    database = {"username": server.username, "password": planted["database"]}
    story = {
        "first": {
            "django": planted["old_key"] * 4,
            "database": json.dumps(database),
            "cdn": planted["origin"],
        },
        "second": {"django": planted["key"] * 4},
        "rotated": json.dumps(database | {"password": planted["rotated"]}),
        "person": {
            "email": f"{planted['email']}@example.org",
            "name": planted["name"],
            "token": planted["token"],
            "password": planted["password"],
        },
    }
    plain = {key: value for key, value in PRODUCTION.items() if key not in ("SECRET_KEY", "DATABASE_URL")}
    result = run(
        ROOT / "tests/config/canary_stage.py",
        environment=plain
        | {
            "DJANGO_SETTINGS_MODULE": "app.config.settings",
            "PYTHONPATH": str(ROOT),
            "DJANGO_SECRET": "django",
            "DATABASE_SECRET": "database",
            "CDN_SECRET": "cdn",
            "DATABASE_HOST": server.hostname or "",
            "DATABASE_PORT": str(server.port),
            # The server's own database, which has none of our tables.
            "DATABASE_NAME": server.path[1:],
            "DATABASE_SSLMODE": "prefer",
            "EMAIL_URL": f"smtp+tls://mailer:{planted['mail']}@mail.example.org:587",
            "LOG_LEVEL": "DEBUG",
            "STATIC_ROOT": static_folder,
            "AWS_REGION": "us-west-2",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": planted["aws"],
            "AWS_SESSION_TOKEN": planted["session"],
        },
        text=json.dumps(story),
    )
    assert result.returncode == 0, result.stderr
    return result.stdout, result.stderr.splitlines()


def test_the_stage_went_through_every_kind_of_failure(stage: "tuple[str, list[str]]") -> None:
    answers, lines = stage
    for status in (200, 400, 404, 500, 503):
        assert f" {status} {{" in answers, status
    told = json.dumps([json.loads(line) for line in lines])
    for failure in ("does not exist", "Connection refused", "Internal Server Error", "Invalid HTTP_HOST"):
        assert failure in told, failure
    assert told.count("[removed]") >= 5


def test_every_line_is_json_with_a_level(stage: "tuple[str, list[str]]") -> None:
    _, lines = stage
    assert {json.loads(line)["level"] for line in lines} >= {"WARNING", "ERROR"}


@pytest.mark.parametrize("name", PLANTED)
def test_no_canary_sings(stage: "tuple[str, list[str]]", planted: dict[str, str], name: str) -> None:
    answers, lines = stage
    assert [line for line in lines if planted[name] in line] == []
    assert planted[name] not in answers
