"""A deployed stage in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# What a production stage is told, all of it invented. The database is one that nobody listens for.
PRODUCTION = {
    "STAGE": "prod",
    "RELEASE_ID": "20261121-abc1234",
    "SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLM",
    "DATABASE_URL": "postgres://coalition:only-for-tests@127.0.0.1:1/coalition",
    "PUBLIC_URL": "https://coalition.example.org",
    "STATIC_URL": "https://static.example.org/",
    "RATE_LIMIT_TABLE": "coalition-builder-rate-limits",
    "UPLOADS": "s3://coalition-builder-media/",
    "EMAIL_URL": "smtp+tls://mailer:only-for-tests@mail.example.org:587",
    "DEFAULT_FROM_EMAIL": "Coalition <coalition@example.org>",
}


def run(
    *arguments: str | Path, environment: Mapping[str, str], text: str | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the tests' Python from the repository's root with this environment and nothing else but the PATH."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        input=text,
        capture_output=True,
        check=False,
        text=True,
        timeout=600,
    )
