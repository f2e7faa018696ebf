"""An apply that can't write its state: the bucket is gone as soon as something was made."""

import sys
from pathlib import Path

_LOSE_THE_STATES = """
import boto3
bucket = boto3.resource("s3").Bucket({bucket!r})
bucket.objects.delete()
bucket.delete()
"""


def provisioner(folder: Path, bucket: str) -> str:
    """What a resource of the root in the folder says to take the bucket away when it is made."""
    script = folder / "lose_the_states.py"
    script.write_text(_LOSE_THE_STATES.format(bucket=bucket))
    return f'provisioner "local-exec" {{ command = "{sys.executable} {script}" }}'
