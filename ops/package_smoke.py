"""Starts an unpacked package as Lambda would, with nothing else to import but the standard library.

    python -I -S ops/package_smoke.py FOLDER FOLDER_WITH_BOTO3

A request has to be answered before boto3 is there to import, since no request may need it; then Zappa's handler gets a
management command with boto3 at hand, as in Lambda's runtime. Run by ops/package_gates.py; imports nothing of `ops`.
"""

import importlib
import json
import sys
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any


def gateway_event(path: str) -> dict[str, Any]:
    return {
        "httpMethod": "GET",
        "path": path,
        "headers": {"Host": "smoke.execute-api.us-east-1.amazonaws.com"},
        "multiValueHeaders": {"Host": ["smoke.execute-api.us-east-1.amazonaws.com"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {
            "domainName": "smoke.execute-api.us-east-1.amazonaws.com",
            "identity": {"sourceIp": "192.0.2.1"},
            "path": f"/dev{path}",
            "stage": "dev",
        },
        "body": None,
        "isBase64Encoded": False,
    }


def main() -> int:
    folder, folder_with_boto3 = sys.argv[1:]
    sys.path.insert(0, folder)
    handler = importlib.import_module("app.config.lambda_handler").handler

    response = handler(gateway_event("/healthz"), None)
    if response["statusCode"] != HTTPStatus.OK:
        print(f"/healthz answered {response['statusCode']}: {response['body']}", file=sys.stderr)
        return 1
    if unwanted := {"boto3", "botocore", "zappa", "werkzeug"} & set(sys.modules):
        print(f"answering a request imported {', '.join(sorted(unwanted))}", file=sys.stderr)
        return 1

    if importlib.import_module("django.conf").settings.USE_I18N:
        print(
            "USE_I18N is on, and the package has no catalogues: keep *.mo in ops/package.py", file=sys.stderr
        )
        return 1

    sys.path.append(folder_with_boto3)
    handler({"manage": "check"}, SimpleNamespace(aws_request_id="smoke"))
    print(json.loads(response["body"])["release"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
