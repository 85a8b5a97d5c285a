"""Who we are to Graph: the azure-identity credential for its cloud, and a stand-in for emulators.

Named by the standard AZURE_ settings. Where these are plain, the one credential they name is used instead of
DefaultAzureCredential's chain: the chain reports an unreachable sign-in service like a wrong secret, and tries
developer tools on the way.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType, TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.identity import AzureAuthorityHosts
from azure.identity.aio import DefaultAzureCredential, EnvironmentCredential, ManagedIdentityCredential

from sync_core.errors import InvalidSettings

# Microsoft Learn, "Microsoft Graph national cloud deployments".
AUTHORITIES: Mapping[str, str] = MappingProxyType(
    {
        "graph.microsoft.com": AzureAuthorityHosts.AZURE_PUBLIC_CLOUD,
        "graph.microsoft.us": AzureAuthorityHosts.AZURE_GOVERNMENT,
        "dod-graph.microsoft.us": AzureAuthorityHosts.AZURE_GOVERNMENT,
        "microsoftgraph.chinacloudapi.cn": AzureAuthorityHosts.AZURE_CHINA,
    }
)
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
LOOPBACK_TOKEN = "loopback"  # noqa: S105 - no secret: emulators take any token
_FAR_FUTURE = 32_503_680_000  # 3000-01-01, in seconds since 1970

_PRINCIPAL = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID")
_PROOFS = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH")


class LoopbackCredential:
    """Return a fixed token that is worth nothing, so that no real one ever goes to an emulator."""

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Return the fixed token."""
        return AccessToken(LOOPBACK_TOKEN, _FAR_FUTURE)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """Nothing is open."""


def check_graph_root(base_url: str) -> str:
    """Return the host of a Graph root; raises InvalidSettings when it is neither Microsoft's nor on loopback."""
    host = urlsplit(base_url).hostname or ""
    if host not in LOOPBACK_HOSTS and host not in AUTHORITIES:
        known = ", ".join(f"https://{name}" for name in AUTHORITIES)
        raise InvalidSettings([f"GRAPH_BASE_URL names no Microsoft cloud; choose one of {known}"])
    return host


def graph_credential(base_url: str) -> AsyncTokenCredential:
    """Credential for a Graph root; raises InvalidSettings for a foreign one."""
    host = check_graph_root(base_url)
    if host in LOOPBACK_HOSTS:
        return LoopbackCredential()
    authority = os.environ.get("AZURE_AUTHORITY_HOST") or AUTHORITIES[host]
    given = {name for name, value in os.environ.items() if value}
    if "AZURE_TOKEN_CREDENTIALS" not in given:
        if given.issuperset(_PRINCIPAL) and given.intersection(_PROOFS):
            return EnvironmentCredential(authority=authority)
        if "IDENTITY_ENDPOINT" in given and "AZURE_FEDERATED_TOKEN_FILE" not in given:
            return ManagedIdentityCredential(client_id=os.environ.get("AZURE_CLIENT_ID") or None)
    return DefaultAzureCredential(authority=authority)
