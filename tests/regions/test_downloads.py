"""Downloads from a real HTTPS server that breaks off, changes its mind or is not who it should be; and from S3."""

import hashlib
import http.server
import re
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import boto3
import pytest
import trustme
from django.core.management import call_command
from moto import mock_aws

from app.regions import downloads
from app.regions.downloads import fetch
from app.regions.models import ImportRun
from app.regions.sources import NotThereError, SourceError, opened
from tests.layers import county, degree_square, pack, write_layer

LIMIT = 10_000_000


class Server(http.server.BaseHTTPRequestHandler):
    """Serves `content` at any address that ends in .zip; the folder says how."""

    content: ClassVar[bytes] = b""
    version: ClassVar[str] = '"one"'
    redirects: ClassVar[dict[str, str]] = {}
    ranges: ClassVar[list[str | None]] = []
    busy: ClassVar[int] = 0

    def do_GET(self) -> None:
        cls = type(self)
        if self.path in self.redirects:
            self.send_response(302)
            self.send_header("Location", self.redirects[self.path])
            self.end_headers()
        elif not self.path.endswith("layer.zip"):
            self.send_error(404)
        elif cls.busy:
            cls.busy -= 1
            self.send_error(503)
        else:
            self.serve()

    def serve(self) -> None:
        self.ranges.append(self.headers.get("Range"))
        tagged = not self.path.startswith("/untagged")
        begin = 0
        if tagged and self.headers.get("If-Range") == self.version:
            found = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"])
            assert found
            begin = int(found[1])
        rest = self.content[begin:]
        self.send_response(206 if begin else 200)
        chunked = "chunked" in self.path
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(rest)))
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(self.content) - 1}/{len(self.content)}")
        if tagged:
            self.send_header("ETag", self.version)
        self.end_headers()
        breaks_off = "breaking" in self.path and len(rest) > 250
        sent = rest[:250] if breaks_off else rest
        if chunked:
            # A chunk of no bytes is the end, which a broken line leaves out.
            sent = b"%x\r\n%b\r\n" % (len(sent), sent) + (b"" if breaks_off else b"0\r\n\r\n")
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Quiet."""


class QuietServer(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what some tests want."""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return pack(write_layer(tmp_path / "source", [(county(), degree_square())]), tmp_path / "layer.zip")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server(authority: trustme.CA, archive: Path) -> Iterator[str]:
    """The address of an https server of its own authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with QuietServer(("127.0.0.1", 0), Server) as serving:
        # The handshake is left to the thread of the request, which closes its socket when it fails.
        serving.socket = context.wrap_socket(serving.socket, server_side=True, do_handshake_on_connect=False)
        address = f"https://127.0.0.1:{serving.server_port}"
        Server.content, Server.version, Server.busy = archive.read_bytes(), '"one"', 0
        Server.ranges.clear()
        Server.redirects = {
            "/moved": f"{address}/layer.zip",
            "/downgraded": f"http://127.0.0.1:{serving.server_port}/layer.zip",
        }
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield address
        serving.shutdown()
        thread.join()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "WAITS_SECONDS", (0.0, 0.0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "downloads"


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("path", ["/layer.zip", "/moved", "/untagged/layer.zip"])
def test_an_https_address_is_downloaded(server: str, path: str, folder: Path) -> None:
    assert fetch(server + path, folder, LIMIT).read_bytes() == Server.content


@pytest.mark.usefixtures("trusted")
def test_a_source_may_be_an_https_address(server: str) -> None:
    with opened(f"{server}/layer.zip") as parts:
        assert parts.shp.name == "layer.shp"


def test_a_certificate_of_an_unknown_authority_is_refused(server: str, folder: Path) -> None:
    with pytest.raises(SourceError, match="CERTIFICATE_VERIFY_FAILED"):
        fetch(f"{server}/layer.zip", folder, LIMIT)
    assert Server.ranges == []


@pytest.mark.usefixtures("trusted")
def test_a_line_that_breaks_again_and_again_is_no_reason_to_give_up(server: str, folder: Path) -> None:
    assert fetch(f"{server}/breaking/layer.zip", folder, LIMIT).read_bytes() == Server.content
    assert len(Server.ranges) > 2
    assert Server.ranges[:3] == [None, "bytes=249-", "bytes=498-"]


@pytest.mark.usefixtures("trusted")
def test_what_broke_off_goes_on_though_nobody_says_how_long_it_is(server: str, folder: Path) -> None:
    assert fetch(f"{server}/chunked/breaking/layer.zip", folder, LIMIT).read_bytes() == Server.content
    assert Server.ranges[:3] == [None, "bytes=249-", "bytes=498-"]


@pytest.mark.usefixtures("trusted")
def test_a_part_is_never_taken_for_the_whole(server: str, folder: Path) -> None:
    with pytest.raises(SourceError, match="broke off in the middle"):
        fetch(f"{server}/untagged/chunked/breaking/layer.zip", folder, LIMIT)
    assert Server.ranges == [None] * 3


@pytest.mark.usefixtures("trusted")
def test_a_server_that_names_no_version_is_asked_for_all_of_it_and_given_up_in_the_end(
    server: str, folder: Path
) -> None:
    with pytest.raises(SourceError, match=rf"broke off after 250 of {len(Server.content)} bytes"):
        fetch(f"{server}/untagged/breaking/layer.zip", folder, LIMIT)
    assert Server.ranges == [None] * 3


@pytest.mark.usefixtures("trusted")
def test_what_an_earlier_process_left_is_gone_on_with(server: str, folder: Path) -> None:
    whole = fetch(f"{server}/layer.zip", folder, LIMIT)
    whole.write_bytes(Server.content[:700])
    assert fetch(f"{server}/layer.zip", folder, LIMIT).read_bytes() == Server.content
    assert Server.ranges == [None, "bytes=699-"]


@pytest.mark.usefixtures("trusted")
def test_a_file_that_is_whole_costs_one_byte(server: str, folder: Path) -> None:
    for _ in range(2):
        assert fetch(f"{server}/layer.zip", folder, LIMIT).read_bytes() == Server.content
    assert Server.ranges == [None, f"bytes={len(Server.content) - 1}-"]


@pytest.mark.usefixtures("trusted")
def test_a_file_that_changed_meanwhile_comes_anew(server: str, folder: Path) -> None:
    fetch(f"{server}/layer.zip", folder, LIMIT).write_bytes(b"x" * 700)
    Server.content, Server.version = b"another" * 50, '"two"'
    assert fetch(f"{server}/layer.zip", folder, LIMIT).read_bytes() == Server.content


@pytest.mark.usefixtures("trusted")
def test_a_part_without_its_note_comes_anew(server: str, folder: Path) -> None:
    part = fetch(f"{server}/layer.zip", folder, LIMIT)
    part.write_bytes(b"x" * 700)
    part.with_name(f"{part.name}.json").write_text('{"url": "htt')
    assert fetch(f"{server}/layer.zip", folder, LIMIT).read_bytes() == Server.content


@pytest.mark.usefixtures("trusted")
def test_a_busy_server_is_asked_again(server: str, folder: Path) -> None:
    Server.busy = 2
    assert fetch(f"{server}/layer.zip", folder, LIMIT).read_bytes() == Server.content
    Server.busy = 3
    with pytest.raises(SourceError, match="Service Unavailable"):
        fetch(f"{server}/layer.zip", folder / "other", LIMIT)


@pytest.mark.usefixtures("trusted")
def test_what_is_not_there_is_told_apart(server: str, folder: Path) -> None:
    with pytest.raises(NotThereError, match=r"none\.zip can't be downloaded: Not Found"):
        fetch(f"{server}/none.zip", folder, LIMIT)


@pytest.mark.usefixtures("trusted")
def test_a_redirection_to_plain_http_is_refused(server: str, folder: Path) -> None:
    with pytest.raises(SourceError, match="is refused: only https addresses are downloaded"):
        fetch(f"{server}/downgraded", folder, LIMIT)


@pytest.mark.usefixtures("trusted")
def test_a_download_is_stopped_at_the_limit(server: str, folder: Path) -> None:
    with pytest.raises(SourceError, match="is larger than allowed"):
        fetch(f"{server}/layer.zip", folder, 100)


def test_a_server_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(SourceError, match=r"127\.0\.0\.1:1/layer\.zip can't be downloaded"):
        fetch("https://127.0.0.1:1/layer.zip", folder, LIMIT)


@pytest.mark.parametrize("url", ["http://example.org/a.zip", "ftp://example.org/a.zip", "file:///etc/passwd"])
def test_anything_but_https_and_s3_is_refused(url: str, folder: Path) -> None:
    with pytest.raises(SourceError, match="only https and s3 addresses are downloaded"):
        fetch(url, folder, LIMIT)


@pytest.fixture
def bucket(aws_credentials: None, archive: Path) -> Iterator[str]:
    with mock_aws():
        s3 = boto3.client("s3", "us-east-1")
        s3.create_bucket(Bucket="boundaries")
        s3.put_object(Bucket="boundaries", Key="2024/layer.zip", Body=archive.read_bytes())
        yield "s3://boundaries/2024/layer.zip"


def test_a_file_comes_from_s3_and_is_gone_on_with(bucket: str, archive: Path, folder: Path) -> None:
    got = fetch(bucket, folder, LIMIT)
    assert got.read_bytes() == archive.read_bytes()
    got.write_bytes(b"y" * 699 + archive.read_bytes()[699:800])
    # Only the rest was asked for: what stood there before is not looked at.
    assert fetch(bucket, folder, LIMIT).read_bytes() == b"y" * 699 + archive.read_bytes()[699:]


def test_another_version_in_s3_comes_anew(bucket: str, folder: Path) -> None:
    fetch(bucket, folder, LIMIT)
    boto3.client("s3", "us-east-1").put_object(Bucket="boundaries", Key="2024/layer.zip", Body=b"newer")
    assert fetch(bucket, folder, LIMIT).read_bytes() == b"newer"


def test_what_is_not_in_s3_is_told_apart(bucket: str, folder: Path) -> None:
    with pytest.raises(NotThereError, match="NoSuchKey"):
        fetch(f"{bucket}x", folder, LIMIT)


@pytest.mark.django_db
def test_the_bureaus_files_are_taken_by_their_names_from_s3(bucket: str, archive: Path) -> None:
    folder = bucket.removesuffix("layer.zip")
    boto3.client("s3", "us-east-1").put_object(
        Bucket="boundaries", Key="2024/tl_2024_us_county.zip", Body=archive.read_bytes()
    )
    call_command("import_tiger", kind="county", vintage=2024, root=folder, verbosity=0)
    run = ImportRun.objects.get()
    assert (run.status, run.source, run.inserted) == ("succeeded", f"{folder}tl_2024_us_county.zip", 1)
    assert run.checksum == hashlib.sha256(archive.read_bytes()).hexdigest()
