"""A secret that got out is found, wherever it lies."""

import zipfile
from pathlib import Path

from ops.rehearse import canaries


def test_a_secret_in_a_log_and_one_in_a_zip_are_found(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    (logs / "deep").mkdir(parents=True)
    (logs / "deep" / "a.log").write_text("connecting as app:s3cr3t-value")
    (logs / "b.log").write_text("nothing")
    package = tmp_path / "package.zip"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("settings.py", "KEY = 's3cr3t-value'")
        archive.writestr("other.py", "")
    assert canaries.found(["other-value", "s3cr3t-value"], [logs], [package]) == [
        str(logs / "deep" / "a.log"),
        "package.zip:settings.py",
    ]


def test_where_no_secret_is_none_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("nothing")
    assert canaries.found(["s3cr3t-value"], [tmp_path], []) == []
