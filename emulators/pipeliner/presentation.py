"""Records as the service shows them: URIs or expanded objects, chosen keys, times in the asked-for zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from emulators.pipeliner.dates import wire_time
from emulators.pipeliner.entities import ENTITIES, OF_ROLES
from emulators.pipeliner.errors import parameter_invalid
from emulators.pipeliner.reading import read
from emulators.pipeliner.records import Row
from emulators.pipeliner.schema import LINK_KINDS, FieldSpec, Kind
from emulators.pipeliner.space import Space, View

Tree = Mapping[str, "Tree"]


@lru_cache(maxsize=256)
def tree_from(text: str) -> Tree:
    """Read a comma list with dots, such as `id,owner.email`, as nested names."""
    root: dict[str, Any] = {}
    for path in filter(None, text.split(",")):
        level = root
        for name in path.split("."):
            level = level.setdefault(name, {})
    return root


@dataclass(frozen=True, slots=True)
class Shape:
    """How much of a record to show; an empty `only` shows every key."""

    expand: Tree
    only: Tree

    def below(self, name: str) -> Shape:
        """Return the shape of the records under one relation."""
        return Shape(self.expand.get(name, {}), self.only.get(name, {}))


PLAIN = Shape({}, {})


def check_shape(space: Space, plural: str, shape: Shape) -> None:
    """Raise a 400 when a name in `expand` or `load-only` is no field of its entity."""
    for name, below in shape.expand.items():
        spec = space.spec(plural, name)
        if spec is None or spec.kind not in LINK_KINDS:
            raise parameter_invalid(f"cannot expand {name}")
        if spec.target in ENTITIES:
            check_shape(space, spec.target, Shape(below, {}))
    for name, below in shape.only.items():
        spec = space.spec(plural, name)
        if spec is None or (below and spec.kind not in LINK_KINDS):
            raise parameter_invalid(f"unknown field {name}")
        if spec.target in ENTITIES:
            check_shape(space, spec.target, Shape({}, below))


@dataclass(frozen=True, slots=True)
class Presenter:
    """Shows rows of one state of the space; `root` is the URI above `/entities`."""

    space: Space
    view: View
    root: str
    zone: tzinfo = UTC

    def show(self, plural: str, row: Row, shape: Shape = PLAIN) -> dict[str, Any]:
        """Return the record as JSON."""
        specs = self.space.specs(plural)
        if shape.only:
            specs = tuple(spec for spec in specs if spec.name in shape.only)
        return {spec.name: self._value(plural, row, spec, shape) for spec in specs}

    def _value(self, plural: str, row: Row, spec: FieldSpec, shape: Shape) -> Any:
        if spec.kind is Kind.CHILDREN:
            return [self._linked(spec, child, shape) for child in self._children(spec, row.id)]
        if spec.kind is Kind.EMPTY_LIST:
            return []
        held = read(self.space, self.view, plural, row, spec)
        if spec.kind is Kind.RELATION:
            return self._relation(spec, held, shape)
        if spec.kind is Kind.OPTIONS:
            return self._options(spec, held, shape)
        return wire_time(held, self.zone) if isinstance(held, datetime) else held

    def _children(self, spec: FieldSpec, row_id: str) -> list[Row]:
        hidden = self.space.tables[spec.target].hidden
        rows = self.view(spec.target).live(spec.via, row_id)
        return sorted((row for row in rows if row.id not in hidden), key=lambda row: row.id)

    def _relation(self, spec: FieldSpec, target_id: str | None, shape: Shape) -> Any:
        if target_id is None:
            return None
        row = self.view(spec.target).rows.get(target_id) if spec.target in ENTITIES else None
        return self._uri(spec.target, target_id) if row is None else self._linked(spec, row, shape)

    def _options(self, spec: FieldSpec, data_set_id: str | None, shape: Shape) -> Any:
        if data_set_id is None:
            return None
        if spec.name not in shape.expand:
            return self._uri(spec.target, data_set_id)
        rows = self.view(spec.target).live("data_set_id", data_set_id)
        rows.sort(key=lambda row: (row.values.get("sort_order") or 0, row.id))
        return [self._linked(spec, row, shape) for row in rows]

    def _linked(self, spec: FieldSpec, row: Row, shape: Shape) -> Any:
        is_kept_back = spec.target in OF_ROLES and not self.space.switches.roles_readable
        if spec.name not in shape.expand or is_kept_back:
            return self._uri(spec.target, row.id)
        return self.show(spec.target, row, shape.below(spec.name))

    def _uri(self, plural: str, row_id: str) -> str:
        return f"{self.root}/entities/{plural}/{row_id}"
