"""The cast, one state of square counties, and a campaign that everybody endorses."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client, override_settings
from django.urls import clear_script_prefix
from django_tasks_db.management.commands import db_worker
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from app import aws
from app.accounts.models import User
from app.campaigns.models import Campaign
from app.jobs import worker
from app.ratelimit.limiter import forget_limiter, limiter
from app.regions.models import Region
from tests.shapes import make_region, square
from tests.staff import member

Body = dict[str, Any]

# A slow machine fails nothing, and every run sees the same examples.
hypothesis_settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("steady")

# A profile or a session token of whoever runs the tests would go along with a test's own credentials.
for _name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[_name]
os.environ |= dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
# Nor the role of the machine.
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


@pytest.fixture(autouse=True)
def _no_script_prefix() -> Iterator[None]:
    """A request through the gateway's stage leaves its prefix in the thread."""
    yield
    clear_script_prefix()


@pytest.fixture(autouse=True, scope="session")
def _no_map_files() -> Iterator[None]:
    """A test that wants the files of maps says where; an import of another one leaves nothing behind."""
    with override_settings(REGION_FILES=""):
        yield


@pytest.fixture(autouse=True)
def _nobody_has_come_yet() -> None:
    """A rate limit is one of a process; a test begins with a fresh one."""
    forget_limiter()


@pytest.fixture
def stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No window of a rate limit ends while a test counts."""
    now_ms = limiter()._now_ms()
    monkeypatch.setattr(limiter(), "_now_ms", lambda: now_ms)


@pytest.fixture
def maryland(db: None) -> Region:
    """Maryland from 77° to 75° west and 38° to 40° north: Baltimore County around Baltimore city, Harford to the east."""
    city = square(-76.7, 39.2, -76.5, 39.4)
    state = make_region("state", "24", "Maryland", square(-77, 38, -75, 40), usps="MD")
    for geoid, name, full_name, rings in (
        ("24005", "Baltimore", "Baltimore County", [square(-77, 39, -76, 40), city[::-1]]),
        ("24510", "Baltimore", "Baltimore city", [city]),
        ("24025", "Harford", "Harford County", [square(-76, 39, -75, 40)]),
    ):
        make_region("county", geoid, name, *rings, full_name=full_name, parent=state)
    return state


@pytest.fixture
def campaign(db: None) -> Campaign:
    return Campaign.objects.create(
        slug="clean-water",
        title="Clean water",
        summary="Rivers one can swim in.",
        description="Because of the fish.",
        endorsement_statement="I support clean water.",
        status=Campaign.Status.ACTIVE,
    )


@pytest.fixture
def moderator(db: None) -> User:
    return member("moderator")


@pytest.fixture
def editor(db: None) -> User:
    return member("editor")


@pytest.fixture
def viewer(db: None) -> User:
    return member("viewer")


@pytest.fixture
def administrator(db: None) -> User:
    return member("administrator")


@pytest.fixture
def outsider(db: None) -> Client:
    """Somebody who never signed in."""
    return Client()


@pytest.fixture
def submission() -> Body:
    """What Ada types, in Baltimore city."""
    return {
        "name": "Ada Lovelace",
        "email": "Ada@Example.org",
        "statement": "Swimming is good for thinking.",
        "latitude": 39.3,
        "longitude": -76.6,
        "consent_to_publish": True,
        "terms_accepted": True,
    }


@pytest.fixture
def upload_folder(settings: Any, tmp_path: Path) -> Path:
    """Where uploads go, instead of a bucket."""
    settings.UPLOADS = str(tmp_path / "uploads")
    return tmp_path / "uploads"


@pytest.fixture
def aws_credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Of nobody, for clients that are made in the test and talk to moto or to no one."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    aws.forget_clients()
    yield
    aws.forget_clients()


@pytest.fixture
def work_off_jobs(db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """Run what waits in the queue, as the operator's schedule does every minute."""
    # The worker drops idle connections; here the connection is the one that the test's transaction lives on.
    for module in (db_worker, worker):
        monkeypatch.setattr(module, "close_old_connections", lambda: None)
    return worker.work_off


@pytest.fixture
def token_mailed_to(work_off_jobs: Callable[[], object]) -> Callable[[str], str]:
    """The token of the last link mailed to an address."""

    def token(address: str) -> str:
        work_off_jobs()
        body = [message.body for message in mail.outbox if message.to == [address]][-1]
        found = re.search(r"/(?:confirm|withdraw)/([\w-]+)/", str(body))
        assert found, body
        return found[1]

    return token
