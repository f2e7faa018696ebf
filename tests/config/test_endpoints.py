"""What a stage reaches, asked of real sockets on loopback: some answer, some refuse, some are silent, some are not who they say."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from django.core.management import CommandError, call_command
from django.db import connection

from app import aws
from app.config import endpoints
from app.config.endpoints import Target
from tests.ports import full, refusing

Serve = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def _patient(aws_credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "CONNECT_SECONDS", 60)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what never answers; what does is waited for, however busy this machine is."""
    monkeypatch.setattr(endpoints, "CONNECT_SECONDS", 0.3)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trust(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clients of this test trust the authority."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(file))
    return file


@contextlib.contextmanager
def serving(serve: Serve, family: socket.AddressFamily = socket.AF_INET) -> Iterator[int]:
    """A server's port; `serve` gets each connection in turn."""
    with socket.socket(family) as server:
        server.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        server.listen()
        thread = threading.Thread(target=_accept, args=(server, serve))
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _accept(server: socket.socket, serve: Serve) -> None:
    while True:
        try:
            accepted, _ = server.accept()
        except OSError:
            return
        # The other side may hang up at any time: what a client that only probes does.
        with accepted, contextlib.suppress(OSError):
            serve(accepted)


def speaking_tls(authority: trustme.CA, *names: str) -> Serve:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)

    def serve(accepted: socket.socket) -> None:
        with context.wrap_socket(accepted, server_side=True) as secure:
            secure.recv(1)

    return serve


def say_nothing(accepted: socket.socket) -> None:
    while accepted.recv(1024):
        pass


def service_at(port: int, monkeypatch: pytest.MonkeyPatch, scheme: str = "https") -> Target:
    """Secrets Manager, by the address that its client has."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"{scheme}://127.0.0.1:{port}")
    return endpoints.service("secretsmanager")


def test_a_service_with_a_good_certificate_is_reached(
    authority: trustme.CA, trust: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(speaking_tls(authority, "127.0.0.1")) as port:
        found = endpoints.probe(service_at(port, monkeypatch))
    assert found.reached
    assert found.line.startswith(f"ok       secretsmanager  127.0.0.1:{port}  IPv4 127.0.0.1, TLSv1.3, ")


def test_the_address_family_that_answered_is_told(authority: trustme.CA, trust: Path) -> None:
    with serving(speaking_tls(authority, "::1"), socket.AF_INET6) as port:
        target = replace(endpoints.service("secretsmanager"), host="::1", port=port)
        assert "IPv6 ::1, TLSv1.3" in endpoints.probe(target).said


def test_a_certificate_of_another_name_is_refused(
    authority: trustme.CA, trust: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(speaking_tls(authority, "elsewhere.example.org")) as port:
        found = endpoints.probe(service_at(port, monkeypatch))
    assert not found.reached
    assert "IP address mismatch, certificate is not valid for '127.0.0.1'" in found.said
    assert "Somebody else may answer for this name" in found.advice


def test_a_certificate_of_an_authority_that_the_clients_do_not_trust_is_refused(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(speaking_tls(authority, "127.0.0.1")) as port:
        found = endpoints.probe(service_at(port, monkeypatch))
    assert "its certificate is not good: unable to get local issuer certificate" in found.said


def test_a_port_that_refuses_is_told_with_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing() as port:
        found = endpoints.probe(service_at(port, monkeypatch))
    assert found.said == "IPv4 127.0.0.1: refused"
    assert "AWS_ENDPOINT_URL" in found.advice


def test_a_black_hole_costs_the_time_limit_and_no_more(
    impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full() as port:
        found = endpoints.probe(service_at(port, monkeypatch))
    assert found.said == "IPv4 127.0.0.1: no answer within 0.3 s"


def test_a_server_that_takes_connections_and_says_nothing_is_a_black_hole_too(
    impatient: None, trust: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(say_nothing) as port:
        found = endpoints.probe(service_at(port, monkeypatch))
    assert found.said == "it takes a connection, but then: no answer within 0.3 s"


def test_the_next_address_is_tried_as_every_client_does(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(say_nothing) as port:
        known = [
            (family, socket.SOCK_STREAM, 6, "", (host, port))
            for family, host in ((socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1"))
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: known)
        found = endpoints.probe(service_at(port, monkeypatch, "http"))
    assert "IPv4 127.0.0.1, not encrypted" in found.said


def test_a_name_without_an_address_is_told() -> None:
    found = endpoints.probe(replace(endpoints.service("secretsmanager"), host="nowhere.invalid"))
    assert "the name has no address" in found.said
    assert "DNS" in found.advice


@pytest.mark.parametrize(
    ("service", "advice"),
    [
        ("dynamodb", "gateway endpoint"),
        # Of 127.0.0.1 alone, so there is nothing that IPv6 could reach.
        ("sesv2", "interface_endpoints"),
    ],
)
def test_each_service_has_its_own_way_out_to_look_at(service: str, advice: str) -> None:
    with refusing() as port:
        found = endpoints.probe(replace(endpoints.service(service), host="127.0.0.1", port=port))
    assert advice in found.advice


def test_a_service_that_has_an_ipv6_address_points_to_the_way_out_over_ipv6() -> None:
    with refusing(socket.AF_INET6) as port:
        found = endpoints.probe(replace(endpoints.service("sesv2"), host="::1", port=port))
    assert "egress-only internet gateway" in found.advice


def database(port: int, **options: str) -> Target:
    """The target of a stage's database."""
    entry = {"HOST": "127.0.0.1", "PORT": str(port), "OPTIONS": options}
    return endpoints.targets(entry)[-1]


def speaking_postgresql(answer: bytes, then: Serve) -> Serve:
    def serve(accepted: socket.socket) -> None:
        assert accepted.recv(8) == bytes.fromhex("0000000804d2162f")
        accepted.sendall(answer)
        then(accepted)

    return serve


@pytest.mark.parametrize(
    ("sslmode", "authorities", "answer", "names", "said"),
    [
        ("require", "", b"S", "elsewhere", "TLSv1.3, certificate not checked"),
        ("verify-full", "known", b"S", "127.0.0.1", "TLSv1.3, "),
        ("verify-full", "known", b"S", "elsewhere", "certificate is not valid for '127.0.0.1'"),
        ("verify-ca", "known", b"S", "elsewhere", "TLSv1.3, "),
        ("verify-full", "", b"S", "127.0.0.1", "unable to get local issuer certificate"),
        ("require", "", b"N", "127.0.0.1", "it refuses TLS"),
        ("prefer", "", b"N", "127.0.0.1", "not encrypted"),
        ("require", "", b"H", "127.0.0.1", "it is no PostgreSQL"),
    ],
)
def test_a_database_is_asked_as_its_sslmode_says(
    authority: trustme.CA, trust: Path, sslmode: str, authorities: str, answer: bytes, names: str, said: str
) -> None:
    options = {"sslrootcert": str(trust)} if authorities else {}
    with serving(speaking_postgresql(answer, speaking_tls(authority, names))) as port:
        found = endpoints.probe(database(port, sslmode=sslmode, **options))
    assert said in found.said


def test_a_real_postgresql_is_reached() -> None:
    entry = connection.settings_dict
    assert endpoints.targets(entry)[-1].name == "database"
    found = endpoints.probe(endpoints.targets(entry)[-1])
    assert found.reached, found.line


@pytest.mark.parametrize("entry", [{"NAME": "demo.sqlite3"}, {"HOST": "/run/postgresql"}])
def test_a_database_of_this_machine_is_no_target(entry: dict[str, Any]) -> None:
    assert {target.name for target in endpoints.targets(entry)} == set(aws.ENDPOINTS)


def test_the_command_names_every_endpoint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(socket.socket.close) as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        call_command("probe_endpoints")
    *lines, summary = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["ok", name] for name in [*aws.ENDPOINTS, "database"]]
    assert summary == f"{len(lines)} of {len(lines)} endpoints are reached"


def test_the_command_fails_over_what_a_stage_can_not_do_without(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing() as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        with pytest.raises(CommandError) as failure:
            call_command("probe_endpoints")
    said = str(failure.value)
    assert "FAILED   secretsmanager" in said
    assert "warning  sesv2" in said
    assert "but not secretsmanager (no function starts)" in said


def test_the_command_warns_of_what_a_stage_can_do_without(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(socket.socket.close) as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:1")
        call_command("probe_endpoints")
    said = capsys.readouterr().out
    assert "warning  sesv2           127.0.0.1:1  IPv4 127.0.0.1: refused" in said
    assert said.rstrip().endswith("endpoints are reached, but not sesv2 (mail waits in the queue)")


def test_a_machine_without_a_region_is_told_to_set_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(CommandError, match="set AWS_REGION"):
        call_command("probe_endpoints")
