"""From a body and the contact before to the contact after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulators.graph.contact import ContactWrite
from emulators.graph.contact_fields import EMAIL_SLOTS, LIST_LIMITS, Strictness, read_fields
from emulators.graph.errors import bad_body
from emulators.graph.extended_properties import read_extended

_NAME_PARTS = ("givenName", "middleName", "surname", "generation")


def read_write(body: Any, strictness: Strictness) -> ContactWrite:
    """Read the body of a POST or PATCH; raises GraphError 400."""
    if not isinstance(body, dict):
        raise bad_body("A contact was expected in the body.")
    plain = {name: value for name, value in body.items() if name != "singleValueExtendedProperties"}
    extended = read_extended(body.get("singleValueExtendedProperties", []))
    return ContactWrite(read_fields(plain, strictness), extended)


def fields_after(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Properties after a write: those not named keep their value, addresses are replaced as a whole.

    A changed part of the name makes displayName anew, unless the write sets that too (contact-update.md).
    """
    after = {**before, **{name: value for name, value in changes.items() if name not in EMAIL_SLOTS}}
    after["emailAddresses"] = _emails_after(after["emailAddresses"], changes)
    renamed = any(part in changes and changes[part] != before[part] for part in _NAME_PARTS)
    if renamed and "displayName" not in changes:
        after["displayName"] = " ".join(after[part] for part in _NAME_PARTS if after[part]) or None
    return after


def extended_after(before: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """Extended properties after a write."""
    return {name: value for name, value in {**before, **changes}.items() if value is not None}


def _emails_after(emails: list[dict[str, str]], changes: Mapping[str, Any]) -> list[dict[str, str]]:
    slots: list[dict[str, str] | None] = [*emails, *([None] * (LIST_LIMITS["emailAddresses"] - len(emails)))]
    for position, name in enumerate(EMAIL_SLOTS):
        if name in changes:
            slots[position] = changes[name]
    return [email for email in slots if email is not None]
