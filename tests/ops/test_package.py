"""The zip that Lambda runs: built twice from clones, and its gates against zips that should not pass."""

import hashlib
import importlib.util
import json
import os
import posixpath
import py_compile
import re
import subprocess
import zipfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from ops import package, package_gates, sources
from ops.package_gates import Gate, Package

ROOT = Path(__file__).parents[2]
CANARIES = {
    "SECRET_KEY": "canary-of-django-0123456789",
    "DATABASE_URL": "postgres://app:canary-of-the-database@db.example/app",
    "EMAIL_HOST_PASSWORD": "canary-of-the-mail-0123456789",
    "AWS_SECRET_ACCESS_KEY": "canary-of-aws-0123456789",
    "ORIGIN_SECRET": "canary-of-the-cdn-0123456789",
}


class Built(NamedTuple):
    root: Path
    zip: Path
    gates: list[Gate]


def clone(folder: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder)], check=True)
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The last commit, packaged where every secret of a stage stands in the environment."""
    root = clone(tmp_path_factory.mktemp("package") / "clone")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in CANARIES.items():
            environment.setenv(name, value)
        path, gates = package.build(root)
    return Built(root, path, gates)


def test_the_committed_application_passes_every_gate(built: Built) -> None:
    assert [gate for gate in built.gates if not gate.holds] == []
    assert [gate.name for gate in built.gates] == [
        "zip size",
        "unpacked size",
        "contents",
        "bytecode",
        "secrets",
        "starts alone",
    ]


def test_the_zip_is_named_after_the_commit_and_knows_it(built: Built) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert built.zip.name == f"{commit[:12]}.zip"
    with zipfile.ZipFile(built.zip) as archive:
        assert json.loads(archive.read("release.json")) == {"release": commit[:12]}


def test_another_folder_and_umask_give_the_same_bytes(built: Built, tmp_path: Path) -> None:
    umask = os.umask(0o077)
    try:
        again = package.make(clone(tmp_path / "elsewhere" / "under a longer name"))
    finally:
        os.umask(umask)
    assert hashlib.sha256(again.path.read_bytes()).digest() == hashlib.sha256(built.zip.read_bytes()).digest()


def test_no_secret_of_the_environment_is_in_the_zip_or_beside_it(built: Built) -> None:
    with zipfile.ZipFile(built.zip) as archive:
        assert not [name for name in archive.namelist() if b"canary-of-" in archive.read(name)]
    collected = [path for path in (built.root / "build" / "static").rglob("*") if path.is_file()]
    assert collected
    assert not [path for path in collected if b"canary-of-" in path.read_bytes()]


def test_the_static_files_lie_beside_the_zip_under_the_names_that_its_manifest_knows(built: Built) -> None:
    with zipfile.ZipFile(built.zip) as archive:
        manifest = json.loads(archive.read("staticfiles/staticfiles.json"))
        static = [name for name in archive.namelist() if "/static/" in name]
    folder = built.root / "build" / "static" / built.zip.stem
    assert static == []
    assert all((folder / hashed).is_file() for hashed in manifest["paths"].values())
    assert manifest["paths"]["admin/css/base.css"] != "admin/css/base.css"


def test_the_zip_has_the_same_files_but_for_those_that_no_page_asks_for(built: Built) -> None:
    with zipfile.ZipFile(built.zip) as archive:
        paths = json.loads(archive.read("staticfiles/staticfiles.json"))["paths"]
        packaged = {
            name.removeprefix("staticfiles/"): archive.read(name)
            for name in archive.namelist()
            if name.startswith("staticfiles/") and not name.endswith("staticfiles.json")
        }
    folder = built.root / "build" / "static" / built.zip.stem
    assert packaged == {
        hashed: (folder / hashed).read_bytes() for name, hashed in paths.items() if package.is_served(name)
    }
    assert paths["site/site.css"] in packaged
    assert not [name for name in packaged if name.endswith(".map")]
    assert len(packaged) < len(paths) / 2
    # Lambda's answer is JSON: text with its escapes, other files in base64.
    texts = [content.decode() for name, content in packaged.items() if name.endswith((".css", ".js", ".svg"))]
    assert max(len(json.dumps(text)) for text in texts) < 6_000_000
    assert max(map(len, packaged.values())) * 4 / 3 < 6_000_000


def test_a_style_sheet_in_the_zip_names_no_file_that_is_not(built: Built) -> None:
    with zipfile.ZipFile(built.zip) as archive:
        names = set(archive.namelist())
        sheets = {
            name: archive.read(name).decode() for name in names if re.match(r"staticfiles/.*\.css$", name)
        }
    named = {
        posixpath.normpath(posixpath.join(posixpath.dirname(sheet), url))
        for sheet, text in sheets.items()
        for url in re.findall(r"""url\(["']?(?!data:)([^"')#]+)""", text)
    }
    assert len(named) > 10
    assert named <= names


def test_all_that_templates_and_the_staff_area_ask_for_is_served() -> None:
    packages = [
        Path(find_spec(name).submodule_search_locations[0])  # type: ignore[union-attr, index]
        for name in ("app", "django.contrib.admin", "drf_spectacular", "django_tasks_db")
    ]
    asked = {
        name
        for folder in packages
        for template in folder.rglob("*.html")
        for name in re.findall(r"""{% static ["']([^"']+)["']""", template.read_text())
    }
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    for model_admin in admin.site._registry.values():
        form = model_admin.get_form(request)()
        links = f"{model_admin.media}{form.media}"
        asked |= set(re.findall(r"""(?:href|src)=["']/static/([^"']+)""", links))
    assert {"site/site.css", "admin/css/base.css", "admin/js/vendor/jquery/jquery.min.js"} <= asked
    assert [name for name in asked if not package.is_served(name)] == []


def test_what_lambda_has_and_nobody_reads_stays_out(built: Built) -> None:
    with zipfile.ZipFile(built.zip) as archive:
        names = archive.namelist()
    top = {name.split("/")[0] for name in names}
    assert top.isdisjoint(
        {"boto3", "botocore", "s3transfer", "tests", "ops", "manage.py", "zappa_settings.json"}
    )
    assert not [name for name in names if name.endswith((".po", ".mo"))]
    assert "zappa/cli.py" not in names


def test_a_changed_tree_is_never_called_by_its_commit(tmp_path: Path) -> None:
    root = clone(tmp_path / "clone")
    clean = sources.read_sources(root)
    (root / "README.md").write_text("changed")
    assert sources.read_sources(root).release_id == clean.release_id
    (root / "app" / "new.py").write_text("")
    with_file = sources.read_sources(root)
    assert with_file.release_id.startswith(f"{clean.release_id}-dirty-")
    assert Path("app/new.py") in with_file.files
    (root / "app" / "new.py").write_text("x = 1")
    assert sources.read_sources(root).release_id != with_file.release_id
    (root / "app" / "new.py").unlink()
    assert sources.read_sources(root) == clean
    (root / "app" / "config" / "wsgi.py").unlink()
    assert "-dirty-" in sources.read_sources(root).release_id


def test_a_folder_without_git_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(sources.SourceError, match="packaging needs a git checkout"):
        sources.read_sources(tmp_path)


def test_a_library_of_zappa_that_is_not_locked_is_named() -> None:
    lock = "a==1 \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\n    # via b\nb==2 \\\n    --hash=sha256:3\n"
    assert package.pinned(lock, ["a"]) == "a==1 \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\n"
    with pytest.raises(package.PackageError, match="does not lock c"):
        package.pinned(lock, ["a", "c"])


def package_of(
    folder: Path, files: Mapping[str, bytes], environment: Mapping[str, str] | None = None
) -> Package:
    path = folder / "candidate.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return Package(path, "r1", frozenset({"django", "zappa"}), environment or {})


COMPLETE = dict.fromkeys(package_gates.REQUIRED, b"")


def test_a_complete_package_passes_the_list_of_contents(tmp_path: Path) -> None:
    files = COMPLETE | {"django/test/client.py": b"", "app/site/templates/site/base.html": b""}
    assert package_gates.contents(package_of(tmp_path, files)).holds


@pytest.mark.parametrize(
    "name",
    [
        "boto3/session.py",
        "notes.txt",
        "zappa_settings.json",
        "app/.env",
        "app/config/private.pem",
        "app/site/demo/shapes.json",
        "django/conf/locale/de/LC_MESSAGES/django.po",
        "django/contrib/admin/static/admin/css/base.css",
        "zappa/tests/test_handler.py",
        "var/secret-key",
        "staticfiles.json",
    ],
)
def test_what_does_not_belong_is_found_and_named(tmp_path: Path, name: str) -> None:
    gate = package_gates.contents(package_of(tmp_path, COMPLETE | {name: b""}))
    assert not gate.holds
    assert name in gate.found


def test_what_is_missing_is_found_and_named(tmp_path: Path) -> None:
    files = {name: b"" for name in COMPLETE if name != "release.json"}
    assert package_gates.contents(package_of(tmp_path, files)) == Gate(
        "contents", holds=False, found="release.json is missing"
    )


SOURCE = b"answer = 42\n"


def compiled(folder: Path, mode: py_compile.PycInvalidationMode, source: bytes = SOURCE) -> bytes:
    path = folder / "module.py"
    path.write_bytes(source)
    return Path(str(py_compile.compile(str(path), invalidation_mode=mode))).read_bytes()


@pytest.mark.parametrize(
    ("bytecode", "found"),
    [
        ("unchecked", "1 modules, unchecked hash"),
        ("timestamp", "app/a.py is checked by date or hash"),
        ("checked", "app/a.py is checked by date or hash"),
        ("other source", "app/a.py is stale"),
        ("other python", "app/a.py is for another Python"),
        ("none", "app/a.py has none"),
    ],
)
def test_only_unchecked_bytecode_of_the_same_source_passes(tmp_path: Path, bytecode: str, found: str) -> None:
    unchecked = compiled(tmp_path, py_compile.PycInvalidationMode.UNCHECKED_HASH)
    pyc = {
        "unchecked": unchecked,
        "timestamp": compiled(tmp_path, py_compile.PycInvalidationMode.TIMESTAMP),
        "checked": compiled(tmp_path, py_compile.PycInvalidationMode.CHECKED_HASH),
        "other source": compiled(tmp_path, py_compile.PycInvalidationMode.UNCHECKED_HASH, b"answer = 43\n"),
        "other python": b"\0\0\r\n" + unchecked[4:],
    }
    name = Path(importlib.util.cache_from_source("app/a.py")).as_posix()
    files = {"app/a.py": SOURCE} | ({name: pyc[bytecode]} if bytecode in pyc else {})
    gate = package_gates.bytecode(package_of(tmp_path, files))
    assert (gate.holds, gate.found) == (bytecode == "unchecked", found)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("AKIA" + "IOSFODNN7EXAMPLE", "an AWS access key"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEA", "a private key"),
        ("postgres://app:" + "hunter2hunter2@db.example/app", "a password in a URL"),
        ("arn:aws:iam::" + "210987654321:role/admin", "an AWS account in an ARN"),
    ],
)
def test_what_looks_like_a_secret_is_found_in_any_file(tmp_path: Path, text: str, what: str) -> None:
    gate = package_gates.secrets(package_of(tmp_path, {"app/a.pyc": b"\0" + text.encode() + b"\0"}))
    assert (gate.holds, gate.found) == (False, f"app/a.pyc holds {what}")


@pytest.mark.parametrize("name", sorted(CANARIES))
def test_a_value_of_the_environment_is_found_and_not_repeated(tmp_path: Path, name: str) -> None:
    value = CANARIES[name]
    gate = package_gates.secrets(package_of(tmp_path, {"app/a.py": f"x = '{value}'".encode()}, CANARIES))
    assert not gate.holds
    assert f"the value of ${name}" in gate.found
    assert value not in gate.found


def test_an_address_without_a_password_is_no_secret(tmp_path: Path) -> None:
    """GitHub Actions sets this one, and the metadata of most distributions names it."""
    environment = {"GITHUB_SERVER_URL": "https://github.com"}
    files = {"zappa.dist-info/METADATA": b"Project-URL: Source, https://github.com/zappa/Zappa\n"}
    assert package_gates.secrets(package_of(tmp_path, files, environment)).holds


def test_a_package_that_does_not_start_says_why(tmp_path: Path) -> None:
    package_gate = package_gates.starts(
        package_of(tmp_path, {"app/config/lambda_handler.py": b"import no_such_library\n"})
    )
    assert not package_gate.holds
    assert "No module named 'no_such_library'" in package_gate.found


def test_a_package_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    candidate = package_of(tmp_path, {"app/a.bin": os.urandom(2 * 1024**2)})
    assert package_gates.size(candidate).holds
    assert package_gates.unpacked_size(candidate).holds
    monkeypatch.setattr(package_gates, "MAX_ZIP_MIB", 1)
    monkeypatch.setattr(package_gates, "MAX_UNPACKED_MIB", 1)
    assert not package_gates.size(candidate).holds
    assert not package_gates.unpacked_size(candidate).holds
