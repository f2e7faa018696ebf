"""Failed jobs, as staff and operators see them and run them again."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.test import Client
from django_tasks_db.models import DBTaskResult

from app.accounts.models import User
from app.jobs.worker import work_off
from tests.jobs import tasks

pytestmark = pytest.mark.usefixtures("one_connection")

LIST = "/admin/django_tasks_database/dbtaskresult/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def failed(notes: Path, settings: object) -> UUID:
    settings.JOB_MAX_ATTEMPTS = 1  # type: ignore[attr-defined]
    tasks.fail_always.enqueue(str(notes))
    work_off()
    return DBTaskResult.objects.failed().get().pk  # type: ignore[no-any-return]


@pytest.fixture
def jobs() -> Callable[..., str]:
    def run(*arguments: str) -> str:
        output = StringIO()
        call_command("jobs", *arguments, stdout=output)
        return output.getvalue()

    return run


def test_the_administrator_sees_why_a_job_failed_but_not_its_arguments(
    administrator: User, failed: UUID, notes: Path
) -> None:
    client = signed_in(administrator)
    listing = client.get(LIST, {"status": "FAILED"}).content.decode()
    assert "fail_always" in listing
    assert "OSError" in listing
    row = f"{failed}/change/"
    assert row in client.get(LIST, {"q": str(failed)}).content.decode()
    assert row not in client.get(LIST, {"q": str(uuid4())}).content.decode()
    page = client.get(f"{LIST}{failed}/change/").content.decode()
    assert "the mail server does not answer" in page
    assert str(notes) not in page


def test_the_administrator_runs_a_failed_job_again(administrator: User, failed: UUID, notes: Path) -> None:
    client = signed_in(administrator)
    answer = client.post(LIST, {"action": "run_again", "_selected_action": [str(failed)]}, follow=True)
    assert "1 jobs will run again within a minute." in answer.content.decode()
    job = DBTaskResult.objects.get(pk=failed)
    assert (job.status, job.worker_ids, job.traceback) == ("READY", [], "")
    assert LogEntry.objects.get().user == administrator
    work_off()
    assert notes.read_text() == "tried\n" * 2


def test_only_failed_jobs_run_again(administrator: User, notes: Path) -> None:
    tasks.note.enqueue(str(notes), "hello")
    work_off()
    done = DBTaskResult.objects.get()
    answer = signed_in(administrator).post(
        LIST, {"action": "run_again", "_selected_action": [str(done.pk)]}, follow=True
    )
    assert "1 stayed as they were" in answer.content.decode()
    assert work_off() == {}


@pytest.mark.parametrize("role", ["viewer", "editor", "moderator"])
def test_no_other_role_sees_the_queue(role: str, failed: UUID, request: pytest.FixtureRequest) -> None:
    client = signed_in(request.getfixturevalue(role))
    assert client.get(LIST).status_code == 403
    assert client.post(LIST, {"action": "run_again", "_selected_action": [str(failed)]}).status_code == 403
    assert DBTaskResult.objects.get(pk=failed).status == "FAILED"


def test_the_command_lists_jobs_without_their_arguments(
    failed: UUID, notes: Path, jobs: Callable[..., str]
) -> None:
    tasks.note.enqueue(str(notes), "hello")
    assert len(jobs("list").splitlines()) == 2
    [line] = jobs("list", "--failed").splitlines()
    assert line.split("  ") == [
        str(failed), "FAILED", "1 attempts", "tests.jobs.tasks.fail_always", "builtins.OSError",
    ]  # fmt: skip


@pytest.mark.parametrize("by", ["id", "all"])
def test_the_command_runs_failed_jobs_again(failed: UUID, by: str, jobs: Callable[..., str]) -> None:
    assert jobs("rerun", str(failed) if by == "id" else "--failed") == "1 will run again.\n"
    assert DBTaskResult.objects.get(pk=failed).status == "READY"


def test_the_command_names_what_it_cannot_run_again(failed: UUID, jobs: Callable[..., str]) -> None:
    unknown = uuid4()
    with pytest.raises(CommandError, match=f"1 will run again. There is no failed job {unknown}"):
        jobs("rerun", str(failed), str(unknown))
    with pytest.raises(CommandError, match="Name the jobs"):
        jobs("rerun")
