"""Who we are to Graph."""

from __future__ import annotations

import pytest
from azure.identity.aio import DefaultAzureCredential, EnvironmentCredential, ManagedIdentityCredential

from sync_core.errors import InvalidSettings
from sync_core.outlook.credentials import AUTHORITIES, LOOPBACK_TOKEN, LoopbackCredential, graph_credential

PRINCIPAL = {
    "AZURE_TENANT_ID": "11111111-1111-1111-1111-111111111111",
    "AZURE_CLIENT_ID": "22222222-2222-2222-2222-222222222222",
    "AZURE_CLIENT_SECRET": "invented",
}
APP_SERVICE = {"IDENTITY_ENDPOINT": "http://127.0.0.1:41741/msi/token", "IDENTITY_HEADER": "invented"}
WORKLOAD = APP_SERVICE | {"AZURE_FEDERATED_TOKEN_FILE": "token"}
CHOSEN = PRINCIPAL | {"AZURE_TOKEN_CREDENTIALS": "prod"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Return an environment without any of the names."""
    for name in {*PRINCIPAL, *APP_SERVICE, *WORKLOAD, *CHOSEN, "AZURE_AUTHORITY_HOST"}:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("root", ["http://127.0.0.1:7071", "http://localhost:1", "http://[::1]:1"])
async def test_an_emulator_never_gets_a_real_token(environment: pytest.MonkeyPatch, root: str) -> None:
    """On loopback the token is a fixed one, whatever secrets are set."""
    for name, value in PRINCIPAL.items():
        environment.setenv(name, value)
    credential = graph_credential(root)
    assert isinstance(credential, LoopbackCredential)
    assert (await credential.get_token("scope", enable_cae=True)).token == LOOPBACK_TOKEN


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (PRINCIPAL, EnvironmentCredential),
        (APP_SERVICE, ManagedIdentityCredential),
        (WORKLOAD, DefaultAzureCredential),
        (CHOSEN, DefaultAzureCredential),
        ({}, DefaultAzureCredential),
    ],
)
async def test_the_standard_names_choose_the_credential(
    environment: pytest.MonkeyPatch, given: dict[str, str], expected: type
) -> None:
    """What the settings name plainly is used directly, the chain is for the rest."""
    for name, value in given.items():
        environment.setenv(name, value)
    credential = graph_credential("https://graph.microsoft.com")
    assert type(credential) is expected
    await credential.close()


def test_each_cloud_has_its_own_sign_in() -> None:
    """Tokens of one cloud are worth nothing in another."""
    assert AUTHORITIES == {
        "graph.microsoft.com": "login.microsoftonline.com",
        "graph.microsoft.us": "login.microsoftonline.us",
        "dod-graph.microsoft.us": "login.microsoftonline.us",
        "microsoftgraph.chinacloudapi.cn": "login.chinacloudapi.cn",
    }


def test_a_host_that_is_not_microsofts_is_refused() -> None:
    """A mistyped or planted host must not get a token."""
    with pytest.raises(InvalidSettings, match="GRAPH_BASE_URL"):
        graph_credential("https://graph.microsoft.com.evil.test")
