"""A stage boots with what it needs, says all that is missing at once, and passes Django's own examination."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.config.env import local_secret_key
from tests.stage import PRODUCTION, ROOT, run

ASK = """
import json, sys
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def ask(*names: str, **environment: str) -> dict[str, Any]:
    result = run(
        "-c", ASK, *names, environment={"DJANGO_SETTINGS_MODULE": "app.config.settings", **environment}
    )
    assert result.returncode == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def refusal(environment: dict[str, str]) -> str:
    result = run("manage.py", "check", environment=environment)
    assert result.returncode != 0
    return result.stderr.partition("ImproperlyConfigured: ")[2]


def test_production_passes_the_deployment_check() -> None:
    result = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", environment=PRODUCTION)
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_a_stage_that_is_told_nothing_names_everything_that_is_missing(stage: str) -> None:
    named = re.findall(r"^  - (.*)$", refusal({"STAGE": stage}), re.MULTILINE)
    assert named == [
        "RELEASE_ID is not set",
        "neither SECRET_KEY nor DJANGO_SECRET is set",
        "PUBLIC_URL is not set",
        "neither DATABASE_URL nor DATABASE_SECRET is set",
        "UPLOADS is not set",
        "EMAIL_URL is not set",
        "DEFAULT_FROM_EMAIL is not set",
        "RATE_LIMIT_TABLE is not set",
    ]


@pytest.mark.parametrize("name", [name for name in PRODUCTION if name not in {"STAGE", "STATIC_URL"}])
def test_nothing_has_a_default_in_production(name: str) -> None:
    environment = {key: value for key, value in PRODUCTION.items() if key != name}
    assert name in refusal(environment)


def test_a_value_that_cannot_be_read_is_named_and_not_repeated() -> None:
    text = refusal(
        PRODUCTION
        | {
            "DATABASE_URL": "swordfish",
            "EMAIL_URL": "swordfish",
            "LOG_LEVEL": "LOUD",
            "DATABASE_SSLMODE": "perhaps",
        }
    )
    assert "DATABASE_URL is no URL of a database" in text
    assert "EMAIL_URL is no URL of a way to send mail" in text
    assert "swordfish" not in text
    assert "LOG_LEVEL is 'LOUD', expected one of DEBUG" in text
    assert "DATABASE_SSLMODE is 'perhaps'" in text


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("PUBLIC_URL", "coalition.example.org", "is no URL, expected https://host…"),
        ("PUBLIC_URL", "https://", "is no URL, expected https://host…"),
        ("PUBLIC_URL", "https://coalition. example.org", "is no URL, expected https://host…"),
        ("PUBLIC_URL", "https://[bad", "is no URL"),
        ("PUBLIC_URL", "https://coalition.example.org:https", "is no URL"),
        ("PUBLIC_URL", "http://coalition.example.org", "begins with http://, expected https://"),
        ("PUBLIC_URL", "https://ada:swordfish@example.org", "has more than a host and a path"),
        ("PUBLIC_URL", "https://coalition.example.org/?page=1", "has more than a host and a path"),
        ("STATIC_URL", "http://static.example.org/static/", "begins with http://, expected https://"),
        ("STATIC_URL", "https://[bad/", "is no URL"),
    ],
)
def test_a_malformed_address_is_among_the_named_problems(name: str, value: str, problem: str) -> None:
    text = refusal(PRODUCTION | {name: value, "LOG_LEVEL": "LOUD"})
    assert f"  - {name} {problem}\n" in text
    assert "swordfish" not in text
    assert "LOG_LEVEL is 'LOUD'" in text


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566/prod", "http://[::1]:4566", "http://localhost"])
def test_a_rehearsal_has_an_address_on_this_machine_without_tls(url: str) -> None:
    assert ask("PUBLIC_URL", **PRODUCTION | {"PUBLIC_URL": url}) == {"PUBLIC_URL": url}


def test_a_value_that_begins_with_a_dollar_is_taken_as_it_is() -> None:
    key = "$uper-" + "s3cret" * 10
    assert ask("SECRET_KEY", **PRODUCTION | {"SECRET_KEY": key}) == {"SECRET_KEY": key}
    text = refusal({"STAGE": "prod", "SECRET_KEY": key, "JOB_MAX_ATTEMPTS": "$many"})
    assert "s3cret" not in text
    assert "JOB_MAX_ATTEMPTS can't be read" in text
    assert "PUBLIC_URL is not set" in text


def test_mail_goes_out_by_ses_where_terraform_says_so() -> None:
    told = ask(
        "EMAIL_BACKEND", "SES_CONFIGURATION_SET", **PRODUCTION | {"EMAIL_URL": "ses://coalition-builder"}
    )
    assert told == {
        "EMAIL_BACKEND": "app.mail.ses.EmailBackend",
        "SES_CONFIGURATION_SET": "coalition-builder",
    }


@pytest.mark.parametrize("url", ["ses://", "ses:", "ses://a b", "ses://user:swordfish@set", "ses://set/more"])
def test_ses_needs_the_name_of_a_configuration_set(url: str) -> None:
    text = refusal(PRODUCTION | {"EMAIL_URL": url})
    assert "EMAIL_URL is no URL of a way to send mail" in text
    assert "swordfish" not in text


def test_no_stage_is_deployed_on_the_demo_database() -> None:
    assert "DATABASE_URL is no URL of a PostgreSQL database" in refusal(
        PRODUCTION | {"DATABASE_URL": "sqlite:////tmp/demo.sqlite3"}
    )


def test_an_unknown_stage_is_refused() -> None:
    assert "STAGE is 'production', expected one of local, dev, staging, prod" in refusal(
        PRODUCTION | {"STAGE": "production"}
    )


def test_a_deployed_stage_never_debugs() -> None:
    assert ask("DEBUG", **PRODUCTION, DEBUG="true") == {"DEBUG": False}


@pytest.mark.parametrize(
    ("environment", "header"),
    [
        ({}, "max-age=31536000"),
        ({"STAGE": "staging"}, "max-age=3600"),
        ({"STAGE": "dev"}, "max-age=3600"),
        ({"HSTS_SECONDS": "0"}, ""),
        ({"HSTS_SECONDS": "60", "HSTS_SUBDOMAINS": "true"}, "max-age=60; includeSubDomains"),
    ],
)
def test_other_hosts_of_the_domain_are_bound_to_https_only_if_the_operator_says_so(
    environment: dict[str, str], header: str
) -> None:
    code = (
        "import django; django.setup(); from django.test import Client;"
        "answer = Client().get('/healthz', secure=True, headers={'Host': 'coalition.example.org'});"
        "print(answer.status_code, answer.headers.get('Strict-Transport-Security', ''))"
    )
    told = PRODUCTION | {"DJANGO_SETTINGS_MODULE": "app.config.settings"} | environment
    result = run("-c", code, environment=told)
    assert result.stdout.strip() == f"200 {header}".strip(), result.stderr


def test_a_developers_machine_is_told_nothing() -> None:
    told = ask("STAGE", "RELEASE_ID", "DEBUG")
    assert told == {"STAGE": "local", "RELEASE_ID": "development", "DEBUG": True}


def test_boto3_stays_out_where_secrets_are_given_directly() -> None:
    code = "import sys, app.config.wsgi; print([name for name in sys.modules if name.startswith('boto')])"
    result = run("-c", code, environment=PRODUCTION)
    assert (result.returncode, result.stdout) == (0, "[]\n"), result.stderr


def test_the_database_of_a_stage_is_encrypted_limited_and_checked() -> None:
    database = ask("DATABASES", **PRODUCTION)["DATABASES"]["default"]
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["CONN_MAX_AGE"] == 600
    assert database["SESSION"] == {
        "statement_timeout": "10s",
        "lock_timeout": "3s",
        "idle_in_transaction_session_timeout": "30s",
    }
    assert database["OPTIONS"]["tcp_user_timeout"] == 5000


def test_an_import_outwaits_a_server_that_is_too_busy_to_read_on() -> None:
    database = ask("DATABASES", **PRODUCTION, DATABASE_NETWORK_TIMEOUT_SECONDS="120")["DATABASES"]["default"]
    assert database["OPTIONS"]["tcp_user_timeout"] == 120_000


def test_the_servers_identity_is_checked_where_its_authority_is_known() -> None:
    bundle = "/opt/rds.pem"
    options = ask("DATABASES", **PRODUCTION, DATABASE_SSLROOTCERT=bundle)["DATABASES"]["default"]["OPTIONS"]
    assert (options["sslmode"], options["sslrootcert"]) == ("verify-full", bundle)


def test_the_operations_stage_and_a_rehearsal_override_what_they_must() -> None:
    database = ask(
        "DATABASES", **PRODUCTION, DATABASE_SSLMODE="disable", DATABASE_STATEMENT_TIMEOUT_SECONDS="800"
    )["DATABASES"]["default"]
    assert database["OPTIONS"]["sslmode"] == "disable"
    assert database["SESSION"]["statement_timeout"] == "800s"


def test_a_mail_server_that_says_nothing_is_given_up() -> None:
    assert ask("EMAIL_TIMEOUT", **PRODUCTION) == {"EMAIL_TIMEOUT": 10}


def test_the_release_is_the_one_the_package_wrote_down(tmp_path: Path) -> None:
    (tmp_path / "release.json").write_text('{"release": "20261121-def5678", "commit": "def5678"}')
    (tmp_path / "app").symlink_to(ROOT / "app")
    environment = {name: value for name, value in PRODUCTION.items() if name != "RELEASE_ID"}
    code = "import runpy; print(runpy.run_path('app/config/settings.py')['RELEASE_ID'])"
    # The file is found from where settings.py lies, so a copy of it is run.
    settings = (ROOT / "app/config/settings.py").read_text()
    copy = tmp_path / "copied" / "config"
    copy.mkdir(parents=True)
    (copy / "settings.py").write_text(settings)
    result = run("-c", code.replace("app/config", str(copy)), environment=environment)
    assert result.stdout == "20261121-def5678\n", result.stderr


def test_static_files_are_linked_by_their_hashed_names_on_the_cdn(tmp_path: Path) -> None:
    local = {"STATIC_HASHED": "1", "STATIC_ROOT": str(tmp_path)}
    collected = run("manage.py", "collectstatic", "--noinput", environment=local)
    assert collected.returncode == 0, collected.stderr
    paths = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    hashed = paths["admin/css/base.css"]
    assert (tmp_path / hashed).exists()
    assert re.fullmatch(r"admin/css/base\.[0-9a-f]{12}\.css", hashed)
    code = (
        "import django; django.setup();"
        "from django.templatetags.static import static; print(static('admin/css/base.css'))"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "app.config.settings", "STATIC_ROOT": str(tmp_path)}
    result = run("-c", code, environment=PRODUCTION | environment)
    assert result.stdout == f"https://static.example.org/{hashed}\n", result.stderr


@pytest.mark.parametrize("origins", ["", "https://front.example.org"])
def test_another_origin_reads_the_api_only_if_it_is_listed(origins: str) -> None:
    code = (
        "import django; django.setup(); from django.test import Client;"
        "answer = Client().get('/api/nothing/', secure=True, headers={"
        " 'Origin': 'https://front.example.org', 'Host': 'coalition.example.org'});"
        "print(answer.headers.get('Access-Control-Allow-Origin', ''))"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "app.config.settings", "CORS_ORIGINS": origins}
    result = run("-c", code, environment=PRODUCTION | environment)
    assert result.stdout.strip() == origins, result.stderr


def test_every_variable_is_explained_to_the_operator_once() -> None:
    code = "from app.config.settings import env; print(' '.join(env.names))"
    names = run("-c", code, environment={}).stdout.split()
    table = (ROOT / "docs/operating.md").read_text()
    assert sorted(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE)) == sorted(names)


def test_the_key_of_a_machine_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"
    key = local_secret_key(path)

    assert len(key) >= 50
    assert local_secret_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
