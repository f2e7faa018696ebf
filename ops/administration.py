"""What the -ops function does for an operator once, or seldom: a database for the stage, a first administrator."""

import re

from ops import functions
from ops.platform import UNKNOWN_URL, StagePlatform

# Zappa splits a command at spaces, and what begins with a hyphen would be an option.
_ADDRESS = re.compile(r"[^\s@-][^\s@]*@[^\s@]+")


class AdministrationError(Exception):
    """It can't be done as things are; the message says what to do first."""


def bootstrap_database(platform: StagePlatform) -> str:
    """Make or mend the stage's database, its role after its secret, and its extensions. Can be repeated.

    Returns:
        What was made.

    Raises:
        AdministrationError: there is no -ops function, or nothing is known of the server.
        ops.functions.CallError: it failed.
    """
    _require_function(platform, f"`make deploy STAGE={platform.stage}` makes both, the first time")
    if not (platform.master_secret and platform.database_host):
        raise AdministrationError(
            "The platform says nothing of the database's master user: see terraform/outputs.tf."
        )
    command = (
        f"db_bootstrap --master-secret {platform.master_secret}"
        f" --host {platform.database_host} --port {platform.database_port}"
    )
    return functions.manage_and_read(platform.ops_function, command).strip()


def create_administrator(platform: StagePlatform, public_url: str, email: str) -> str:
    """Make an administrator, or find the one of this address.

    Args:
        platform: the stage.
        public_url: where its links lead.
        email: the address.

    Returns:
        What was done, with a link to choose a password, which no log has.

    Raises:
        AdministrationError: it is no address, or the stage is not deployed yet.
        ops.functions.CallError: it failed.
    """
    if not _ADDRESS.fullmatch(email):
        raise AdministrationError(f"{email!r} is no e-mail address: EMAIL=ada@example.org")
    first = f"run `make deploy STAGE={platform.stage}` first"
    _require_function(platform, first)
    if public_url == UNKNOWN_URL:
        raise AdministrationError(f"{platform.stage} has no address that a link could lead to: {first}.")
    return functions.manage_and_read(platform.ops_function, f"create_admin {email}").strip()


def _require_function(platform: StagePlatform, otherwise: str) -> None:
    if not functions.exists(platform.ops_function):
        raise AdministrationError(f"There is no function {platform.ops_function}: {otherwise}.")
