"""The identity endpoint of App Service, as a function app finds it in IDENTITY_ENDPOINT and IDENTITY_HEADER."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from azure.core.credentials import AccessToken

STORAGE: Final = "https://storage.azure.com"
CLIENT_ID: Final = "11111111-2222-4333-8444-555555555555"
_TENANT: Final = "66666666-7777-4888-8999-000000000000"
_HEADER: Final = "the platform's own word"
_LIFE_S: Final = 3600


def token_for(audience: str) -> AccessToken:
    """Return an unsigned token, which Azurite takes: it reads the claims and checks no signature."""
    now = int(time.time())
    issuer = f"https://sts.windows.net/{_TENANT}/"
    claims = {"aud": audience, "iss": issuer, "iat": now, "nbf": now - 60, "exp": now + _LIFE_S}
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    text = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return AccessToken(text + ".", now + _LIFE_S)


class TestersCredential:
    """Lets a test look into the storage past the app."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Return a token for storage."""
        return token_for(STORAGE)


class _Handler(BaseHTTPRequestHandler):
    """Answers as documented for App Service, version 2019-08-01."""

    server: _Endpoint

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        rightful = self.headers.get("X-IDENTITY-HEADER") == _HEADER and query.get("client_id") == CLIENT_ID
        self.server.asked.append(query.get("resource", "") if rightful else "refused")
        self._answer(_granted(query["resource"]) if rightful else None)

    def _answer(self, content: dict[str, str] | None) -> None:
        body = json.dumps(content or {}).encode()
        self.send_response(200 if content else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Print nothing among the tests."""


def _granted(resource: str) -> dict[str, str]:
    token = token_for(resource.rstrip("/"))
    return {
        "access_token": token.token,
        "client_id": CLIENT_ID,
        "expires_on": str(token.expires_on),
        "resource": resource,
        "token_type": "Bearer",
    }


class _Endpoint(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for the last answer

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []


@contextmanager
def running_identity() -> Iterator[tuple[dict[str, str], list[str]]]:
    """Serve until the end; returns the app's environment, and the resources for which tokens were given."""
    with _Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}/msi/token"
        environment = {"IDENTITY_ENDPOINT": address, "IDENTITY_HEADER": _HEADER, "AZURE_CLIENT_ID": CLIENT_ID}
        try:
            yield environment, server.asked
        finally:
            server.shutdown()
            thread.join()
