"""`make run` as a visitor sees it: a process of its own on an SQLite file of its own."""

import http.cookiejar
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.processes import free_port
from tests.layers import county, degree_square, write_layer

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
VISITOR = urllib.request.build_opener()
WAIT_SECONDS = 60


@dataclass
class Demo:
    """A running demo and its folder."""

    folder: Path
    port: int
    process: subprocess.Popen[str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def output(self) -> str:
        return (self.folder / "output.log").read_text()

    def get(self, path: str) -> Any:
        with VISITOR.open(self.address + path, timeout=WAIT_SECONDS) as answer:
            return json.load(answer)

    def rows(self, sql: str) -> list[Any]:
        # The demo's own jobs may be writing.
        with closing(sqlite3.connect(self.folder / "demo.sqlite3", timeout=WAIT_SECONDS)) as connection:
            return connection.execute(sql).fetchall()


def environment(folder: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "STAGE", "PUBLIC_URL")
    }
    return kept | {
        "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
        "EMAIL_URL": f"filemail:///{folder / 'mail'}",
        "REGION_FILES": str(folder / "regions"),
    }


def manage(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=environment(folder), capture_output=True, text=True, check=False)


def wait_for(found: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
    return answer


def start(folder: Path) -> Demo:
    port = free_port()
    with (folder / "output.log").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, ROOT / "manage.py", "serve_demo", "--port", str(port)],
            env=environment(folder), stdout=output, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    demo = Demo(folder, port, process)
    try:
        wait_for(lambda: process.poll() is not None or answers(port), START_SECONDS)
        assert process.poll() is None, demo.output()
    except BaseException:
        process.kill()
        process.wait()
        raise
    return demo


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def end(demo: Demo, number: int = signal.SIGINT) -> int:
    demo.process.send_signal(number)
    try:
        return demo.process.wait(WAIT_SECONDS)
    finally:
        demo.process.kill()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = start(tmp_path_factory.mktemp("demo"))
    yield running
    end(running)


def test_it_says_where_everything_is(demo: Demo) -> None:
    output = demo.output()
    for line in (
        f"Pages       {demo.address}/",
        f"{demo.address}/admin/",
        f"{demo.address}/api/docs/",
        "/mail",
    ):
        assert line in output


def test_the_layers_and_campaigns_are_there(demo: Demo) -> None:
    assert demo.rows("SELECT kind, count(*) FROM regions_region GROUP BY kind") == [
        ("county", 3233),
        ("state", 56),
    ]
    assert len(demo.get("/api/campaigns/")["results"]) == 4
    located = demo.get("/api/regions/locate/?latitude=39.2904&longitude=-76.6122")["results"]
    assert [region["full_name"] for region in located] == ["Maryland", "Baltimore city"]


def test_an_endorsement_is_answered_with_a_mail_whose_link_works(demo: Demo) -> None:
    body = {
        "name": "Ada Lovelace",
        "email": "ada@example.org",
        "latitude": 39.2904,
        "longitude": -76.6122,
        "terms_accepted": True,
    }
    request = urllib.request.Request(
        f"{demo.address}/api/campaigns/clean-streams/endorsements/",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with VISITOR.open(request, timeout=WAIT_SECONDS) as answer:
        assert answer.status == 202
    said = wait_for(lambda: re.search(r"Mail to ada@example.org: .* (http\S+)\n", demo.output()))
    assert said[1].startswith(f"{demo.address}/confirm/")
    (mail,) = (demo.folder / "mail").iterdir()
    assert said[1] in mail.read_text()
    with VISITOR.open(said[1], timeout=WAIT_SECONDS) as page:
        assert page.status == 200


def test_its_sign_in_opens_the_staff_area(demo: Demo) -> None:
    password = re.findall(r"sign in as demo with (\S+)", demo.output())[-1]
    assert sign_in(demo, password) == f"{demo.address}/admin/"
    assert "login" in sign_in(demo, "guessed")


def sign_in(demo: Demo, password: str) -> str:
    """Where the staff area leads to."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = f"{demo.address}/admin/login/?next=/admin/"
    opener.open(address, timeout=WAIT_SECONDS).close()
    token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    form = {"csrfmiddlewaretoken": token, "username": "demo", "password": password}
    with opener.open(address, urllib.parse.urlencode(form).encode(), timeout=WAIT_SECONDS) as answer:
        return str(answer.url)


def test_static_files_are_served(demo: Demo) -> None:
    with VISITOR.open(f"{demo.address}/static/admin/css/base.css", timeout=WAIT_SECONDS) as answer:
        assert answer.status == 200


def test_a_busy_port_is_named(demo: Demo) -> None:
    second = manage(demo.folder, "serve_demo", "--port", str(demo.port))
    assert second.returncode == 1
    assert f"Port {demo.port} is in use. Choose another: make run PORT={demo.port + 1}" in second.stderr


def test_a_second_start_keeps_the_data_and_ends_on_ctrl_c(tmp_path: Path, demo: Demo) -> None:
    with (
        closing(sqlite3.connect(demo.folder / "demo.sqlite3")) as source,
        closing(sqlite3.connect(tmp_path / "demo.sqlite3")) as copy,
    ):
        source.backup(copy)
    before = demo.rows("SELECT count(*), max(id) FROM endorsements_endorsement")
    second = start(tmp_path)
    assert "Imported" not in second.output()
    assert len(second.get("/api/campaigns/")["results"]) == 4
    assert second.rows("SELECT count(*), max(id) FROM endorsements_endorsement") == before
    assert end(second) == 0
    assert not answers(second.port)


def test_a_layer_is_imported_again_on_sqlite_without_a_change(demo: Demo) -> None:
    archive = ROOT / "app/site/demo/cb_2016_us_state_simplified.zip"
    again = manage(demo.folder, "import_tiger", str(archive), "--kind=state", "--vintage=2016")
    assert "56 records: 0 inserted, 0 updated, 56 unchanged, 0 skipped, 0 rejected." in again.stdout, (
        again.stderr
    )
    (placed,) = demo.rows("SELECT count(*) FROM stakeholders_regionassignment WHERE kind = 'state'")[0]
    assert (
        f"{placed} stakeholders located in this layer, 0 of them newly or in another region" in again.stdout
    )
    newer = manage(demo.folder, "import_tiger", str(archive), "--kind=state", "--vintage=2024")
    assert (
        f"{placed} stakeholders located in this layer, {placed} of them newly or in another region"
        in newer.stdout
    ), newer.stderr


COUNT_KEPT_STATEMENTS = """
from django.conf import settings
from django.core.management import call_command
from django.db import connection
settings.DEBUG = True
call_command("import_tiger", {archive!r}, kind="state", vintage=2016, verbosity=0)
kept = [query["sql"] for query in connection.queries]
print(sum("ST_GeomFromEWKB" in sql for sql in kept), "of", "some" if kept else "none")
"""


def test_no_statement_that_holds_shapes_is_kept_on_sqlite_when_django_logs_them(demo: Demo) -> None:
    archive = ROOT / "app/site/demo/cb_2016_us_state_simplified.zip"
    kept = manage(demo.folder, "shell", "-c", COUNT_KEPT_STATEMENTS.format(archive=str(archive)))
    assert kept.stdout.splitlines()[-1:] == ["0 of some"], kept.stderr


def test_a_failed_import_changes_nothing_on_sqlite(demo: Demo, tmp_path: Path) -> None:
    rows = [(county("24005"), degree_square()), (county("24510"), degree_square())]
    broken = write_layer(tmp_path / "broken", rows)
    table = (broken / "layer.dbf").read_bytes()
    (broken / "layer.dbf").write_bytes(table.replace(b"Baltimore", b"Baltimor\xff"))
    (broken / "layer.cpg").write_text("UTF-8")
    before = demo.rows("SELECT count(*), max(updated_at) FROM regions_region")
    failed = manage(demo.folder, "import_tiger", str(broken), "--kind=county", "--vintage=2016")
    assert failed.returncode == 1
    assert "Record 1 of layer.shp can't be read" in failed.stderr
    assert "Nothing was changed." in failed.stderr
    assert demo.rows("SELECT count(*), max(updated_at) FROM regions_region") == before
