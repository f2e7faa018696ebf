"""What a platform has to say about its accounts."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_WEB_ADDRESS = re.compile(r"(?i)^(https?://|www\.|m\.)|^[a-z0-9-]+(\.[a-z0-9-]+)+/")


class NotAnAccountError(ValueError):
    """The text names no account of the platform; the message says what is expected."""


@dataclass(frozen=True)
class Adapter:
    """One platform.

    Attributes:
        name: in addresses and in the database.
        label: for people.
        hosts: of its addresses, without `www.` and `m.`.
        handle_pattern: what a normalised handle matches; the database checks it too, so it is written in what Python's and
            PostgreSQL's regular expressions share.
        example: a handle, for messages.
        visitors_label: what its daily number of visits or views is called.
        from_path: the handle in the path of an address, as its parts; raises NotAnAccountError.
        link: the address of a normalised handle's account.
    """

    name: str
    label: str
    hosts: frozenset[str]
    handle_pattern: str
    example: str
    visitors_label: str
    from_path: Callable[[list[str]], str]
    link: Callable[[str], str]

    def handle(self, text: str) -> str:
        """The one spelling of a handle that is typed, pasted with its @, or given as the account's address.

        Raises:
            NotAnAccountError: it is none; the message says what is expected.
        """
        typed = unicodedata.normalize("NFC", text).strip()
        named = self._named_by(typed) if _WEB_ADDRESS.match(typed) else typed
        handle = self._one_spelling(named.removeprefix("@"))
        if not re.fullmatch(self.handle_pattern, handle):
            raise NotAnAccountError(
                f"This is no handle of {self.label}. Give one as {self.example}, or the account's address."
            )
        return handle

    def _named_by(self, address: str) -> str:
        if _host(address) not in self.hosts:
            raise NotAnAccountError(f"This is an address elsewhere, not on {self.label}.")
        path = urlsplit(_with_scheme(address)).path
        return self.from_path([unquote(part) for part in path.split("/") if part])

    def _one_spelling(self, handle: str) -> str:
        # An identifier of the platform's own (YouTube's UC…) tells capitals apart; a handle that people choose doesn't.
        return handle if re.fullmatch(self.handle_pattern, handle) else handle.lower()


def _with_scheme(address: str) -> str:
    return address if "://" in address else f"https://{address}"


def _host(address: str) -> str:
    try:
        host = urlsplit(_with_scheme(address)).hostname or ""
    except ValueError:  # brackets without an IPv6 address between them
        return ""
    return host.removeprefix("www.").removeprefix("m.")
