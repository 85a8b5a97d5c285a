"""What makes a whole record valid: required and unique fields, living relation targets, links made once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from emulators.pipeliner.entities import ENTITIES
from emulators.pipeliner.errors import MISSING, Problem
from emulators.pipeliner.intake import CHANGED_ONLY, DELETED_TARGETS, SYSTEM_ONLY, Intake
from emulators.pipeliner.reading import primary_relation, read
from emulators.pipeliner.records import Row
from emulators.pipeliner.schema import FieldSpec, Kind
from emulators.pipeliner.space import Space

_NAMES = ("first_name", "last_name")


class Validator:
    """Checks one record as it would stand after a write."""

    def __init__(self, space: Space, intake: Intake) -> None:
        """Check against this space."""
        self._space = space
        self._intake = intake

    def problems(
        self, plural: str, row_id: str, values: Mapping[str, Any], changed: Iterable[str], level: int
    ) -> list[Problem]:
        """Return what is wrong; `values` are the stored ones with the `changed` ones laid over them."""
        checked = set(changed) if level & CHANGED_ONLY else set(self._names(plural, values))
        is_new = row_id not in self._space.latest(plural).rows
        required = self._system_required(plural)
        found = [
            self._missing(plural, row_id, name)
            for name in required
            if (is_new or name in checked) and values.get(name) in {None, ""}
        ]
        if plural == "Contacts":
            found += self._nameless(row_id, values, is_always_checked=is_new, checked=checked)
        if plural == "Contacts" and not level & SYSTEM_ONLY:
            found += self._form_problems(row_id, values, checked)
        for name in sorted(checked):
            spec = self._space.spec(plural, name)
            if spec is not None and not (spec.is_custom and level & SYSTEM_ONLY):
                found += self._field_problems(plural, row_id, spec, values.get(name), level)
        return [*found, *self._duplicate_problems(plural, row_id, values)]

    def _names(self, plural: str, values: Mapping[str, Any]) -> Iterable[str]:
        return {*values, *self._system_required(plural), *self._form_required(values), *_NAMES}

    def _system_required(self, plural: str) -> list[str]:
        return [spec.name for spec in self._space.specs(plural) if spec.is_required]

    def _form_required(self, values: Mapping[str, Any]) -> list[str]:
        """Return what the form of the contact's type demands, as that type's `form_edit_api` names it."""
        form_type = self._space.any_row("ContactTypes", values.get("contact_type_id"))
        form = (form_type.values.get("form_edit_api") or {}) if form_type else {}
        return [item["api_name"] for item in form.get("fields", ()) if item.get("required")]

    def _missing(self, plural: str, row_id: str, name: str) -> Problem:
        singular = ENTITIES[plural].singular
        field_id = self._space.field_id(plural, name)
        return Problem(f"Missing value for {singular}({row_id}).{name}", name, field_id, MISSING)

    def _nameless(
        self, row_id: str, values: Mapping[str, Any], *, is_always_checked: bool, checked: set[str]
    ) -> list[Problem]:
        if any(values.get(name) for name in _NAMES):
            return []
        return [self._missing("Contacts", row_id, "last_name")] if is_always_checked or checked & {*_NAMES} else []

    def _form_problems(self, row_id: str, values: Mapping[str, Any], checked: set[str]) -> list[Problem]:
        return [
            self._missing("Contacts", row_id, name)
            for name in self._form_required(values)
            if name in checked and self._effective(row_id, values, name) in {None, ""}
        ]

    def _effective(self, row_id: str, values: Mapping[str, Any], name: str) -> Any:
        """Return the value a form would show: also what is derived, such as the position at the account."""
        row = self._space.latest("Contacts").rows.get(row_id)
        spec = self._space.spec("Contacts", name)
        if name == "account_position" and name not in values and primary_relation(self._space.latest, row_id) is None:
            return values.get("position")
        if name in values or row is None or spec is None:
            return values.get(name)
        return read(self._space, self._space.latest, "Contacts", row, spec)

    def _field_problems(self, plural: str, row_id: str, spec: FieldSpec, value: Any, level: int) -> list[Problem]:
        if value in {None, ""} if not isinstance(value, dict) else True:
            return []
        if spec.name in self._space.unique[plural] and self._is_taken(plural, row_id, spec.name, value):
            return [self._intake.problem(plural, spec.name, "is not unique")]
        if spec.kind not in {Kind.REFERENCE, Kind.OPTION} or spec.target not in ENTITIES:
            return []
        target = self._space.any_row(spec.target, value)
        if target is None or (spec.via and target.values.get("data_set_id") != spec.via):
            return [self._intake.problem(plural, spec.name, "leads nowhere")]
        if target.is_deleted and not level & DELETED_TARGETS:
            return [self._intake.problem(plural, spec.name, "leads to a deleted record")]
        return []

    def _is_taken(self, plural: str, row_id: str, name: str, value: Any) -> bool:
        rows: list[Row] = self._space.latest(plural).live(name, value)
        return any(row.id != row_id for row in rows)

    def _duplicate_problems(self, plural: str, row_id: str, values: Mapping[str, Any]) -> list[Problem]:
        """Return a problem when the same two records are already linked."""
        pair = ENTITIES[plural].pair
        if not pair or self._space.switches.duplicate_relations == "accept" or values.get(pair[0]) is None:
            return []
        for row in self._space.latest(plural).live(pair[0], values[pair[0]]):
            if row.id != row_id and row.values.get(pair[1]) == values.get(pair[1]):
                return [Problem(f"{ENTITIES[plural].singular} between these records exists")]
        return []
