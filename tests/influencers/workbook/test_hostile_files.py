"""Files that were made to hurt: each is refused in seconds, under a limit of memory, with a message that helps."""

import io
import os
import struct
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app.influencers.workbook import reading
from app.influencers.workbook.reading import READ_SECONDS, RefusedWorkbookError, open_sheet
from app.influencers.workbook.sheet_process import MEMORY_MIB
from tests.influencers.workbook.conftest import HEADERS, Book, raw_book
from tests.influencers.workbook.sheets import opened

MIB = 1024**2


def refusal(content: bytes) -> str:
    with pytest.raises(RefusedWorkbookError) as caught, opened(content) as sheet:
        for _ in sheet.rows:
            pass
    return str(caught.value)


# By a small process between: a child begins with the peak of the one that it was forked from.
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def peak_mib(path: Path) -> float:
    """The most memory that the reading process had."""
    command = [sys.executable, "-m", "app.influencers.workbook.sheet_process", str(path)]
    measured = subprocess.run([sys.executable, "-c", _PEAK, *command], check=True, stdout=subprocess.PIPE)
    return float(measured.stdout)


def million_rows(path: Path) -> Path:
    return raw_book(path, (b"<row><c><v>1</v></c></row>" * 10_000 for _ in range(101)))


def sparse(path: Path) -> Path:
    """Two cells in opposite corners of the largest sheet there can be."""
    return raw_book(
        path,
        [
            b'<row r="1"><c r="A1"><v>1</v></c></row>',
            b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        ],
    )


def repeated_text(path: Path) -> Path:
    """One long text that 100,000 cells refer to: 3 GB of a file of a few hundred KB."""
    cells = b'<row><c t="s"><v>0</v></c></row>' * 100_000
    return raw_book(path, [cells], shared=f"<si><t>{'x' * 32_000}</t></si>")


def many_texts(path: Path) -> Path:
    return raw_book(path, [b'<row><c t="s"><v>0</v></c></row>'], shared="<si><t>x</t></si>" * 13_000_000)


def one_text(path: Path) -> Path:
    text = b'<row><c t="inlineStr"><is><t>', b"x" * (160 * MIB), b"</t></is></c></row>"
    return raw_book(path, text)


def blanks_behind_a_formula(path: Path) -> Path:
    return raw_book(path, [b'<row r="1"><c r="A1"><f>1</f>', b" " * 16 * MIB, b"</c></row>"])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (million_rows, "rows; 200,000 is the limit"),
        (sparse, "more than 320 MiB"),
        (repeated_text, "more than 320 MiB"),
        (many_texts, "more than 320 MiB"),
        (one_text, "more than 320 MiB"),
        (blanks_behind_a_formula, "No column is named"),
    ],
)
def test_a_file_that_wants_too_much_is_refused_in_time_under_the_limit(
    make: Callable[[Path], Path], message: str, tmp_path: Path
) -> None:
    path = make(tmp_path / "hostile.xlsx")
    start = time.monotonic()

    assert message in refusal(path.read_bytes())
    # By itself: nobody had to end it.
    assert time.monotonic() - start < READ_SECONDS
    assert peak_mib(path) < MEMORY_MIB


def bomb(size: int) -> bytes:
    """A workbook with a part of `size` bytes that all compress away."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(size // MIB):
                part.write(b" " * MIB)
    return file.getvalue()


def test_a_zip_bomb_is_refused_by_what_it_says_of_itself() -> None:
    assert "unpacks to 300 MiB; 256 is the limit" in refusal(bomb(300 * MIB))


def test_a_zip_bomb_that_lies_about_its_size_stays_under_the_limit(tmp_path: Path) -> None:
    path = raw_book(tmp_path / "bomb.xlsx", (b" " * MIB for _ in range(330)))
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 1000)
    path.write_bytes(content)

    start = time.monotonic()
    assert refusal(bytes(content))
    assert time.monotonic() - start < READ_SECONDS
    assert peak_mib(path) < MEMORY_MIB


def test_a_zip_of_a_hundred_thousand_parts_is_refused(tmp_path: Path) -> None:
    path = raw_book(tmp_path / "parts.xlsx", [], extra={f"p{number}": b"" for number in range(100_000)})

    assert "100,006 parts; 2,000 is the limit" in refusal(path.read_bytes())
    assert peak_mib(path) < MEMORY_MIB


def test_an_xml_entity_bomb_is_not_unfolded(tmp_path: Path) -> None:
    entities = b'<!DOCTYPE x [<!ENTITY a "%s"><!ENTITY b "%s">]>' % (b"z" * 1000, b"&a;" * 1000)
    cell = b'<row><c t="inlineStr"><is><t>&b;</t></is></c></row>'
    path = raw_book(tmp_path / "entities.xlsx", [cell], prolog=entities)

    assert "damaged" in refusal(path.read_bytes())
    assert peak_mib(path) < MEMORY_MIB


def test_a_file_with_macros_is_refused(tmp_path: Path) -> None:
    path = raw_book(tmp_path / "macros.xlsm", [], extra={"xl/vbaProject.bin": b"\0"})

    assert "has macros in it" in refusal(path.read_bytes())


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (OLE + b"\0" * 600, "before 2007 (.xls)"),
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"Platform,Handle\nYouTube,@ada\n", "no Excel workbook"),
        (b"", "no Excel workbook"),
        (b"PK\x03\x04 and then nothing", "damaged"),
    ],
)
def test_what_is_no_workbook_is_refused_by_its_kind(content: bytes, message: str) -> None:
    assert message in refusal(content)


def test_a_zip_of_something_else_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")

    assert "no sheet in this file" in refusal(file.getvalue())


def test_reading_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reading, "READ_SECONDS", 0.1)
    # Nobody writes into it, so whoever opens it waits for ever.
    os.mkfifo(tmp_path / "endless.xlsx")

    with pytest.raises(RefusedWorkbookError, match="too long"), open_sheet(tmp_path / "endless.xlsx"):
        pass


def test_whoever_writes_the_rows_may_take_longer_than_their_reading(book: Book) -> None:
    rows = [HEADERS, *(["YouTube", f"@person{number}", "x" * 100] for number in range(2000))]
    with opened(book(rows)) as sheet:
        next(sheet.rows)
        clocks = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
        for clock in clocks:
            clock.join(60)
        assert not any(clock.is_alive() for clock in clocks)
        assert sum(1 for _ in sheet.rows) == 1999


def test_the_reading_process_is_told_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = tmp_path / "says-what-it-is-told"
    told.write_text("#!/bin/sh\nenv\n")
    told.chmod(0o700)
    monkeypatch.setenv("SECRET_KEY", "hush")
    monkeypatch.setattr(sys, "executable", str(told))

    with reading._process(tmp_path / "none.xlsx", None) as process:
        environment, _ = process.communicate()

    assert "PYTHONPATH=" in environment
    assert "hush" not in environment
