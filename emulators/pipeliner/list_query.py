"""What a list request asks for, read from its query parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from emulators.pipeliner.cursors import OrderKey
from emulators.pipeliner.errors import parameter_invalid
from emulators.pipeliner.filters import Filter, filter_from
from emulators.pipeliner.schema import FieldSpec
from emulators.pipeliner.space import Space

PAGE_DEFAULT = 30
PAGE_CAP = 100


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records, in which order: what all pages of one walk have in common."""

    plural: str
    filters: tuple[Filter, ...]
    order: tuple[OrderKey, ...]
    with_deleted: bool


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a selection: keyset paging, or the legacy `limit` and `offset`."""

    first: int | None
    last: int | None
    after: str | None
    before: str | None
    limit: int | None
    offset: int

    @property
    def is_legacy(self) -> bool:
        """Whether the answer leaves out `page_info`."""
        return self.limit is not None


def selection_from(space: Space, plural: str, parameters: Mapping[str, str]) -> Selection:
    """Read filters and order; raises a 400 for an unknown field or operator."""
    texts: dict[str, str] = {}
    operators: dict[str, str] = {}
    for name, value in parameters.items():
        if name.startswith("filter[") and name.endswith("]"):
            texts[name[7:-1]] = value
        elif name.startswith("filter-op[") and name.endswith("]"):
            operators[name[10:-1]] = value
    names = list(dict.fromkeys([*texts, *operators]))
    filters = tuple(
        filter_from(scalar(space, plural, name), operators.get(name, "eq"), texts.get(name)) for name in names
    )
    order = tuple(_order_key(space, plural, part) for part in parameters.get("order-by", "").split(",") if part)
    return Selection(plural, filters, order, flag(parameters, "include-deleted"))


def scalar(space: Space, plural: str, name: str) -> FieldSpec:
    """Return the field to filter or sort by; raises a 400 when there is none of that name."""
    spec = space.spec(plural, name)
    if spec is None or not spec.is_scalar:
        raise parameter_invalid(f"unknown field {name}")
    return spec


def flag(parameters: Mapping[str, str], name: str) -> bool:
    """Read a boolean parameter; absent means false. Raises a 400 for anything but true and false."""
    text = parameters.get(name, "false").lower()
    if text not in {"true", "false", "1", "0"}:
        raise parameter_invalid(f"{name} is a boolean")
    return text in {"true", "1"}


def window_from(space: Space, parameters: Mapping[str, str]) -> Window:
    """Read page size and position; raises a 400 for a bad number, or one over the cap by switch."""
    first, last = (_count(space, parameters, name) for name in ("first", "last"))
    limit = _count(space, parameters, "limit")
    offset = number(parameters, "offset")
    if limit is None and offset is not None:
        limit = PAGE_DEFAULT
    if first is None and last is None:
        first = PAGE_DEFAULT
    return Window(first, last, parameters.get("after"), parameters.get("before"), limit, offset or 0)


def number(parameters: Mapping[str, str], name: str) -> int | None:
    """Read a whole number of zero or more; raises a 400 for anything else."""
    text = parameters.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise parameter_invalid(f"{name} is a number")
    return int(text)


def _count(space: Space, parameters: Mapping[str, str], name: str) -> int | None:
    count = number(parameters, name)
    if count is None:
        return None
    if count == 0:
        raise parameter_invalid(f"{name} starts at 1")
    if count > PAGE_CAP and space.switches.first_over_cap == "reject":
        raise parameter_invalid(f"{name} is at most {PAGE_CAP}")
    return min(count, PAGE_CAP)


def _order_key(space: Space, plural: str, part: str) -> OrderKey:
    return OrderKey(scalar(space, plural, part.removeprefix("-")), part.startswith("-"))
