"""What is signed for S3, and what S3 tells: by its own rules, which the emulator and the policy's text hold us to."""

import base64
import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

from app import aws as clients
from app.config import lambda_handler
from app.uploads.purposes import PDF
from app.uploads.receiving import receive
from app.uploads.stores import StoreError, store
from tests.config.lambda_events import read_event
from tests.uploads.conftest import A_PDF, BACK, BUCKET, MAX_BYTES, Letters, Send


@pytest.fixture
def signing(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Real AWS's addresses; signing asks nobody."""
    settings.UPLOADS = f"s3://{BUCKET}/"
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("AWS_SESSION_TOKEN", "c"),
    ):
        monkeypatch.setenv(name, value)

    def in_region(region: str) -> None:
        monkeypatch.setenv("AWS_REGION", region)
        clients.forget_clients()

    yield in_region
    clients.forget_clients()


def test_a_form_allows_one_key_one_type_a_length_and_fifteen_minutes(signing: Any, letters: Letters) -> None:
    signing("us-east-1")
    key, before = letters.new_key(), dt.datetime.now(dt.UTC).replace(microsecond=0)
    form = letters.form(key, PDF.content_type, BACK)
    after = dt.datetime.now(dt.UTC)
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    expires = dt.datetime.fromisoformat(policy["expiration"])
    assert before <= expires - dt.timedelta(minutes=15) <= after
    signed = {
        name: value for one in policy["conditions"] if isinstance(one, dict) for name, value in one.items()
    }
    assert {name: value for name, value in signed.items() if not name.startswith("x-amz-")} == {
        "bucket": BUCKET,
        "key": f"quarantine/{key}",
        "Content-Type": "application/pdf",
        "success_action_redirect": BACK,
    }
    assert [one for one in policy["conditions"] if isinstance(one, list)] == [
        ["starts-with", "$x-amz-meta-filename", ""],
        ["content-length-range", 1, MAX_BYTES],
    ]


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_what_is_signed_leads_to_the_regions_own_host_by_the_newer_scheme(
    signing: Any, letters: Letters, region: str
) -> None:
    """The older one's is refused by newer regions, and the global host redirects, which a form can't follow."""
    signing(region)
    form = letters.form(letters.new_key(), PDF.content_type)
    assert form.action == f"https://{BUCKET}.s3.{region}.amazonaws.com/"
    assert form.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    url = urlsplit(store().address(letters.new_key(), "a.pdf", PDF.content_type))
    asked = parse_qs(url.query)
    assert url.netloc == f"{BUCKET}.s3.{region}.amazonaws.com"
    assert (asked["X-Amz-Expires"], asked["X-Amz-Algorithm"]) == (["120"], ["AWS4-HMAC-SHA256"])
    assert asked["response-content-disposition"] == ['attachment; filename="a.pdf"']
    assert asked["response-content-type"] == ["application/pdf"]


def test_nothing_of_the_sender_is_kept_beside_the_file(bucket: Any, letters: Letters, send: Send) -> None:
    key = letters.ask()
    send(letters.form(key, PDF.content_type, BACK), A_PDF, "Ada Lovelace.pdf")
    receive(key)
    there = bucket.head_object(Bucket=BUCKET, Key=f"uploads/{key}")
    assert (there["Metadata"], there["ContentType"], there["ContentDisposition"]) == (
        {},
        PDF.content_type,
        "attachment",
    )


@pytest.mark.parametrize(("told", "expected"), [
    ("=?UTF-8?B?w6kucGRm?=", "é.pdf"),
    ("=?UTF-8?Q?=C3=A9.pdf?=", "é.pdf"),
    ("=?nonsense?Q?a?=", "=?nonsense?Q?a?=.pdf"),
    ("=?UTF-8?Q?=FF?=", "=?UTF-8?Q?=FF?=.pdf"),
])  # fmt: skip
def test_a_name_beyond_ascii_is_read_as_s3_writes_it(
    bucket: Any, letters: Letters, told: str, expected: str
) -> None:
    key = letters.ask()
    bucket.put_object(
        Bucket=BUCKET,
        Key=f"quarantine/{key}",
        Body=A_PDF,
        ContentType=PDF.content_type,
        Metadata={"filename": told},
    )
    receive(key)
    (received,) = letters.rows[key].received
    assert received.filename == expected


def notification(*keys: str) -> dict[str, Any]:
    event = read_event("s3")
    (record,) = event["Records"]
    record["s3"]["configurationId"] = (
        "arn:aws:lambda:us-east-1:1:function:coalition-builder-prod-ops:app.uploads.events.received"
    )
    return {
        "Records": [
            {**record, "s3": {**record["s3"], "object": {**record["s3"]["object"], "key": key}}}
            for key in keys
        ]
    }


def test_s3s_notification_has_the_file_looked_at(
    bucket: Any, letters: Letters, send: Send, tell: Any
) -> None:
    key = letters.ask()
    send(letters.form(key, PDF.content_type, BACK), A_PDF)
    for _ in range(2):
        tell(notification(f"quarantine/{key}"))
    assert len(letters.rows[key].received) == 1


def test_a_notification_of_other_files_is_left_alone_and_the_rest_of_it_is_not(
    bucket: Any, letters: Letters, send: Send, tell: Any
) -> None:
    key = letters.ask()
    send(letters.form(key, PDF.content_type, BACK), A_PDF)
    of_others = [f"quarantine/prod/letter/{key[-36:]}", "quarantine/a+%C3%A9.png", "geodata/x.zip"]
    tell(notification(*of_others, f"quarantine/{key}"))
    assert len(letters.rows[key].received) == 1


def test_a_notification_that_fails_is_an_error_that_lambda_tries_again(
    bucket: Any, letters: Letters, tell: Any, settings: Any
) -> None:
    settings.UPLOADS = "s3://no-such-bucket/"
    with pytest.raises(lambda_handler.FailedInvocationError):
        tell(notification(f"quarantine/{letters.ask()}"))


def test_a_bucket_that_fails_is_told_as_such(bucket: Any, letters: Letters, settings: Any) -> None:
    settings.UPLOADS = "s3://no-such-bucket/"
    with pytest.raises(StoreError, match="NoSuchBucket"):
        receive(letters.ask())
    with pytest.raises(ClientError):
        bucket.head_bucket(Bucket="no-such-bucket")
