"""Where the file of an import lies until the import is over: in its row, or, if it is large, among the uploads."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django_tasks import task

from app.influencers.transfers import WorkbookImport
from app.influencers.workbook.reading import RefusedWorkbookError
from app.uploads.stores import GoneError, store


@contextmanager
def on_disk(found: WorkbookImport) -> Iterator[Path]:
    """The file, for as long as it is read; memory holds a piece of a large one at a time.

    Raises:
        RefusedWorkbookError: it is no longer there.
        app.uploads.stores.StoreError: it can't be had now.
    """
    with tempfile.NamedTemporaryFile(prefix="workbook-", suffix=".xlsx") as file:
        if found.key:
            try:
                store().fetch(found.key, file)
            except GoneError:
                raise RefusedWorkbookError("The uploaded file is no longer there: upload it again.") from None
        else:
            file.write(found.content)
        file.flush()
        yield Path(file.name)


def is_small(found: WorkbookImport, most_bytes: int) -> bool:
    """Whether it is so small that its work need not wait for the queue."""
    return not found.key and len(found.content) <= most_bytes


def forget(found: WorkbookImport) -> None:
    """Have the upload of an import that is over deleted; in the transaction that ends it. Its row is emptied by the caller."""
    if found.key:
        delete_upload.enqueue(found.key)


@task()
def delete_upload(key: str) -> None:
    """Delete the file of an import that is over; the row knows it no more once that is done."""
    store().delete(key)
    WorkbookImport.objects.over().filter(key=key).update(key="")
