"""Creating, updating and deleting one record inside a transaction, with all rules of the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulators.pipeliner.entities import ENTITIES
from emulators.pipeliner.errors import ApiError, Problem, invalid_record, not_found, parameter_invalid
from emulators.pipeliner.intake import Intake, Taken
from emulators.pipeliner.reading import primary_relation
from emulators.pipeliner.records import Row
from emulators.pipeliner.space import Space, Transaction
from emulators.pipeliner.validation import Validator

# Written on the contact, kept on its primary relation (see `account_position` in the vendor's description).
_THROUGH = {"account_position": "position", "primary_account_relationship": "relationship"}
_NESTED = ("account_relations", "sharing_clients", "sharing_units")


class Writer:
    """Writes records of one space as the API does."""

    def __init__(self, space: Space) -> None:
        """Write into this space."""
        self._space = space
        self._intake = Intake(space)
        self._validator = Validator(space, self._intake)

    def create(self, work: Transaction, plural: str, body: Any, level: int, access: str = "c") -> Row:
        """Add a record and what is nested in it; raises the 400 or 422 of the service."""
        if not isinstance(body, dict):
            raise parameter_invalid("Missing or invalid JSON data.")
        row_id = self._space.new_id(plural, work.now)
        taken = self._intake.take(plural, body, access, level)
        through = _split_off(plural, taken)
        values = self._with_defaults(plural, taken.values)
        checked = {**values, **through}
        has_relation = any(item.get("is_primary") for item in taken.nested.get("account_relations", ()))
        if through.get("account_position") and not has_relation:
            values["position"] = through.pop("account_position")
        self._refuse_if_wrong(plural, row_id, taken, checked, checked, level)
        self._demote_others(work, plural, row_id, values)
        row = work.insert(plural, values, row_id)
        self._nest(work, row, taken, level)
        self._write_through(work, row, through)
        return row

    def update(self, work: Transaction, plural: str, row: Row, body: Any, level: int, access: str = "u") -> Row:
        """Change the keys that are sent; raises the 400 or 422 of the service."""
        if not isinstance(body, dict):
            raise parameter_invalid("Missing or invalid JSON data.")
        taken = self._intake.take(plural, body, access, level)
        if self._space.switches.nested_lists_in_patch == "reject":
            words = "cannot be sent in an update"
            taken.problems += [self._intake.problem(plural, name, words) for name in taken.nested]
        through = _split_off(plural, taken)
        self._follow_owner(plural, row, taken.values)
        sent = {**taken.values, **through}
        if "account_position" in through and primary_relation(self._space.latest, row.id) is None:
            taken.values["position"] = through.pop("account_position")
        self._refuse_if_wrong(plural, row.id, taken, {**row.values, **sent}, sent, level)
        self._demote_others(work, plural, row.id, {**row.values, **taken.values})
        row = work.update(plural, row, taken.values)
        if self._write_through(work, row, through):
            row = work.touch(plural, row, row.values)
        if taken.nested:
            self._replace_nested(work, row, taken)
            self._nest(work, row, taken, level)
        return row

    def delete(self, work: Transaction, plural: str, row_id: str) -> Row:
        """Delete softly; raises 404 for an unknown id and 422 for a record that refuses."""
        row = self._space.any_row(plural, row_id)
        singular = ENTITIES[plural].singular
        if row is None or (row.is_deleted and self._space.switches.second_delete == "not_found"):
            raise not_found(singular, row_id)
        if row.is_deleted:
            return row
        if row.is_delete_protected:
            raise invalid_record(singular, row.id, [Problem(f"{singular} {row.id} is protected against deleting")])
        must_be_archived = self._space.switches.delete_needs_archive and "is_archived" in ENTITIES[plural].by_name
        if must_be_archived and not row.values.get("is_archived"):
            raise invalid_record(singular, row.id, [Problem(f"{singular} {row.id} must be archived first")])
        return work.flag(plural, row, deleted=True)

    def target(self, plural: str, row_id: Any) -> Row:
        """Return the row to update; raises 404 when it is unknown, or deleted unless the switch allows."""
        row = self._space.any_row(plural, row_id)
        if row is None or (row.is_deleted and self._space.switches.patch_deleted == "not_found"):
            raise not_found(ENTITIES[plural].singular, str(row_id))
        return row

    def _refuse_if_wrong(
        self,
        plural: str,
        row_id: str,
        taken: Taken,
        values: Mapping[str, Any],
        changed: Mapping[str, Any],
        level: int,
    ) -> None:
        refused = {problem.field_name for problem in taken.problems}
        found = self._validator.problems(plural, row_id, values, changed, level)
        problems = [*taken.problems, *(problem for problem in found if problem.field_name not in refused)]
        if problems:
            raise invalid_record(ENTITIES[plural].singular, row_id, problems)

    def _with_defaults(self, plural: str, values: Mapping[str, Any]) -> dict[str, Any]:
        filled = dict(values)
        if "unit_id" in ENTITIES[plural].by_name and "owner_id" in ENTITIES[plural].by_name:
            owner = self._space.any_row("Clients", filled.get("owner_id"))
            unit_id = owner.values.get("default_unit_id") if owner else None
            filled["unit_id"] = filled.get("unit_id") or unit_id or self._space.default_unit_id
        if plural == "Contacts" and not filled.get("contact_type_id"):
            filled["contact_type_id"] = self._space.default_contact_type_id
        if plural == "Fields" and filled.get("name"):
            label = "".join(char if char.isalnum() else "_" for char in filled["name"].lower())
            filled["api_name"] = f"cf_{label}" + ("_id" if filled.get("type_id") == "dropdown" else "")
        return filled

    def _follow_owner(self, plural: str, row: Row, values: dict[str, Any]) -> None:
        owner_id = values.get("owner_id")
        is_moved = owner_id is not None and owner_id != row.values.get("owner_id")
        if is_moved and self._space.switches.unit_follows_owner and plural in {"Contacts", "Accounts"}:
            owner = self._space.any_row("Clients", owner_id)
            if owner is not None:
                values.setdefault("unit_id", owner.values.get("default_unit_id"))

    def _demote_others(self, work: Transaction, plural: str, row_id: str, values: Mapping[str, Any]) -> None:
        """Keep one primary relation per contact: the one written last."""
        if plural != "ContactAccountRelations" or not values.get("is_primary"):
            return
        for other in self._space.latest(plural).live("contact_id", values.get("contact_id")):
            if other.id != row_id and other.values.get("is_primary"):
                work.update(plural, other, {"is_primary": False})

    def _nest(self, work: Transaction, contact: Row, taken: Taken, level: int) -> None:
        for name, items in taken.nested.items():
            spec = ENTITIES["Contacts"].by_name[name]
            for item in items:
                try:
                    self.create(work, spec.target, {**item, "contact_id": contact.id}, level)
                except ApiError as error:
                    problem = self._intake.problem("Contacts", name, f"refused: {error.body['message']}")
                    raise invalid_record("Contact", contact.id, [problem]) from error

    def _replace_nested(self, work: Transaction, contact: Row, taken: Taken) -> None:
        if self._space.switches.nested_lists_in_patch != "replace":
            return
        for name in filter(taken.nested.__contains__, _NESTED):
            target = ENTITIES["Contacts"].by_name[name].target
            for row in self._space.latest(target).live("contact_id", contact.id):
                work.flag(target, row, deleted=True)

    def _write_through(self, work: Transaction, contact: Row, through: Mapping[str, Any]) -> bool:
        """Carry contact keys to the primary relation; tells whether that changed it."""
        primary = primary_relation(self._space.latest, contact.id)
        if primary is None or not through:
            return False
        changes: dict[str, Any] = {_THROUGH[name]: value for name, value in through.items()}
        if "relationship" in changes:
            changes["relationship"] = int(changes["relationship"] or 0)
        return work.update("ContactAccountRelations", primary, changes) is not primary


def _split_off(plural: str, taken: Taken) -> dict[str, Any]:
    """Take the keys that live on the primary relation out of a contact's values."""
    if plural != "Contacts":
        return {}
    through = {name: taken.values.pop(name) for name in _THROUGH if name in taken.values}
    text = through.get("primary_account_relationship", "")
    if text not in {"", "0", "1", "2", "3"}:
        taken.problems.append(Problem("Contact.primary_account_relationship is none of the known values"))
    return through
