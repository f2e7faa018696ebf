"""The pages of consent forms: asked for, uploaded, checked, downloaded, deleted, and what each says on the way."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from app.config.csp import HEADER
from app.influencers import consent
from app.influencers.models import ConsentAccess, ConsentForm, Influencer
from app.uploads.folder import Folder
from app.uploads.stores import KEPT, StoreError
from tests.site.html import Page, checked, get
from tests.staff import signed_in

A_PDF = b"%PDF-1.7\nsigned"
pytestmark = pytest.mark.usefixtures("upload_folder")

TYPED = {"signed_on": f"{timezone.now():%Y-%m-%d}", "retain_until": "", "content_type": "application/pdf"}


@pytest.fixture
def ada(db: None) -> Influencer:
    return Influencer.objects.create(name="Ada <b>Lovelace</b>")


@pytest.fixture
def asked_for(outreach: Client, ada: Influencer) -> str:
    """The address of the page that takes the file."""
    response = outreach.post(f"/staff/influencers/{ada.pk}/consent-forms/new/", TYPED)
    assert response.status_code == 302
    return str(response["Location"])


def fields(page: Page) -> dict[str, str]:
    hidden = page.having("input", type="hidden")
    return {str(one["name"]): str(one["value"]) for one in hidden if one["name"] != "csrfmiddlewaretoken"}


def send(client: Client, page: Page, content: bytes = A_PDF) -> str:
    """Post the page's form as a browser does; where that leads."""
    response = client.post(
        "/uploads/", {**fields(page), "file": SimpleUploadedFile("Ada's form.pdf", content)}
    )
    assert response.status_code == 303
    return str(response["Location"]).removeprefix("http://testserver")


def test_without_any_form_the_page_says_what_to_do(outreach: Client, ada: Influencer) -> None:
    page = get(outreach, f"/staff/influencers/{ada.pk}/")
    assert "None yet. Add the scan" in page.html


def test_who_may_not_see_forms_is_not_told_of_them(asked_for: str, ada: Influencer) -> None:
    viewer = signed_in("viewer")
    assert "onsent form" not in get(viewer, f"/staff/influencers/{ada.pk}/").html
    assert viewer.get(asked_for).status_code == 403


def test_a_form_of_somebody_who_is_deleted_meanwhile_is_not_found(
    outreach: Client, ada: Influencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = consent.ask_for_form

    def asked_too_late(pk: int, **values: Any) -> ConsentForm:
        Influencer.objects.filter(pk=pk).delete()
        return real(pk, **values)

    monkeypatch.setattr(consent, "ask_for_form", asked_too_late)
    assert outreach.post(f"/staff/influencers/{ada.pk}/consent-forms/new/", TYPED).status_code == 404


def test_a_form_goes_its_way_in_pages(
    outreach: Client, ada: Influencer, asked_for: str, work_off_jobs: Callable[[], object]
) -> None:
    page = get(outreach, asked_for)
    assert page.having("input", type="file", accept="application/pdf")
    arrived = send(outreach, page)
    checking = outreach.get(arrived)["Location"]
    page = get(outreach, checking)
    assert "data-poll" in page.html
    assert "being checked" in page.html
    work_off_jobs()
    page = get(outreach, checking)
    assert "data-poll" not in page.html
    assert "Ada&#x27;s form.pdf" in page.html
    assert "Stored" in get(outreach, f"/staff/influencers/{ada.pk}/").html
    download: Any = outreach.get(outreach.get(f"{asked_for}download/")["Location"])
    assert b"".join(download.streaming_content) == A_PDF
    assert download["Content-Disposition"] == 'attachment; filename="Ada\'s form.pdf"'
    get(outreach, f"{asked_for}delete/")
    assert outreach.post(f"{asked_for}delete/").status_code == 302
    page = get(outreach, asked_for)
    for done in ("Asked to upload", "File stored", "Downloaded", "Deleted"):
        assert f"<td>{done}</td>" in page.html
    # A second press finds it done.
    assert outreach.post(f"{asked_for}delete/")["Location"] == asked_for
    assert outreach.get(f"{asked_for}delete/")["Location"] == asked_for
    assert ConsentAccess.objects.filter(action="delete").count() == 1


def test_a_file_that_can_not_be_deleted_now_is_still_there(
    outreach: Client, asked_for: str, work_off_jobs: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    outreach.get(send(outreach, get(outreach, asked_for)))
    work_off_jobs()

    def fail(*_: Any) -> None:
        raise StoreError("away")

    monkeypatch.setattr(Folder, "delete", fail)
    page = checked(outreach.post(f"{asked_for}delete/"), 503)
    assert "still there: try again" in page.html
    assert "Stored" in get(outreach, asked_for).html


def test_the_forms_page_may_post_to_the_bucket_and_no_other_page_may(
    outreach: Client, asked_for: str, settings: Any, aws_credentials: None, ada: Influencer
) -> None:
    settings.UPLOADS = "s3://coalition-media/"
    response = outreach.get(asked_for)
    (action,) = re.findall(r'action="(https://[^"]+)"', response.content.decode())
    assert action == "https://coalition-media.s3.us-west-2.amazonaws.com/"
    assert f"form-action 'self' {action[:-1]};" in response[HEADER]
    assert "amazonaws" not in outreach.get(f"/staff/influencers/{ada.pk}/")[HEADER]
    # What goes elsewhere takes no token of ours along.
    upload = response.content.decode().partition('action="https')[2].partition("</form>")[0]
    assert "csrf" not in upload


def test_a_file_of_another_kind_is_refused_with_what_to_do(
    outreach: Client, asked_for: str, ada: Influencer, work_off_jobs: Callable[[], object]
) -> None:
    arrived = send(outreach, get(outreach, asked_for), b"<script>%PDF-</script>")
    outreach.get(arrived)
    work_off_jobs()
    page = get(outreach, asked_for)
    assert "The file is no PDF document" in page.html
    assert f"/staff/influencers/{ada.pk}/consent-forms/new/" in page.html
    assert outreach.get(f"{asked_for}download/").status_code == 404


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"signed_on": ""}, "Give the day on the form."),
        ({"signed_on": "soon"}, "Give the day as 2026-11-21."),
        ({"signed_on": "9999-12-31"}, "This day is yet to come."),
        ({"signed_on": "1900-01-01"}, "The form would be deleted at once"),
        ({"retain_until": "2026-10-31"}, "The form would be deleted at once"),
        ({"content_type": "text/html"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_asked_for(
    outreach: Client, ada: Influencer, typed: dict[str, str], problem: str
) -> None:
    response = outreach.post(f"/staff/influencers/{ada.pk}/consent-forms/new/", TYPED | typed)
    page = checked(response, 400)
    assert problem in page.html
    assert not ConsentForm.objects.exists()


def test_coming_back_twice_has_the_file_looked_at_once(
    outreach: Client, asked_for: str, upload_folder: Path, work_off_jobs: Callable[[], object]
) -> None:
    arrived = send(outreach, get(outreach, asked_for))
    for _ in range(3):
        outreach.get(arrived)
    work_off_jobs()
    form = ConsentForm.objects.get()
    assert [access.action for access in form.accesses.order_by("pk")] == ["upload", "store"]
    assert (upload_folder / KEPT / form.key).exists()
    assert outreach.get(arrived).status_code == 302


def test_an_influencer_with_a_form_says_where_it_is(
    outreach: Client, asked_for: str, ada: Influencer, work_off_jobs: Callable[[], object]
) -> None:
    outreach.get(send(outreach, get(outreach, asked_for)))
    work_off_jobs()
    response = outreach.post(f"/staff/influencers/{ada.pk}/delete/")
    assert response.status_code == 409
    assert f"/staff/influencers/{ada.pk}/#consent" in response.content.decode()
