"""Whether what a stage calls is reached from where this runs: name, address, TCP, TLS.

It sends no credentials and changes nothing, so it can be asked at any time.
"""

import os
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app import aws

# Of each address, as the clients have it (app/aws.py).
CONNECT_SECONDS = 2.0

_FAMILIES = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
_ENCRYPTED_SSL_MODES = frozenset({"require", "verify-ca", "verify-full"})
# https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SSLREQUEST
_SSL_REQUEST = bytes.fromhex("0000000804d2162f")

_SEE_GATEWAY = (
    "See the gateway endpoint, its routes, and the security group's rule for its prefix list: `make plan` shows what"
    " differs from terraform/modules/network."
)
_SEE_IPV6 = (
    "See the private subnets' route ::/0 to the egress-only internet gateway, the security group's rule for port 443 over"
    " IPv6, and Ipv6AllowedForDualStack of the function: `make plan` shows what differs."
)
_SEE_INTERFACE = (
    "It has no IPv6 address here, so it needs a private one: interface_endpoints in terraform/variables.tf."
)
_SEE_DATABASE = "See whether the instance runs and its security group lets the functions in: `make plan` shows what differs."
_SEE_EMULATOR = "AWS_ENDPOINT_URL says that AWS is there: start it, or unset the variable."
_SEE_DNS = "See the VPC's DNS support, and whether there is such a host in this region."
_SEE_TLS = "Somebody else may answer for this name: see DNS, and what stands between."


class UnreachedError(Exception):
    """The message says how far we came."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is to be reached.

    Attributes:
        name: the service's name for boto3, or `database`.
        host, port: where it is.
        tls: what its certificate is checked by; None for a connection in the clear.
        postgresql: whether TLS has to be asked for as PostgreSQL's clients do.
        may_be_clear: whether a server that refuses TLS is taken without.
        required: whether a stage can't serve without it.
        without_it: what happens while it is not reached.
        advice: where to look if there is no connection.
    """

    name: str
    host: str
    port: int
    tls: ssl.SSLContext | None
    postgresql: bool = False
    may_be_clear: bool = False
    required: bool
    without_it: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What came of it: `said` for one line, and where to look, empty if it was reached."""

    target: Target
    said: str
    advice: str = ""

    @property
    def reached(self) -> bool:
        return not self.advice

    @property
    def line(self) -> str:
        word = "ok" if self.reached else "FAILED" if self.target.required else "warning"
        line = f"{word:<7}  {self.target.name:<14}  {self.target.host}:{self.target.port}  {self.said}"
        return line if self.reached else f"{line}. {self.advice}"


def targets(database: Mapping[str, Any]) -> list[Target]:
    """All that the application calls.

    Args:
        database: its entry in Django's DATABASES; a file or a socket of this machine is no target.

    Raises:
        botocore.exceptions.BotoCoreError: no region is known.
    """
    found = [service(name) for name in aws.ENDPOINTS]
    host = database.get("HOST") or ""
    return found if not host or host.startswith("/") else [*found, _database(host, database)]


def service(name: str) -> Target:
    """An AWS service, at the very address that its client uses.

    Raises:
        As `app.aws.client`.
    """
    url, endpoint = urlsplit(aws.address(name)), aws.ENDPOINTS[name]
    is_encrypted = url.scheme == "https"
    return Target(
        name=name,
        host=url.hostname or "",
        port=url.port or (443 if is_encrypted else 80),
        tls=ssl.create_default_context(cafile=aws.trusted_certificates()) if is_encrypted else None,
        required=endpoint.required,
        without_it=endpoint.without_it,
        advice=_advice(gateway=endpoint.gateway),
    )


def _advice(*, gateway: bool) -> str:
    if os.environ.get("AWS_ENDPOINT_URL"):
        return _SEE_EMULATOR
    return _SEE_GATEWAY if gateway else _SEE_IPV6


def _database(host: str, entry: Mapping[str, Any]) -> Target:
    options = entry.get("OPTIONS", {})
    mode = options.get("sslmode", "prefer")
    return Target(
        name="database",
        host=host,
        port=int(entry.get("PORT") or 5432),
        tls=_database_tls(mode, options.get("sslrootcert")),
        postgresql=True,
        may_be_clear=mode not in _ENCRYPTED_SSL_MODES,
        required=True,
        without_it="no page with data is served",
        advice=_SEE_DATABASE,
    )


def _database_tls(mode: str, authorities: str | None) -> ssl.SSLContext | None:
    """As libpq takes sslmode and sslrootcert."""
    if mode == "disable":
        return None
    context = ssl.create_default_context(cafile=authorities)
    # RDS's authority is no public one: see decision 0021.
    context.check_hostname = mode == "verify-full"
    if mode not in {"verify-ca", "verify-full"} and not (mode == "require" and authorities):
        context.verify_mode = ssl.CERT_NONE
    return context


def probe_all(wanted: list[Target]) -> list[Finding]:
    """Try all of them at once, so that one black hole costs the time of one."""
    with ThreadPoolExecutor(len(wanted)) as pool:
        return list(pool.map(probe, wanted))


def summary(findings: list[Finding]) -> str:
    """One line for who has no time for more."""
    lost = [f"{one.target.name} ({one.target.without_it})" for one in findings if not one.reached]
    reached = f"{len(findings) - len(lost)} of {len(findings)} endpoints are reached"
    return f"{reached}, but not {', '.join(lost)}" if lost else reached


def probe(target: Target) -> Finding:
    """Resolve, connect as a client would, shake hands, hang up."""
    try:
        addresses = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except OSError as error:
        said = f"the name has no address ({error.strerror})"
        return Finding(target=target, said=said, advice=_SEE_DNS)
    started = time.monotonic()
    try:
        connection, place = _connect(addresses)
        with connection:
            encryption = _encrypt(target, connection)
    except UnreachedError as error:
        advice = _SEE_TLS if isinstance(error.__cause__, ssl.SSLError) else _where_to_look(target, addresses)
        return Finding(target=target, said=str(error), advice=advice)
    return Finding(target=target, said=f"{place}, {encryption}, {1000 * (time.monotonic() - started):.0f} ms")


def _where_to_look(target: Target, addresses: list[Any]) -> str:
    has_ipv6 = any(family == socket.AF_INET6 for family, *_ in addresses)
    return _SEE_INTERFACE if target.advice == _SEE_IPV6 and not has_ipv6 else target.advice


def _place(family: int, address: Any) -> str:
    return f"{_FAMILIES.get(socket.AddressFamily(family), '?')} {address[0]}"


def _connect(addresses: list[Any]) -> tuple[socket.socket, str]:
    """The first of the addresses that takes a connection, in the system's order, as every client tries them.

    Returns:
        The connection, and where it leads.

    Raises:
        UnreachedError: says of each what it did.
    """
    problems = []
    for family, kind, protocol, _, address in addresses:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(CONNECT_SECONDS)
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            problems.append(f"{_place(family, address)}: {_reason(error)}")
        else:
            return connection, _place(family, address)
    raise UnreachedError("; ".join(problems))


def _encrypt(target: Target, connection: socket.socket) -> str:
    """Shake hands.

    Returns:
        What protects the connection.

    Raises:
        UnreachedError: says why not; its cause is an ssl.SSLError where TLS was answered wrongly.
    """
    if target.tls is None:
        return "not encrypted"
    try:
        if target.postgresql and not _takes_tls(connection):
            if target.may_be_clear:
                return "not encrypted"
            raise UnreachedError("it refuses TLS")
        with target.tls.wrap_socket(connection, server_hostname=target.host) as secure:
            checked = "" if target.tls.verify_mode else ", certificate not checked"
            return f"{secure.version()}{checked}"
    except ssl.SSLCertVerificationError as error:
        raise UnreachedError(f"its certificate is not good: {error.verify_message}") from error
    except OSError as error:
        raise UnreachedError(f"it takes a connection, but then: {_reason(error)}") from error


def _takes_tls(connection: socket.socket) -> bool:
    connection.sendall(_SSL_REQUEST)
    answer = connection.recv(1)
    if answer not in {b"S", b"N"}:
        raise UnreachedError("it is no PostgreSQL")
    return answer == b"S"


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_SECONDS:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    return error.strerror or type(error).__name__
