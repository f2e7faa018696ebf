"""Clients of an emulator that no variable names."""

from typing import Any

import boto3

from ops.emulator import REGION, Emulator


def client(running: Emulator, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=running.url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
