"""Words to describe an entity of the service: its fields, their kinds and who may write them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any


class Kind(Enum):
    """What a field holds; it decides default, checks, filter comparison and wire form."""

    TEXT = "input"
    AREA = "text_area"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    BOOLEAN = "checkbox"
    INTEGER = "integer"
    NUMBER = "float"
    DATETIME = "datetime"
    DATE = "date"
    CHOICE = "choice"
    OPTION = "dropdown"
    REFERENCE = "reference"
    RELATION = "relation"
    CHILDREN = "children"
    OPTIONS = "options"
    EMPTY_LIST = "list"
    JSON = "json"


TEXT_KINDS = frozenset({Kind.TEXT, Kind.AREA, Kind.EMAIL, Kind.PHONE, Kind.URL})
CUSTOM_KINDS = {kind.value: kind for kind in TEXT_KINDS} | {
    kind.value: kind for kind in (Kind.BOOLEAN, Kind.INTEGER, Kind.NUMBER, Kind.DATETIME, Kind.DATE, Kind.OPTION)
}
LINK_KINDS = frozenset({Kind.RELATION, Kind.CHILDREN, Kind.OPTIONS, Kind.EMPTY_LIST})


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field. `access` holds `c` if it may be sent on create and `u` if on update.

    `target` is the entity a reference, relation or list of children leads to; `via` is the id field of
    a relation, the pointing field of children, or the data set of a dropdown.
    """

    name: str
    kind: Kind
    access: str = "cu"
    target: str = ""
    via: str = ""
    choices: tuple[int, ...] = ()
    default: Any = None
    is_required: bool = False
    is_custom: bool = False
    is_unique: bool = False
    is_ignored: bool = False

    @property
    def is_scalar(self) -> bool:
        """Whether it can be filtered and sorted by."""
        return self.kind not in LINK_KINDS and self.kind is not Kind.JSON


@dataclass(frozen=True, slots=True)
class Entity:
    """One collection: its plural (in paths), its singular (in errors), its fields.

    `children` lists (entity, pointing field, other end) of what a merge carries over to the master;
    `pair` are the two ends that make a link record unique.
    """

    plural: str
    singular: str
    fields: tuple[FieldSpec, ...]
    hashed: tuple[str, ...] = ()
    children: tuple[tuple[str, str, str], ...] = ()
    pair: tuple[str, ...] = ()
    verbs: frozenset[str] = frozenset({"batch-modify", "batch-delete"})
    by_name: dict[str, FieldSpec] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {spec.name: spec for spec in self.fields})


def each(kind: Kind, names: str, access: str = "cu") -> tuple[FieldSpec, ...]:
    """Fields of one kind, names separated by spaces; unset text reads as an empty string."""
    default: Any = "" if kind in TEXT_KINDS else False if kind is Kind.BOOLEAN else None
    return tuple(FieldSpec(name, kind, access, default=default) for name in names.split())


def choice(name: str, choices: range, access: str = "cu") -> FieldSpec:
    """Make a closed set of numbers; the first one is what a new record has."""
    return FieldSpec(name, Kind.CHOICE, access, choices=tuple(choices), default=choices[0])


def reference(name: str, target: str, *, access: str = "cu", required: bool = False) -> tuple[FieldSpec, ...]:
    """Make the id field `<name>_id` and its relation `<name>`, which reads as a URI or an object."""
    via = f"{name}_id"
    return (
        FieldSpec(via, Kind.REFERENCE, access, target, is_required=required),
        FieldSpec(name, Kind.RELATION, "", target, via),
    )


def children(name: str, target: str, via: str) -> FieldSpec:
    """Make the list of records that point here; may be sent along on create."""
    return FieldSpec(name, Kind.CHILDREN, "cu", target, via)


STANDING = (
    FieldSpec("id", Kind.REFERENCE, ""),
    *each(Kind.DATETIME, "created", "c"),
    *each(Kind.DATETIME, "modified", ""),
    FieldSpec("revision", Kind.INTEGER, is_ignored=True),
    *each(Kind.BOOLEAN, "is_deleted is_delete_protected", ""),
)


def required(spec: FieldSpec) -> FieldSpec:
    """Return the same field, which the system itself demands."""
    return replace(spec, is_required=True)
