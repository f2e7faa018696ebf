"""Who and what is there when the rehearsal's curtain rises: two regions, a campaign, a moderator."""

import base64
import hashlib
import json
import secrets
from pathlib import Path

import psycopg2

from ops import functions

SLUG = "clean-water"
MODERATOR = "moderator"
_ITERATIONS = 1000

_REGION = """
INSERT INTO regions_region (kind, geoid, vintage, name, full_name, state_fips, usps, parent_id, land_area_m2,
                            water_area_m2, west, south, east, north, geometry, outline, updated_at)
VALUES (%(kind)s, %(geoid)s, 2025, %(name)s, %(full_name)s, '24', %(usps)s,
        (SELECT id FROM regions_region WHERE kind = 'state' AND %(kind)s <> 'state'),
        1, 0, %(west)s, %(south)s, %(east)s, %(north)s,
        ST_Multi(ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)),
        ST_Multi(ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)), now())
"""

MARYLAND = {"kind": "state", "geoid": "24", "name": "Maryland", "full_name": "Maryland", "usps": "MD"}
MARYLAND_BOX = {"west": -79.5, "south": 37.9, "east": -75.0, "north": 39.7}
HOWARD = {"kind": "county", "geoid": "24027", "name": "Howard", "full_name": "Howard County", "usps": ""}
HOWARD_BOX = {"west": -77.2, "south": 39.1, "east": -76.7, "north": 39.4}
IN_HOWARD = {"latitude": 39.25, "longitude": -76.93}


def load_regions(database_url: str) -> None:
    """A state and one of its counties, as boxes."""
    with psycopg2.connect(database_url) as connection, connection.cursor() as cursor:
        for region in (MARYLAND | MARYLAND_BOX, HOWARD | HOWARD_BOX):
            cursor.execute(_REGION, region)
    connection.close()


def load_campaign_and_moderator(ops_function: str, folder: Path) -> str:
    """Load them by the deployed code.

    Returns:
        The moderator's password.
    """
    password = secrets.token_urlsafe(16)
    fixture = folder / "cast.json"
    fixture.write_text(json.dumps([_campaign(), _moderator(password)]))
    # The emulator's functions see this machine's files.
    functions.manage(ops_function, f"loaddata {fixture}")
    fixture.unlink()
    return password


def _campaign() -> dict[str, object]:
    fields = {
        "slug": SLUG,
        "title": "Clean Water Act",
        "summary": "Rivers to swim in.",
        "description": "Because.",
        "endorsement_statement": "I support the Clean Water Act.",
        "status": "active",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
    }
    return {"model": "campaigns.campaign", "fields": fields}


def _moderator(password: str) -> dict[str, object]:
    fields = {"username": MODERATOR, "password": _hashed(password), "is_staff": True, "groups": [[MODERATOR]]}
    return {"model": "accounts.user", "fields": fields}


def _hashed(password: str) -> str:
    """As Django's PBKDF2PasswordHasher writes it."""
    salt = secrets.token_hex(8)
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), _ITERATIONS)
    return f"pbkdf2_sha256${_ITERATIONS}${salt}${base64.b64encode(key).decode()}"
