"""Extended properties: their ids in normal form, and how bodies and queries speak of them."""

from __future__ import annotations

import re
from typing import Any

from emulators.graph.errors import bad_body, bad_request

_NAMED = re.compile(r"(\w+) (\{[0-9a-f-]{36}\}) (Name|Id) (\S.*)", re.IGNORECASE | re.DOTALL)
_TAGGED = re.compile(r"(\w+) (0x[0-9a-f]+)", re.IGNORECASE)
_LITERAL = r"'((?:[^']|'')*)'"
_ANY_FILTER = re.compile(
    r"singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*"
    rf"\1/id\s+eq\s+{_LITERAL}\s+and\s+\1/value\s+eq\s+{_LITERAL}\s*\)",
    re.IGNORECASE,
)
_EXPAND = re.compile(r"singleValueExtendedProperties\(\s*\$filter\s*=\s*(.+?)\s*\)", re.IGNORECASE | re.DOTALL)
_ID_EQUALS = re.compile(rf"id\s+eq\s+{_LITERAL}", re.IGNORECASE)


def normal_id(written: str) -> str:
    """Normal form of an id: type, GUID and tag in any case are one, the Name is case-sensitive.

    Raises GraphError 400 when it has none of the documented forms.
    """
    named = _NAMED.fullmatch(written.strip())
    if named is not None:
        kind, guid, form, name = named.groups()
        shown = name if form.lower() == "name" else name.lower()
        return f"{kind.capitalize()} {guid.lower()} {form.capitalize()} {shown}"
    tagged = _TAGGED.fullmatch(written.strip())
    if tagged is None:
        raise bad_request("The extended property id is not well formed.", "ErrorInvalidProperty")
    return f"{tagged[1].capitalize()} {tagged[2].lower()}"


def read_extended(entries: Any) -> dict[str, str | None]:
    """`singleValueExtendedProperties` of a body by normal id; raises GraphError 400."""
    if not isinstance(entries, list):
        raise bad_body("singleValueExtendedProperties has to be a collection.")
    return dict(_read_entry(entry) for entry in entries)


def _read_entry(entry: Any) -> tuple[str, str | None]:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise bad_body("An extended property has to have an id.")
    value = entry.get("value")
    if value is not None and not isinstance(value, str):
        raise bad_body("The value of an extended property has to be a string.")
    return normal_id(entry["id"]), value


def read_any_filter(text: str) -> tuple[str, str] | None:
    """Normal id and value of an `Any(ep: ...)` filter; None when the filter is another one."""
    found = _ANY_FILTER.fullmatch(text.strip())
    return None if found is None else (normal_id(_unquoted(found[2])), _unquoted(found[3]))


def read_expand(text: str) -> tuple[str, ...]:
    """Normal ids a `$expand` asks for; raises GraphError 400 when it is not the documented form."""
    found = _EXPAND.fullmatch(text.strip())
    if found is None:
        raise bad_request("$expand needs singleValueExtendedProperties($filter=id eq '...').", "ErrorInvalidUrlQuery")
    rest = _ID_EQUALS.sub("", found[1]).split()
    if any(word.lower() != "or" for word in rest):
        raise bad_request("The filter within $expand is not supported.", "ErrorInvalidUrlQuery")
    return tuple(normal_id(_unquoted(literal)) for literal in _ID_EQUALS.findall(found[1]))


def _unquoted(literal: str) -> str:
    return literal.replace("''", "'")
