"""The two answers that planning our Terraform needs of AWS, on loopback: who we are, and a random password.

Whatever else is asked is refused, so a plan that would need more of AWS fails here.
"""

import contextlib
import json
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

ACCOUNT_ID = "000000000000"
_IDENTITY = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::{ACCOUNT_ID}:user/nobody</Arn><UserId>nobody</UserId><Account>{ACCOUNT_ID}</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


@dataclass
class OfflineAws:
    """What is served.

    Attributes:
        url: what AWS_ENDPOINT_URL has to be.
        passwords: all that were given out.
        refused: the calls that had no answer.
    """

    url: str = ""
    passwords: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """Variables for a client that must not reach real AWS, whatever the operator's own say."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nobody",
            "AWS_SESSION_TOKEN": "",
            "AWS_PROFILE": "",
            "AWS_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CA_BUNDLE": "",
        }

    def answer(self, target: str, body: bytes) -> tuple[int, str, str]:
        """Status, content type and body for a call."""
        action = target or parse_qs(body.decode()).get("Action", ["?"])[0]
        if action == "GetCallerIdentity":
            return 200, "text/xml", _IDENTITY
        if action == "secretsmanager.GetRandomPassword":
            # Letters and digits, as it is asked for.
            password = secrets.token_hex(json.loads(body).get("PasswordLength", 32) // 2)
            self.passwords.append(password)
            return 200, "application/x-amz-json-1.1", json.dumps({"RandomPassword": password})
        self.refused.append(action)
        message = json.dumps(
            {"__type": "AccessDeniedException", "message": f"{action} is not answered offline"}
        )
        return 400, "application/x-amz-json-1.1", message


@contextlib.contextmanager
def serve() -> Iterator[OfflineAws]:
    """Answer on a free loopback port inside the block."""
    aws = OfflineAws()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, kind, answer = aws.answer(self.headers.get("X-Amz-Target", ""), body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    aws.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield aws
    finally:
        server.shutdown()
        server.server_close()
