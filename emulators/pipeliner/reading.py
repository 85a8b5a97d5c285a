"""The value of any field of a record, stored or derived, in the emulator's own form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulators.pipeliner.records import STANDING_NAMES, Row
from emulators.pipeliner.schema import FieldSpec
from emulators.pipeliner.space import Space, View


def read(space: Space, view: View, plural: str, row: Row, spec: FieldSpec) -> Any:
    """Return a scalar field's value, or the id a single relation leads to."""
    if spec.name in STANDING_NAMES:
        return getattr(row, spec.name)
    derive = DERIVED.get((plural, spec.name))
    if derive is not None:
        return derive(space, view, row)
    return row.values.get(spec.via if spec.via and not spec.is_custom else spec.name, spec.default)


def primary_relation(view: View, contact_id: str) -> Row | None:
    """Return the contact's live account relation that is marked primary."""
    relations = view("ContactAccountRelations").live("contact_id", contact_id)
    return next((row for row in relations if row.values.get("is_primary")), None)


def _full_name(_space: Space, _view: View, row: Row) -> str:
    parts = (row.values.get(name) for name in ("first_name", "middle_name", "last_name"))
    return " ".join(part for part in parts if part)


def _account_name(_space: Space, _view: View, row: Row) -> Any:
    return row.values.get("name", "")


def _primary_account(_space: Space, view: View, row: Row) -> Any:
    primary = primary_relation(view, row.id)
    return primary.values.get("account_id") if primary else None


def _primary_position(_space: Space, view: View, row: Row) -> Any:
    primary = primary_relation(view, row.id)
    return primary.values.get("position", "") if primary else ""


def _primary_relationship(_space: Space, view: View, row: Row) -> str:
    primary = primary_relation(view, row.id)
    return str(primary.values.get("relationship", 0)) if primary else ""


def _account_position(space: Space, view: View, row: Row) -> Any:
    primary = primary_relation(view, row.id)
    quick = row.values.get("position", "")
    if primary is None:
        return quick
    at_account = primary.values.get("position", "")
    return at_account or (quick if space.switches.position_falls_back_when_empty else "")


def _option_name(_space: Space, _view: View, row: Row) -> Any:
    return row.values.get("option_name", "")


Derivation = Callable[[Space, View, Row], Any]

DERIVED: dict[tuple[str, str], Derivation] = {
    ("Contacts", "formatted_name"): _full_name,
    ("Contacts", "primary_account"): _primary_account,
    ("Contacts", "primary_account_position"): _primary_position,
    ("Contacts", "primary_account_relationship"): _primary_relationship,
    ("Contacts", "account_position"): _account_position,
    ("Accounts", "formatted_name"): _account_name,
    ("Clients", "name"): _full_name,
    ("Clients", "formatted_name"): _full_name,
    ("Fields", "name_translated"): _account_name,
    ("Fields", "translated_name"): _account_name,
    ("Data", "option_name_translated"): _option_name,
}
