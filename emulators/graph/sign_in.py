"""The part of Entra ID that gives an app its tokens, and the check of those tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from emulators.graph.errors import GraphError
from emulators.graph.tenant import Tenant
from emulators.wire import Answer, Request, json_answer

ANY_APP = "any-app"


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """Whom a token was given to and how long it holds."""

    app: str
    expires_at: datetime


class SignIn:
    """Issues and judges bearer tokens."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._secrets: dict[str, str] = {}
        self._issued: dict[str, IssuedToken] = {}
        self._seen: set[str] = set()
        self._revoked: set[str] = set()

    def register_app(self, client_id: str, client_secret: str) -> None:
        """Know an app; once one is known, tokens are given to known apps only."""
        self._secrets[client_id] = client_secret

    def revoke_all(self) -> None:
        """Refuse from now on every token that was issued or used so far."""
        self._revoked |= self._seen | set(self._issued)

    def app_of(self, request: Request) -> str:
        """App of the request's bearer token; raises GraphError 401."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise _invalid_token("Access token is empty.")
        token = token.strip()
        self._seen.add(token)
        issued = self._issued.get(token)
        if token in self._revoked or (issued is not None and issued.expires_at <= self._tenant.clock.peek()):
            raise _invalid_token("Lifetime validation failed, the token is expired.")
        if issued is not None:
            return issued.app
        if not self._tenant.switches.accept_any_token:
            raise _invalid_token("IDX14100: JWT is not well formed.")
        return ANY_APP

    def answer(self, request: Request) -> Answer | None:
        """Answer a sign-in request; None when it is none."""
        match (request.method, *(segment.lower() for segment in request.segments)):
            case ("POST", _, "oauth2", "v2.0", "token"):
                return self._token(request)
            case ("GET", tenant, "v2.0", ".well-known", "openid-configuration"):
                return json_answer(200, _openid_configuration(request, tenant))
            case ("GET", "common", "discovery", "instance"):
                where = f"{_origin(request)}/common/v2.0/.well-known/openid-configuration"
                return json_answer(200, {"tenant_discovery_endpoint": where, "metadata": []})
        return None

    def _token(self, request: Request) -> Answer:
        form = dict(parse_qsl(request.body.decode(errors="replace")))
        if form.get("grant_type") != "client_credentials":
            return _refused(400, "unsupported_grant_type", "AADSTS70003: The grant type is not supported.")
        app = form.get("client_id", "")
        if not app:
            return _refused(400, "invalid_request", "AADSTS900144: The request body must contain 'client_id'.")
        if self._secrets and app not in self._secrets:
            return _refused(400, "unauthorized_client", "AADSTS700016: The application was not found.")
        if self._secrets and form.get("client_secret") != self._secrets[app]:
            return _refused(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        lifetime_s = self._tenant.switches.token_lifetime_s
        token = f"emulated.{self._tenant.ids.guid()}"
        self._issued[token] = IssuedToken(app, self._tenant.clock.now() + timedelta(seconds=lifetime_s))
        body = {"token_type": "Bearer", "expires_in": lifetime_s, "ext_expires_in": lifetime_s, "access_token": token}
        return json_answer(200, body)


def _invalid_token(message: str) -> GraphError:
    challenge = 'Bearer realm="", error="invalid_token"'
    return GraphError(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": challenge})


def _refused(status: int, error: str, description: str) -> Answer:
    body: Mapping[str, str] = {"error": error, "error_description": description}
    return json_answer(status, body)


def _origin(request: Request) -> str:
    return f"http://{request.headers.get('host', 'localhost')}"


def _openid_configuration(request: Request, tenant: str) -> dict[str, Any]:
    root = f"{_origin(request)}/{tenant}"
    return {
        "issuer": f"{root}/v2.0",
        "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
        "token_endpoint": f"{root}/oauth2/v2.0/token",
        "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
