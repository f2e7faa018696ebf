"""What an emulated S3 tells a function of a form that was posted is what the entry point takes."""

import io
import json
import zipfile
from typing import Any

import boto3
import pytest

from app.uploads.purposes import PDF
from ops.processes import wait_until
from tests.uploads.conftest import A_PDF, BACK, BUCKET, Letters, Send

# Keeps what it is told where the test finds it.
LISTENER = """
import json, boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket="coalition-media", Key="told/event.json", Body=json.dumps(event))
"""


@pytest.fixture
def listener(bucket: Any) -> None:
    """A function that the bucket tells of quarantine, as terraform/edge/uploads.tf says."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("listener.py", LISTENER)
    arn = boto3.client("lambda", region_name="us-east-1").create_function(
        FunctionName="coalition-ops",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/listener",
        Handler="listener.handler",
        Code={"ZipFile": packed.getvalue()},
        Timeout=300,
    )["FunctionArn"]
    rule = {"Name": "prefix", "Value": "quarantine/"}
    told = {
        "Id": f"{arn}:app.uploads.events.received",
        "LambdaFunctionArn": arn,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [rule]}},
    }
    bucket.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"LambdaFunctionConfigurations": [told]}
    )


def event(bucket: Any) -> dict[str, Any]:
    def is_told() -> bool:
        return bool(bucket.list_objects_v2(Bucket=BUCKET, Prefix="told/").get("Contents"))

    wait_until(is_told, "S3's notification", 300)
    told: dict[str, Any] = json.load(bucket.get_object(Bucket=BUCKET, Key="told/event.json")["Body"])
    return told


def test_a_posted_form_is_told_of_and_taken(
    bucket: Any, listener: None, letters: Letters, send: Send, tell: Any
) -> None:
    key = letters.ask()
    assert send(letters.form(key, PDF.content_type, BACK), A_PDF).status == 303
    tell(event(bucket))
    assert [received.key for received in letters.rows[key].received] == [key]
