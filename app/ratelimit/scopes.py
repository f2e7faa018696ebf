"""What a row of RATE_LIMITS says: who is counted, how much they may, and what happens when nobody can count."""

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.utils.encoding import punycode

from app.ratelimit.windows import Limit

# A household, an office or a phone gets at least a /64 and can use any address of it.
_IPV6_PREFIX_BITS = 64


class By(Enum):
    """Who a client is."""

    ADDRESS = "an IP address, IPv6 by its /64"
    EMAIL = "an e-mail address"
    EMAIL_DOMAIN = "the domain of an e-mail address"
    ACCOUNT = "a staff account's name"
    ACCOUNT_AND_ADDRESS = "a staff account's name and an IP address, as name,address"

    def normalised(self, client: str) -> str:
        """The one spelling of a client."""
        match self:
            case By.ADDRESS:
                return _network(client)
            case By.EMAIL:
                # ada+1@ and ada+2@ end in one mailbox.
                local, at, _ = client.strip().casefold().rpartition("@")
                return f"{local.partition('+')[0]}{at}{_mail_domain(client)}"
            case By.EMAIL_DOMAIN:
                return _mail_domain(client)
            case By.ACCOUNT:
                return client.strip().casefold()
            case By.ACCOUNT_AND_ADDRESS:
                # Whatever is typed as a name: no address has a comma.
                account, comma, address = client.rpartition(",")
                return f"{account.strip().casefold()}{comma}{_network(address)}"


class Failing(Enum):
    """What happens to a request while DynamoDB does not answer."""

    OPEN = "let through, counted by each process for itself"
    CLOSED = "refused with 503"


@dataclass(frozen=True)
class Scope:
    """What is limited.

    Attributes:
        by: who a client is.
        limits: all of them hold; the small one for a burst first.
        failing: what happens without DynamoDB.
        unlimited: clients that are not counted, normalised.
    """

    by: By
    limits: tuple[Limit, ...]
    failing: Failing
    unlimited: frozenset[str] = frozenset()


def _mail_domain(address: str) -> str:
    """Where the mail goes: full-width letters and the like are other spellings of one domain."""
    domain = address.strip().casefold().rpartition("@")[2]
    try:
        return punycode(domain).lower()
    except UnicodeError:
        return domain


def _network(client: str) -> str:
    try:
        address: IPv4Address | IPv6Address = ip_address(client.strip().partition("/")[0])
    except ValueError:
        # A test call from the gateway's console has a word for its address.
        return client
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    # Without a zone, as fe80::1%eth0 has one.
    return str(ip_network((int(address), _IPV6_PREFIX_BITS), strict=False))
