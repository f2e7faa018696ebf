"""Recorded events (events/*.json), what Lambda hands over beside them, and a cold start."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

EVENTS = Path(__file__).parent / "events"
ROOT = Path(__file__).parents[2]

API_HOST = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
CUSTOM_DOMAIN = "https://www.coalition.example"


class Context(SimpleNamespace):
    """Lambda's, as far as anything here asks."""

    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def read_event(name: str, **changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event | changes


def event_at(path: str, **changes: Any) -> dict[str, Any]:
    event = read_event("no_body", httpMethod="GET", path=path)
    event["requestContext"]["path"] = f"/prod{path}"
    return event | changes


DEPLOYED = {
    "PATH": os.environ["PATH"],
    "STAGE": "prod",
    "SECRET_KEY": "canary-of-django-" + "0" * 40,
    "DATABASE_URL": "postgres://app:canary-of-the-database@127.0.0.1:9/none",
    "UPLOADS": "s3://none/",
    "RATE_LIMIT_TABLE": "none",
    "EMAIL_URL": "smtp://mailer:canary-of-the-mail@127.0.0.1:9",
    "DEFAULT_FROM_EMAIL": "coalition@example.org",
    "ORIGIN_SECRET": "canary-of-the-cdn",
    "PUBLIC_URL": CUSTOM_DOMAIN,
    "ALLOWED_HOSTS": API_HOST,
    "RELEASE_ID": "r1",
    "STATIC_URL": "https://static.coalition.example/",
}


def in_new_interpreter(code: str) -> subprocess.CompletedProcess[str]:
    """What a cold start does: a deployed stage's settings, and nothing imported before."""
    code = f"import json, sys\nfrom app.config.lambda_handler import handler\n{code}"
    return subprocess.run(
        [sys.executable, "-c", code], env=DEPLOYED, cwd=ROOT, capture_output=True, text=True, check=True
    )
