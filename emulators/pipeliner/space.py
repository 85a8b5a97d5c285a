"""One Pipeliner space: its tables, its revision counter, its ids, and transactions over them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from emulators.clock import ServiceClock
from emulators.pipeliner.entities import ENTITIES
from emulators.pipeliner.records import Row, RowIndex, Table
from emulators.pipeliner.schema import CUSTOM_KINDS, FieldSpec, Kind
from emulators.pipeliner.switches import PipelinerSwitches

View = Callable[[str], RowIndex]

# A recorded creation had its `modified` 58 microseconds before its `created`.
MODIFIED_LEAD = timedelta(microseconds=58)
PLURALS = {entity.singular: entity.plural for entity in ENTITIES.values()}


class Space:
    """All state of the emulated service; changed only through a `Transaction`."""

    def __init__(self, clock: ServiceClock, switches: PipelinerSwitches, seed: int) -> None:
        """Start with empty tables; the same seed and clock give the same ids."""
        self.clock = clock
        self.switches = switches
        self.tables = {name: Table(entity.hashed) for name, entity in ENTITIES.items()}
        self.revision = 0
        self.version = 0
        self.schema = 0
        self.max_lengths: dict[tuple[str, str], int] = {}
        self.custom: dict[str, dict[str, FieldSpec]] = {name: {} for name in ENTITIES}
        self.unique: dict[str, set[str]] = {name: set() for name in ENTITIES}
        self.default_unit_id: str | None = None
        self.default_contact_type_id: str | None = None
        self.default_role_id: str | None = None
        self._random = random.Random(seed)
        self._users = 1000

    def latest(self, plural: str) -> RowIndex:
        """Return a table as writers and reads by id see it."""
        return self.tables[plural].latest

    def listed(self, plural: str) -> RowIndex:
        """Return a table as lists see it."""
        return self.tables[plural].listed

    def settle(self) -> None:
        """Let late rows appear whose time has come."""
        now = self.clock.peek()
        shown = [table.settle(now) for table in self.tables.values()]
        self.version += any(shown)

    def spec(self, plural: str, name: str) -> FieldSpec | None:
        """Return the field of that name, standard or custom."""
        return ENTITIES[plural].by_name.get(name) or self.custom[plural].get(name)

    def specs(self, plural: str) -> tuple[FieldSpec, ...]:
        """All fields of an entity, custom ones last."""
        return (*ENTITIES[plural].fields, *self.custom[plural].values())

    def live(self, plural: str, row_id: Any) -> Row | None:
        """Return the row if it exists, is not deleted and not hidden."""
        row = self.any_row(plural, row_id)
        return None if row is None or row.is_deleted else row

    def any_row(self, plural: str, row_id: Any) -> Row | None:
        """Return the row, deleted or not, unless it is hidden from the application."""
        key = row_id.lower() if isinstance(row_id, str) else row_id
        table = self.tables[plural]
        return None if key in table.hidden else table.latest.rows.get(key)

    def hide(self, plural: str, row_id: str, *, hidden: bool) -> None:
        """Take the application's sight of a row, or give it back."""
        (self.tables[plural].hidden.add if hidden else self.tables[plural].hidden.discard)(row_id)
        self.version += 1

    def new_id(self, plural: str, now: datetime) -> str:
        """Return the next id: milliseconds first and no version nibble; users count up from zeroes."""
        if plural == "Clients":
            self._users += 1
            return f"00000000-0000-0000-0000-{self._users:012d}"
        digits = f"{int(now.timestamp() * 1000):012x}{self._random.getrandbits(80):020x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def field_id(self, plural: str, name: str) -> str:
        """Return the id of the Fields record that describes a field, or an empty string."""
        singular = ENTITIES[plural].singular
        rows = self.latest("Fields").live("api_name", name)
        return next((row.id for row in rows if row.values.get("entity_name") == singular), "")

    def learn_fields(self) -> None:
        """Read the Fields records again: custom fields and unique fields. `schema` counts how often."""
        self.schema += 1
        for name in ENTITIES:
            self.custom[name] = {}
            self.unique[name] = set()
        for row in self.latest("Fields").rows.values():
            plural = PLURALS.get(row.values["entity_name"])
            if plural is None or row.is_deleted:
                continue
            name = row.values["api_name"]
            if name.startswith("cf_"):
                self.custom[plural][name] = _custom_spec(row)
            if row.values.get("is_unique"):
                self.unique[plural].add(name)
                self.tables[plural].hash_by(name)


def _custom_spec(row: Row) -> FieldSpec:
    kind = CUSTOM_KINDS.get(row.values["type_id"], Kind.TEXT)
    return FieldSpec(
        row.values["api_name"],
        kind,
        "" if row.values.get("system_readonly") else "cu",
        target="Data" if kind is Kind.OPTION else "",
        via=row.values.get("data_set_id") or "",
        default=False if kind is Kind.BOOLEAN else None,
        is_required=bool(row.values.get("system_required")),
        is_custom=True,
        is_unique=bool(row.values.get("is_unique")),
    )


class Transaction:
    """Writes that become visible together, share one time, and can be taken back."""

    def __init__(self, space: Space, *, by_user: bool = False) -> None:
        """Begin; the service's clock is read once. `by_user` marks contacts and accounts as a user's work."""
        self.space = space
        self._by_user = by_user
        self.now = space.clock.now()
        self._before: dict[tuple[str, str], Row | None] = {}

    def insert(self, plural: str, values: Mapping[str, Any], row_id: str = "") -> Row:
        """Add a record; `created` among the values overrides the creation time."""
        kept = dict(self._signed(plural, values))
        created = kept.pop("created", None) or self.now
        row_id = row_id or self.space.new_id(plural, self.now)
        row = Row(row_id, created, self.now - MODIFIED_LEAD, self._next_revision(), kept)
        return self._put(plural, row)

    def update(self, plural: str, row: Row, values: Mapping[str, Any]) -> Row:
        """Change values; when none differs the record is left as it is, unless the switch says otherwise."""
        stored = {name: value for name, value in values.items() if self._held(plural, row, name) != value}
        if not stored and not self.space.switches.identical_patch_bumps:
            return row
        return self.touch(plural, row, {**row.values, **stored})

    def touch(self, plural: str, row: Row, values: Mapping[str, Any]) -> Row:
        """Write a record with a new `modified` and `revision`, whatever its values."""
        kept = self._signed(plural, values)
        return self._put(plural, replace(row, values=kept, modified=self.now, revision=self._next_revision()))

    def flag(self, plural: str, row: Row, *, deleted: bool) -> Row:
        """Delete softly, or restore."""
        flagged = replace(row, is_deleted=deleted)
        if self.space.switches.delete_bumps_modified:
            flagged = replace(flagged, modified=self.now, revision=self._next_revision())
        return self._put(plural, flagged)

    def place(self, plural: str, row: Row) -> Row:
        """Store a row exactly as it is given."""
        return self._put(plural, row)

    def mark(self) -> dict[tuple[str, str], Row | None]:
        """Return a point to come back to with `undo_to`."""
        return {key: self.space.latest(key[0]).rows.get(key[1]) for key in self._before}

    def undo_to(self, mark: Mapping[tuple[str, str], Row | None]) -> None:
        """Take back what was written since the mark."""
        for (plural, row_id), before in self._before.items():
            target = mark.get((plural, row_id), before)
            index = self.space.latest(plural)
            if index.rows.get(row_id) is target:
                continue
            if target is None:
                index.drop(row_id)
            else:
                index.put(target)

    def commit(self) -> None:
        """Publish all writes."""
        delay = self.space.switches.visible_after_s
        visible_at = self.now + timedelta(seconds=delay) if delay else None
        for plural, row_id in self._before:
            row = self.space.latest(plural).rows.get(row_id)
            if row is not None:
                self.space.tables[plural].publish(row, visible_at)
        if self._before:
            self.space.version += 1
        if any(plural == "Fields" for plural, _ in self._before):
            self.space.learn_fields()

    def _put(self, plural: str, row: Row) -> Row:
        index = self.space.latest(plural)
        self._before.setdefault((plural, row.id), index.rows.get(row.id))
        index.put(row)
        if self.space.switches.child_changes_bump_contact and plural.startswith("Contact"):
            self._bump_contact(row)
        return row

    def _bump_contact(self, child: Row) -> None:
        contact = self.space.latest("Contacts").rows.get(child.values.get("contact_id", ""))
        if contact is not None:
            self.touch("Contacts", contact, contact.values)

    def _signed(self, plural: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        is_signed = self._by_user and plural in {"Contacts", "Accounts"}
        return {**values, "modified_by_user": self.now} if is_signed else values

    def _held(self, plural: str, row: Row, name: str) -> Any:
        spec = self.space.spec(plural, name)
        return row.values.get(name, spec.default if spec else None)

    def _next_revision(self) -> int:
        self.space.revision += 1
        return self.space.revision
