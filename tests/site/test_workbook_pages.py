"""The import wizard and the exports, as requests."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from app.influencers.models import Account, Influencer
from app.influencers.transfers import WorkbookImport
from app.influencers.workbook import exporting, importing, jobs
from app.influencers.workbook.writing import CONTENT_TYPE, write
from app.site.staff import workbooks
from app.uploads.stores import StoreError
from tests.site.html import checked
from tests.staff import signed_in

HOME = "/staff/workbooks/"
LIST = "/staff/accounts/youtube/"


@pytest.fixture
def accounts(db: None) -> None:
    for number in range(3):
        row = Influencer.objects.create(name=f"Person {number}", phone=f"+1202555010{number}")
        account = Account(influencer=row, platform="youtube", handle=f"person{number}")
        account.full_clean()
        account.save()


def upload(client: Client, content: bytes, name: str = "list.xlsx") -> str:
    """Where the upload led."""
    response = client.post(f"{HOME}upload/", {"workbook": SimpleUploadedFile(name, content)})
    assert response.status_code == 302, response.content
    return response["Location"]


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    checked(response)
    return str(response.content.decode())


def cells(content: bytes) -> list[tuple[object, ...]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    return list(sheet.iter_rows(values_only=True))


ROWS = [
    {"platform": "youtube", "handle": "@ada", "name": "Ada <b>"},
    {"platform": "youtube", "handle": "@b b", "name": "Bob"},
]


def test_an_upload_is_looked_at_confirmed_and_summed_up(outreach: Client) -> None:
    address = upload(outreach, write(ROWS))

    shown = page(outreach, address)
    assert "Apply the 1 valid row" in shown
    assert "D3" in shown
    assert "Ada &lt;b&gt;" in shown
    assert not Account.objects.exists()

    outreach.post(f"{address}apply/")
    assert "was applied" in page(outreach, address)
    assert Account.objects.get().handle == "ada"
    refused = outreach.get(f"{address}refused/")
    assert refused["Content-Type"] == CONTENT_TYPE
    assert "attachment" in refused["Content-Disposition"]
    assert cells(refused.content)[1][-1] == (
        "D3: This is no handle of YouTube. Give one as @cleanrivers, or the account's address."
    )
    assert "list.xlsx" in page(outreach, HOME)


def test_the_list_counts_what_was_done_and_not_what_would_be(outreach: Client) -> None:
    address = upload(outreach, write(ROWS))
    created = '<td class="number">1</td><td class="number">0</td>'
    assert created not in page(outreach, HOME)

    outreach.post(f"{address}apply/")
    assert created in page(outreach, HOME)


def test_the_list_counts_nothing_of_what_waits_to_be_applied(
    outreach: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = upload(outreach, write(ROWS))
    monkeypatch.setattr(jobs, "AT_ONCE_BYTES", 0)

    outreach.post(f"{address}apply/")

    shown = page(outreach, HOME)
    assert "Being applied" in shown
    assert '<td class="number">0</td><td class="number">0</td>' in shown


def test_what_was_confirmed_once_is_not_confirmed_again(outreach: Client) -> None:
    address = upload(outreach, write(ROWS))
    outreach.post(f"{address}apply/")

    response = outreach.post(f"{address}apply/", follow=True)

    assert "This import is applied already." in response.content.decode()
    assert Account.objects.count() == 1


def test_a_cancelled_import_changes_nothing(outreach: Client) -> None:
    address = upload(outreach, write(ROWS))

    outreach.post(f"{address}cancel/")

    assert "Nothing was changed." in page(outreach, address)
    assert not Account.objects.exists()
    assert not bytes(WorkbookImport.objects.get().content)


def test_a_file_that_is_no_workbook_is_refused_with_what_to_do(outreach: Client) -> None:
    shown = page(outreach, upload(outreach, b"Platform,Handle", "list.csv"))

    assert "This file can&#x27;t be imported" in shown or "This file can't be imported" in shown
    assert "Save the sheet as" in shown


def test_a_sheet_in_which_everything_is_known_has_nothing_to_apply(outreach: Client, accounts: None) -> None:
    rows = exporting.asked_for("youtube", {})

    shown = page(outreach, upload(outreach, write(rows)))
    assert "everything in it is known already" in shown
    assert "apply/" not in shown


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (None, "Choose a file first."),
        (b"", "This file is empty."),
        (b"x" * (4 * 1024**2 + 1), "4 is the limit"),
    ],
)
def test_an_upload_that_is_none_says_so_on_the_page(
    file: bytes | None, message: str, outreach: Client
) -> None:
    fields = {} if file is None else {"workbook": SimpleUploadedFile("list.xlsx", file)}

    response = outreach.post(f"{HOME}upload/", fields)

    assert response.status_code == 400
    assert message in checked(response, 400).html
    assert not WorkbookImport.objects.exists()


def test_a_large_upload_shows_how_far_it_has_come(
    outreach: Client, monkeypatch: pytest.MonkeyPatch, work_off_jobs: Callable[[], object]
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE_BYTES", 0)
    address = upload(outreach, write(ROWS))
    assert "begins within a minute" in page(outreach, address)
    WorkbookImport.objects.update(rows=3, reached=2)
    assert "Row 2 of 3, 66 %." in page(outreach, address)

    work_off_jobs()
    assert "data-poll" not in page(outreach, address)


def test_a_larger_workbook_is_sent_past_us_by_a_page_of_its_own(
    outreach: Client, upload_folder: Path, work_off_jobs: Callable[[], object]
) -> None:
    address = outreach.post(f"{HOME}upload-large/")["Location"]
    response = outreach.get(address)
    checked(response)
    form = response.context["upload"]
    assert "until " + form.expires_at.strftime("%H:%M") in response.content.decode()
    assert "At most 50 MB" in response.content.decode()

    sent = outreach.post(form.action, {**form.fields, "file": SimpleUploadedFile("big.xlsx", write(ROWS))})
    assert sent["Location"] == f"http://testserver{address}arrived/"
    back = outreach.get(f"{address}arrived/")
    assert back["Location"] == f"{address}?arrived=1"
    waiting = page(outreach, back["Location"])
    assert "data-poll" in waiting
    assert "was sent" in waiting

    work_off_jobs()
    assert "Apply the 1 valid row" in page(outreach, back["Location"])
    # Who comes back by the browser's history starts nothing anew.
    assert outreach.get(f"{address}arrived/").status_code == 302
    work_off_jobs()
    assert WorkbookImport.objects.get().state == WorkbookImport.State.PREVIEWED


def test_a_larger_workbook_that_nobody_sends_can_be_cancelled(outreach: Client) -> None:
    address = outreach.post(f"{HOME}upload-large/")["Location"]
    assert "A larger workbook" in page(outreach, HOME)

    outreach.post(f"{address}cancel/")

    assert "The upload was cancelled" in page(outreach, address)
    assert "Upload awaited" not in page(outreach, HOME)


def test_an_export_has_what_the_list_was_asked_for(accounts: None) -> None:
    viewer = signed_in("viewer")

    response = viewer.post(f"{LIST}export/", {"search": "person1", "ordering": "handle"})

    assert response["Content-Type"] == CONTENT_TYPE
    rows = cells(response.content)
    assert [row[3:6] for row in rows] == [
        ("Handle", "Influencer", "Telephone number"),
        ("@person1", "Person 1", "+12025550101"),
    ]


def test_an_export_of_influencers_has_all_their_accounts_and_who_has_none(accounts: None) -> None:
    viewer = signed_in("viewer")
    person = Influencer.objects.get(name="Person 1")
    Account.objects.create(influencer=person, platform="instagram", handle="person.one")
    Influencer.objects.create(name="Person 12")
    assert 'action="/staff/influencers/export/"' in page(viewer, "/staff/influencers/?search=person+1")

    response = viewer.post("/staff/influencers/export/", {"search": "person 1"})

    assert "influencers-" in response["Content-Disposition"]
    assert [row[2:5] for row in cells(response.content)] == [
        ("Platform", "Handle", "Influencer"),
        ("Instagram", "@person.one", "Person 1"),
        ("YouTube", "@person1", "Person 1"),
        (None, None, "Person 12"),
    ]


def test_a_large_export_of_influencers_becomes_a_job(
    outreach: Client, accounts: None, monkeypatch: pytest.MonkeyPatch, work_off_jobs: Callable[[], object]
) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS_AT_ONCE", 1)
    Influencer.objects.create(name="Without")
    address = outreach.post("/staff/influencers/export/", {"ordering": "-name"})["Location"]
    assert "4 rows of influencers" in page(outreach, HOME)

    work_off_jobs()
    names = [row[4] for row in cells(outreach.get(f"{address}1/").content)]
    assert names == ["Influencer", "Without", "Person 2", "Person 1", "Person 0"]


def test_both_exports_have_one_limit(accounts: None, outreach: Client, stand_still: None) -> None:
    for _ in range(10):
        assert outreach.post(f"{LIST}export/", {}).status_code == 200
        assert outreach.post("/staff/influencers/export/", {}).status_code == 200
    assert outreach.post("/staff/influencers/export/", {}).status_code == 429


def test_an_export_of_a_wrong_search_leads_back(outreach: Client) -> None:
    for address, asked in ((LIST, {"followers_min": "many"}), ("/staff/influencers/", {"ordering": "luck"})):
        response = outreach.post(f"{address}export/", asked, follow=True)
        assert response.redirect_chain == [(address, 302)]
        assert "can&#x27;t be exported" in response.content.decode()


def test_an_export_asked_for_too_often_waits_and_keeps_the_search(
    accounts: None, outreach: Client, stand_still: None
) -> None:
    asked = {"q": 'Person "1"'}
    answers = [outreach.post(f"{LIST}export/", asked) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert 'name="q" value="Person &quot;1&quot;"' in answers[-1].content.decode()


def test_a_large_export_becomes_a_job_whose_parts_are_fetched(
    outreach: Client, accounts: None, monkeypatch: pytest.MonkeyPatch, work_off_jobs: Callable[[], object]
) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS_AT_ONCE", 1)
    monkeypatch.setattr(exporting, "PART_ROWS", 2)
    address = outreach.post(f"{LIST}export/", {})["Location"]
    assert "begins within a minute" in page(outreach, address)

    work_off_jobs()
    assert "in 2 workbooks" in page(outreach, address)
    assert [row[3] for row in cells(outreach.get(f"{address}2/").content)] == ["Handle", "@person2"]
    assert "3 accounts on YouTube" in page(outreach, HOME)


@pytest.fixture
def one_attempt(settings: Any) -> None:
    settings.JOB_MAX_ATTEMPTS = 1


def fails(*_: object) -> None:
    raise StoreError("the store is away")


def test_an_import_whose_job_failed_for_good_says_so_and_can_be_tried_again(
    outreach: Client, one_attempt: None, monkeypatch: pytest.MonkeyPatch, work_off_jobs: Callable[[], object]
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE_BYTES", 0)
    address = upload(outreach, write(ROWS))
    with monkeypatch.context() as away:
        away.setattr(importing, "preview", fails)
        work_off_jobs()

    shown = page(outreach, address)
    assert "list.xlsx could not be checked" in shown
    assert str(DBTaskResult.objects.get().pk) in shown
    assert "data-poll" not in shown
    assert "<td>Failed</td>" in page(outreach, HOME)

    assert outreach.post(f"{address}retry/")["Location"] == address
    assert "begins within a minute" in page(outreach, address)
    work_off_jobs()
    assert "Apply the 1 valid row" in page(outreach, address)


def test_an_application_that_failed_for_good_says_how_far_it_came_and_goes_on(
    outreach: Client, one_attempt: None, monkeypatch: pytest.MonkeyPatch, work_off_jobs: Callable[[], object]
) -> None:
    address = upload(outreach, write(ROWS))
    monkeypatch.setattr(jobs, "AT_ONCE_BYTES", 0)
    outreach.post(f"{address}apply/")
    with monkeypatch.context() as away:
        away.setattr(importing, "apply", fails)
        work_off_jobs()
    assert "No row has been applied yet." in page(outreach, address)
    WorkbookImport.objects.update(reached=2)
    assert "Row 2 of 3 is the last that was applied" in page(outreach, address)
    WorkbookImport.objects.update(reached=0)

    outreach.post(f"{address}retry/")
    work_off_jobs()
    assert "was applied" in page(outreach, address)


def test_an_import_that_failed_can_be_ended(
    outreach: Client, one_attempt: None, monkeypatch: pytest.MonkeyPatch, work_off_jobs: Callable[[], object]
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE_BYTES", 0)
    address = upload(outreach, write(ROWS))
    monkeypatch.setattr(importing, "preview", fails)
    work_off_jobs()

    outreach.post(f"{address}cancel/")
    outreach.post(f"{address}retry/")
    work_off_jobs()

    assert "was cancelled" in page(outreach, address)


def test_an_import_that_is_tried_again_by_itself_says_when(
    outreach: Client, monkeypatch: pytest.MonkeyPatch, work_off_jobs: Callable[[], object]
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE_BYTES", 0)
    address = upload(outreach, write(ROWS))
    monkeypatch.setattr(importing, "preview", fails)
    work_off_jobs()

    shown = page(outreach, address)
    put_off_to = DBTaskResult.objects.get().run_after
    assert f"The last attempt failed; the next one begins at {put_off_to:%H:%M} UTC." in shown
    assert "begins within a minute" not in shown
    assert "data-poll" in shown

    DBTaskResult.objects.update(run_after=timezone.now())
    assert "The last attempt failed" not in page(outreach, address)


def test_an_export_whose_job_failed_for_good_says_so_and_can_be_tried_again(
    accounts: None, one_attempt: None, monkeypatch: pytest.MonkeyPatch, work_off_jobs: Callable[[], object]
) -> None:
    viewer = signed_in("viewer")
    monkeypatch.setattr(exporting, "MOST_ROWS_AT_ONCE", 1)
    address = viewer.post(f"{LIST}export/", {})["Location"]
    with monkeypatch.context() as away:
        away.setattr(exporting, "export", fails)
        work_off_jobs()

    shown = page(viewer, address)
    assert "The last attempt failed" in shown
    assert "data-poll" not in shown
    assert "<td>Failed</td>" in page(viewer, HOME)

    assert viewer.post(f"{address}retry/")["Location"] == address
    work_off_jobs()
    assert "Ready, as one workbook." in page(viewer, address)


def test_a_viewer_reads_the_list_and_is_offered_no_upload(accounts: None) -> None:
    viewer = signed_in("viewer")

    shown = page(viewer, HOME)
    assert "Download the template" in shown
    assert "Upload and check" not in shown
    assert viewer.get(f"{HOME}template/")["Content-Type"] == CONTENT_TYPE


def test_the_limit_of_an_upload_fits_what_the_gateway_hands_over() -> None:
    gateway_bytes = 6 * 1024**2

    assert gateway_bytes - 20_000 > workbooks.MAX_UPLOAD_MIB * 1024**2 * 4 / 3
    assert gateway_bytes - 20_000 > exporting.MAX_PART_BYTES * 4 / 3
