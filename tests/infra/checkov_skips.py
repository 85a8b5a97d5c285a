"""What checkov objects to in infra/ and why it stays; an entry that checkov no longer needs fails the tests.

Checkov compares expressions as text, so it fails every property that a parameter decides. Those rest on
PRODUCTION: the production set-up is tested to choose the strict side.
"""

from __future__ import annotations

from collections.abc import Mapping

_SITE = "Microsoft.Web/sites.site"
_CONFIGURATIONS = ("Microsoft.Web/sites/config.settings", "Microsoft.Web/sites/config.signIn")
_NO_SITE_CONFIG = (
    "the policy takes every resource of type sites/config for the site's `web` configuration; these two hold the app"
    " settings and the sign-in, which have no such property"
)

PRODUCTION: Mapping[str, str] = {
    "isPrivate": "true",
    "isZoneRedundant": "true",
    "storageSku": "Standard_ZRS",
}
"""Parameters of infra/production.bicepparam on which skips rest."""

SKIPS: Mapping[tuple[str, str], str] = {
    (
        "CKV_AZURE_17",
        _SITE,
    ): "callers are known by function keys or Entra tokens; client certificates would shut both out",
    ("CKV_AZURE_35", "Microsoft.Storage/storageAccounts.account"): "isPrivate decides; production denies",
    ("CKV_AZURE_41", "Microsoft.KeyVault/vaults/secrets.identityKey"): (
        "the key of the hashes must stay the same as long as what is hashed with it; changing it is a decision, which"
        " docs/operations.md describes"
    ),
    ("CKV_AZURE_131", "string.newIdentityKey"): "its default is newGuid(), which no two deployments share",
    ("CKV_AZURE_109", "Microsoft.KeyVault/vaults.vault"): "isPrivate decides; production denies",
    ("CKV_AZURE_206", "Microsoft.Storage/storageAccounts.account"): (
        "storageSku decides: production survives the loss of a zone; a copy in another region would hold contact data"
        " there, and the state can be built anew from both services"
    ),
    ("CKV_AZURE_212", _SITE): "Flex Consumption has no numberOfWorkers; alwaysReady and zones stand for it",
    ("CKV_AZURE_213", _SITE): "Flex Consumption replaces instances itself and has no health check path",
    ("CKV_AZURE_222", _SITE): (
        "administrators and the health check reach the HTTP functions from outside; every call needs a key or a token,"
        " and storage and vault are closed in production"
    ),
    ("CKV_AZURE_225", "Microsoft.Web/serverfarms.plan"): "isZoneRedundant decides; production is redundant",
} | {
    (policy, resource): _NO_SITE_CONFIG
    for policy in (
        "CKV_AZURE_13",
        "CKV_AZURE_63",
        "CKV_AZURE_65",
        "CKV_AZURE_66",
        "CKV_AZURE_80",
        "CKV_AZURE_88",
        "CKV_AZURE_222",
    )
    for resource in _CONFIGURATIONS
}
"""(id of the policy, resource): the argument."""

CRASHES: Mapping[tuple[str, str], str] = {
    ("CKV_AZURE_189", "Microsoft.KeyVault/vaults.vault"): (
        "the policy's own code fails on a property that a parameter decides; isPrivate closes the vault in production"
    ),
}
"""(id of the policy, resource) that checkov cannot judge because its own code fails: what stands in for it."""
