"""The time that work on a whole layer takes."""

from django.db import connection

# A stage's usual limits are those of a web request. Who confirms an endorsement holds a lock for milliseconds.
_LIMITS = {
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "10min",
    "lock_timeout": "60s",
}


def allow_time() -> None:
    """Lift the limits to the end of this transaction."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        calls = ", ".join(["set_config(%s, %s, true)"] * len(_LIMITS))
        cursor.execute(f"SELECT {calls}", [text for pair in _LIMITS.items() for text in pair])
