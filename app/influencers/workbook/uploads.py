"""Large workbooks: uploaded past us, then read as jobs, as small ones are."""

from collections.abc import Iterable
from typing import ClassVar

from django.db.models import QuerySet

from app.accounts.models import User
from app.influencers.transfers import WorkbookImport
from app.influencers.workbook.jobs import begin, preview_import
from app.influencers.workbook.writing import CONTENT_TYPE
from app.uploads.purposes import Awaited, Kind, Purpose, Received
from app.uploads.stores import Form

# ECMA-376 part 2: a package is a ZIP archive.
XLSX = Kind(
    "Excel workbook (.xlsx)",
    CONTENT_TYPE,
    b"PK\x03\x04",
    (".xlsx",),
)
# With the disk of a function and the limits of the reading process (sheet_process.py) in mind: decision 0071.
MAX_MIB = 50

State = WorkbookImport.State


class Workbooks(Purpose):
    """A workbook that is too large for a form of ours."""

    name = "workbook"
    kinds: ClassVar[tuple[Kind, ...]] = (XLSX,)
    max_bytes = MAX_MIB * 1024**2

    def awaits(self, key: str) -> Awaited | None:
        found = _awaited().select_for_update().filter(key=key).first()
        return Awaited(XLSX.content_type, found.made_at) if found else None

    def accept(self, received: Received) -> None:
        found = WorkbookImport.objects.get(key=received.key)
        found.state, found.filename = State.READING, received.filename
        found.save(update_fields=["state", "filename"])
        begin(preview_import, found)

    def refuse(self, key: str, reason: str) -> None:
        WorkbookImport.objects.filter(key=key).update(state=State.REFUSED, refusal=reason)

    def awaited(self) -> Iterable[str]:
        return _awaited().values_list("key", flat=True)


PURPOSE = Workbooks()


def await_upload(by: User) -> WorkbookImport:
    """An import whose file is to come; `upload_form` says where to."""
    return WorkbookImport.objects.create(state=State.AWAITED, key=PURPOSE.new_key(), made_by=by)


def upload_form(found: WorkbookImport, back_to: str) -> Form:
    """Where, and with which fields, to post the file; may be asked for anew as long as it is awaited."""
    return PURPOSE.form(found.key, XLSX.content_type, back_to)


def _awaited() -> QuerySet[WorkbookImport]:
    return WorkbookImport.objects.filter(state=State.AWAITED).defer("content", "refused_rows")
