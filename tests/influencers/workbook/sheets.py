"""Reading what a test has in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.influencers.workbook.reading import Sheet, open_sheet

NO_VALUE = "a formula's error, or one never computed: mend it, or save the file in Excel"


@contextmanager
def opened(content: bytes) -> Iterator[Sheet]:
    """As `open_sheet`, of a file with this content."""
    with TemporaryDirectory(prefix="coalition-sheet-") as folder:
        path = Path(folder, "book.xlsx")
        path.write_bytes(content)
        with open_sheet(path) as sheet:
            yield sheet
