"""Starts an unpacked package as Lambda would, with nothing else to import but the standard library.

    python -I -S ops/package_smoke.py FOLDER FOLDER_WITH_BOTO3

A request has to be answered before boto3 is there to import, since no request may need it; then Zappa's handler gets a
management command with boto3 at hand, as in Lambda's runtime. Run by ops/package_gates.py; imports nothing of `ops`.
"""

import base64
import importlib
import json
import re
import sys
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

# They need no database: what the API's documentation, the staff area and every page of the site link to.
PAGES = ("/api/docs/", "/admin/login/", "/nothing-at-this-address/")
# As the gateway's own host has them, with the stage in front.
_LINKED = re.compile(r"""(?:href|src)=["']/dev(/static/[^"']+)["']""")


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


def linked_files(handler: Any) -> dict[str, int]:
    """What the static files that PAGES link to are answered with: a status by path."""
    links = {link for page in PAGES for link in _LINKED.findall(body(handler(gateway_event(page), None)))}
    return {link: handler(gateway_event(link), None)["statusCode"] for link in sorted(links)}


def body(response: dict[str, Any]) -> str:
    text: str = response["body"]
    return base64.b64decode(text).decode() if response["isBase64Encoded"] else text


def main() -> int:
    folder, folder_with_boto3 = sys.argv[1:]
    sys.path.insert(0, folder)
    handler = importlib.import_module("app.config.lambda_handler").handler

    response = handler(gateway_event("/healthz"), None)
    if response["statusCode"] != HTTPStatus.OK:
        print(f"/healthz answered {response['statusCode']}: {response['body']}", file=sys.stderr)
        return 1
    files = linked_files(handler)
    if not files or set(files.values()) != {HTTPStatus.OK}:
        print(f"pages link to static files that are answered with {files}", file=sys.stderr)
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
    print(f"{len(files)} static files")
    print(json.loads(response["body"])["release"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
