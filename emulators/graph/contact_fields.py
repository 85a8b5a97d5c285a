"""The writable properties of a contact, and what the service accepts and makes of their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulators.graph.errors import GraphError, bad_body

TEXT_LIMIT = 255
NOTES_LIMIT = 32 * 1024
TEXTS = (
    "fileAs",
    "displayName",
    "givenName",
    "initials",
    "middleName",
    "nickName",
    "surname",
    "title",
    "yomiGivenName",
    "yomiSurname",
    "yomiCompanyName",
    "generation",
    "jobTitle",
    "companyName",
    "department",
    "officeLocation",
    "profession",
    "businessHomePage",
    "assistantName",
    "manager",
    "mobilePhone",
    "spouseName",
    "personalNotes",
)
TEXT_LISTS = ("categories", "imAddresses", "homePhones", "businessPhones", "children")
ADDRESSES = ("homeAddress", "businessAddress", "otherAddress")
EMAIL_SLOTS = ("primaryEmailAddress", "secondaryEmailAddress", "tertiaryEmailAddress")
ADDRESS_MEMBERS = ("street", "city", "state", "countryOrRegion", "postalCode")
READ_ONLY = frozenset({"id", "changeKey", "createdDateTime", "lastModifiedDateTime", "parentFolderId"})
# Two are quoted in microsoft-graph-docs-contrib#560; homePhones and imAddresses follow Exchange's slots.
LIST_LIMITS = {"emailAddresses": 3, "businessPhones": 2, "homePhones": 2, "imAddresses": 3}
_MAIL_ADDRESS = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+|/o=.+")
"""What Exchange takes for an address: of the internet, or its own (EX: office-js#3701)."""


@dataclass(frozen=True, slots=True)
class Strictness:
    """How a body is judged."""

    unknown_refused: bool = True
    lengths_limited: bool = True


def blank_fields(*, by_hand: bool) -> dict[str, Any]:
    """Properties of an empty contact; one made by hand in Outlook has "" where the API has null."""
    text = "" if by_hand else None
    fields: dict[str, Any] = {"birthday": None, **dict.fromkeys(TEXTS, text)}
    fields["fileAs"] = ""
    fields |= {name: [] for name in (*TEXT_LISTS, "emailAddresses")}
    return fields | {name: {} for name in ADDRESSES}


def read_fields(body: Mapping[str, Any], strictness: Strictness) -> dict[str, Any]:
    """Writable properties of a body in the form they are stored; raises GraphError 400."""
    fields: dict[str, Any] = {}
    for name, value in body.items():
        if "@" in name or name in READ_ONLY:
            continue
        reader = _READERS.get(name)
        if reader is not None:
            fields[name] = reader(name, value, strictness)
        elif strictness.unknown_refused:
            raise _unknown(name, "contact")
    return fields


def _unknown(name: str, kind: str) -> GraphError:
    return bad_body(
        f"The property '{name}' does not exist on type 'microsoft.graph.{kind}'. Make sure to only use property "
        "names that are defined by the type or mark the type as open type."
    )


def _wrong_type(name: str, expected: str) -> GraphError:
    return bad_body(f"Cannot convert the value of property '{name}' to the expected type '{expected}'.")


def _text(name: str, value: Any, strictness: Strictness) -> str | None:
    if value is not None and not isinstance(value, str):
        raise _wrong_type(name, "Edm.String")
    limit = NOTES_LIMIT if name == "personalNotes" else TEXT_LIMIT
    if strictness.lengths_limited and value is not None and len(value) > limit:
        message = f"The property {name} has {len(value)} characters, that exceeds the max allowed value of {limit}"
        raise GraphError(400, "ErrorInvalidRequest", message)
    return value


def _collection(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong_type(name, "Collection")
    limit = LIST_LIMITS.get(name)
    if limit is not None and len(value) > limit:
        shown = name[0].upper() + name[1:]
        message = (
            f"The multi value property {shown} has {len(value)} entries, that exceeds the max allowed value of {limit}"
        )
        raise GraphError(400, "ErrorInvalidRequest", message)
    return value


def _text_list(name: str, value: Any, strictness: Strictness) -> list[str]:
    texts = [_text(name, entry, strictness) for entry in _collection(name, value)]
    if None in texts:
        raise _wrong_type(name, "Edm.String")
    return [text for text in texts if text]


def _members(name: str, value: Any, allowed: tuple[str, ...], strictness: Strictness) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _wrong_type(name, "Edm.ComplexType")
    members = {key: entry for key, entry in value.items() if "@" not in key}
    for key in members:
        if key not in allowed and strictness.unknown_refused:
            raise _unknown(key, name)
    read = {key: _text(f"{name}/{key}", members.get(key), strictness) for key in allowed}
    return {key: text for key, text in read.items() if text}


def _address(name: str, value: Any, strictness: Strictness) -> dict[str, str]:
    return {} if value is None else _members(name, value, ADDRESS_MEMBERS, strictness)


def _email(name: str, value: Any, strictness: Strictness) -> dict[str, str] | None:
    """One e-mail; an address Exchange cannot parse reads back as a name only (microsoft-graph-docs#2186)."""
    if value is None:
        return None
    members = _members(name, value, ("name", "address"), strictness)
    address = members.get("address")
    if address is None:
        return members or None
    shown = members.get("name", address)
    return {"name": shown, "address": address} if _MAIL_ADDRESS.fullmatch(address) else {"name": shown}


def _email_list(name: str, value: Any, strictness: Strictness) -> list[dict[str, str]]:
    emails = []
    for entry in _collection(name, value):
        if not isinstance(entry, dict):
            raise _wrong_type(name, "microsoft.graph.emailAddress")
        emails.append(_email(name, entry, strictness))
    return [email for email in emails if email is not None]


def _birthday(name: str, value: Any, _: Strictness) -> str | None:
    """Keep the day only: what is written at midnight reads back at 11:59 (ECSE finding 18)."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        day = (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()
    except (TypeError, ValueError, OverflowError):
        raise _wrong_type(name, "Edm.DateTimeOffset") from None
    return f"{day.isoformat()}T11:59:00Z"


_READERS: Mapping[str, Callable[[str, Any, Strictness], Any]] = {
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(TEXT_LISTS, _text_list),
    **dict.fromkeys(ADDRESSES, _address),
    **dict.fromkeys(EMAIL_SLOTS, _email),
    "emailAddresses": _email_list,
    "birthday": _birthday,
}
