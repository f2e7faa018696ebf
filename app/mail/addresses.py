"""One spelling of an e-mail address."""


def normalise_email(address: str) -> str:
    """The address as it is stored and compared: trimmed and in lower case.

    RFC 5321 lets a server tell capitals apart in the part before the @; no provider of note does, and people type
    their own address both ways.
    """
    return address.strip().lower()
