"""Azure's built-in roles by id; the same in every tenant (Microsoft Learn: Azure built-in roles)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from tests.infra.bicep_lint.syntax import Fault, every, properties, string_value, text_of
from tests.infra.bicep_lint.template import Template

ROLES: Mapping[str, str] = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "8a0f0c08-91a1-4084-bc3d-661d67233fed": "Storage Queue Data Message Processor",
    "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "Storage Queue Data Message Sender",
    "19e7f393-937e-4f77-808e-94535e297925": "Storage Queue Data Reader",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "76199698-9eea-4c19-bc75-cec21354c6b6": "Storage Table Data Reader",
    "17d1049b-9a84-46fb-8f53-869881c3d3ab": "Storage Account Contributor",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": "Key Vault Administrator",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "43d0d8ad-25c7-4714-9337-8ba259a9fe05": "Monitoring Reader",
    "749f88d5-cbae-40b8-bcfc-e573ddc772fa": "Monitoring Contributor",
    "73c42c96-874c-492b-b04d-ab87d138a893": "Log Analytics Reader",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "de139f84-1756-47ae-9be6-808fbbe84772": "Website Contributor",
}

OTHER_IDS: Mapping[str, str] = {
    "00000003-0000-0000-c000-000000000000": "the application id of Microsoft Graph",
}

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def role_faults(template: Template) -> Iterator[Fault]:
    """Ids that belong to no known role, and ids that stand under the name of another role."""
    for node in every(template.root):
        text = string_value(node) if node.type == "string" else None
        if text and _GUID.fullmatch(text) and text.lower() not in ROLES.keys() | OTHER_IDS.keys():
            yield Fault(node, "role", f"{text} is no known role")
    for name, value in _named_strings(template):
        text = (string_value(value) or "").lower()
        meant = {_plain(role): role for role in ROLES.values()}.get(_plain(name))
        if meant and text in ROLES and ROLES[text] != meant:
            yield Fault(value, "role", f"{name} is the id of {ROLES[text]}")


def _named_strings(template: Template) -> Iterator[tuple[str, Node]]:
    for entry in template.declarations:
        if entry.value is not None:
            yield entry.name, entry.value
    for node in every(template.root):
        if node.type == "object":
            yield from ((item.name or text_of(item.key), item.value) for item in properties(node))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]|roleid|role", "", name.lower())
