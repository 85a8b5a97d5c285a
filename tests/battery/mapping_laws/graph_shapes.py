"""Contacts in the shapes that Graph may show, and what the emulated Graph makes of a body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from emulators.graph.contact_fields import (
    ADDRESS_MEMBERS,
    ADDRESSES,
    LIST_LIMITS,
    TEXT_LISTS,
    TEXTS,
    Strictness,
    blank_fields,
    read_fields,
)
from emulators.graph.contact_write import fields_after, read_write
from emulators.graph.errors import GraphError
from sync_core.domain import LINE_LIMIT, Field, FieldMap, Kind, Value
from sync_core.outlook.mapping import property_of
from tests.battery.mapping_laws.people import texts

NOTES_LIMIT = 32 * 1024
Json = dict[str, Any]


def _entry(limit: int) -> st.SearchStrategy[Any]:
    return st.lists(texts, max_size=limit)


_email = st.fixed_dictionaries({}, optional={"name": texts, "address": st.one_of(st.just("a@x.test"), texts)})
_address = st.dictionaries(st.sampled_from(ADDRESS_MEMBERS), texts, max_size=3)
_PROPERTIES: Mapping[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(TEXTS, st.one_of(st.none(), texts)),
    **{name: _entry(LIST_LIMITS.get(name, 3)) for name in TEXT_LISTS},
    **dict.fromkeys(ADDRESSES, _address),
    "emailAddresses": st.lists(_email, max_size=3),
    "birthday": st.sampled_from(("1815-12-10T11:59:00Z", None)),
}
graph_fields: st.SearchStrategy[Json] = st.builds(
    lambda pairs, by_hand: {
        **blank_fields(by_hand=by_hand),
        **read_fields(dict(pairs), Strictness(lengths_limited=False)),
    },
    st.lists(st.one_of([st.tuples(st.just(name), values) for name, values in _PROPERTIES.items()]), max_size=6),
    st.booleans(),
)
"""What a mailbox may hold of a contact, whoever wrote it: null or "", further entries, addresses that are none."""


def shown(fields: Mapping[str, Any]) -> Json:
    """Return the contact as an answer shows it."""
    return {"id": "AAMk1", "changeKey": "key", "parentFolderId": "folder", **fields}


def after_write(before: Mapping[str, Any], body: Mapping[str, Any]) -> Json | None:
    """Let the service take a body; None when it refuses it, which changes nothing."""
    try:
        return fields_after(before, read_write(dict(body), Strictness()).fields)
    except GraphError:
        return None


def may_refuse(rows: FieldMap, values: Mapping[str, Value], body: Mapping[str, Any]) -> bool:
    """Whether the service has a documented reason to refuse: too long, too many, or no date.

    Names for show are ours, and may outgrow the limit that their parts keep.
    """
    texts_sent = [value for name, value in body.items() if isinstance(value, str) and name != "personalNotes"]
    members = [text for value in body.values() if isinstance(value, dict) for text in value.values() if text]
    entries = [item for value in body.values() if isinstance(value, list) for item in value]
    emails = [text for item in entries if isinstance(item, dict) for text in item.values()]
    lines = [*texts_sent, *members, *emails, *(item for item in entries if isinstance(item, str))]
    crowded = any(len(body[name]) > limit for name, limit in LIST_LIMITS.items() if isinstance(body.get(name), list))
    undated = any(rows.field(name).kind is Kind.DATE and value for name, value in values.items())
    notes = body.get("personalNotes") or ""
    return any(len(text) > LINE_LIMIT for text in lines) or len(notes) > NOTES_LIMIT or crowded or undated


def readable(row: Field, value: Value) -> Value:
    """Return what Graph can show again of a value: an e-mail address that it cannot parse becomes a name."""
    if row.kind is not Kind.EMAILS or isinstance(value, str):
        return value
    stored = read_fields({"emailAddresses": [{"address": entry} for entry in value[:3]]}, Strictness())
    return tuple(entry["address"] for entry in stored["emailAddresses"] if "address" in entry)


def comparable(fields: Mapping[str, Any]) -> Json:
    """Return properties with all forms of blank alike, and e-mail entries in no order."""
    plain = {name: value or None for name, value in fields.items()}
    emails = sorted(map(repr, fields["emailAddresses"]))
    return {**plain, "emailAddresses": emails}


def touched(rows: FieldMap, values: Mapping[str, Value]) -> frozenset[str]:
    """Name the properties that hold these fields."""
    return frozenset(property_of(rows.field(name)) for name in values)
