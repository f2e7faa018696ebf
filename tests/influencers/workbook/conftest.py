"""Workbooks as others make them: with openpyxl, or part by part where it would refuse."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from app.accounts.models import User
from app.campaigns.models import Campaign
from app.influencers.models import Account, DailyMetrics, Influencer
from app.influencers.services import record_metrics, tags_named
from app.influencers.transfers import WorkbookImport
from app.influencers.workbook import jobs
from app.regions.models import Region
from tests.uploads.conftest import _running, aws, bucket, kept_in, send

# Where uploads go, and how a browser sends one.
__all__ = ["_running", "aws", "bucket", "kept_in", "send"]

HEADERS = ["Platform", "Handle", "Influencer"]
_SHEET_XML = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

Book = Callable[..., bytes]
Upload = Callable[[bytes], WorkbookImport]


@pytest.fixture
def book() -> Book:
    """A workbook of rows, changed by a callable before it is saved."""

    def make(rows: Iterable[Sequence[Any]], change: Callable[[Worksheet], None] | None = None) -> bytes:
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        assert isinstance(sheet, Worksheet)
        sheet.title = "Accounts"
        for row in rows:
            sheet.append(list(row))
        if change:
            change(sheet)
        return saved(workbook)

    return make


def saved(workbook: Any) -> bytes:
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def raw_book(
    path: Path,
    sheet: Iterable[bytes],
    *,
    shared: str = "",
    prolog: bytes = b"",
    extra: dict[str, bytes] | None = None,
) -> Path:
    """A workbook whose sheet is these pieces of XML."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET_XML}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Accounts" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_SHEET_XML}">{shared}</sst>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0"?>' + text)
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(
                b'<?xml version="1.0"?>' + prolog + f'<worksheet xmlns="{_SHEET_XML}"><sheetData>'.encode()
            )
            for piece in sheet:
                part.write(piece)
            part.write(b"</sheetData></worksheet>")
    return path


@pytest.fixture
def upload(make_user: Callable[[str], User]) -> Upload:
    by = make_user("outreach")

    def upload(content: bytes) -> WorkbookImport:
        return jobs.start_import(content, "list.xlsx", by)

    return upload


@pytest.fixture
def ada(maryland: Region) -> Account:
    """Ada with an account that has a value in every column."""
    person = Influencer.objects.create(name="Ada Lovelace", phone="+12025550143", notes="Met in June")
    person.campaigns.add(
        Campaign.objects.create(
            title="Clean rivers", slug="clean-rivers", endorsement_statement="Clean the rivers."
        )
    )
    person.regions.add(maryland, Region.objects.get(geoid="24025"))
    account = Account(
        influencer=person,
        platform="youtube",
        handle="ada",
        email="ada@example.org",
        notes="=1+1 🌊",
        status="active",
    )
    account.full_clean()
    account.save()
    account.tags.set(tags_named(["food", "rivers"]))
    values = {"followers": 1200, "daily_views": 30, "posts": 4}
    record_metrics(account, dt.date(2026, 3, 4), values, DailyMetrics.Source.MANUAL)
    account.refresh_from_db()
    return account
