"""Schedules of Azure Functions (NCRONTAB): six fields, seconds first, always in UTC on Flex Consumption."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_PIECE = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")


def _numbered(names: str, start: int) -> Mapping[str, int]:
    return {name: number for number, name in enumerate(names.split(), start)}


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    least: int
    most: int
    names: Mapping[str, int]


_PARTS = (
    _Part("seconds", 0, 59, {}),
    _Part("minutes", 0, 59, {}),
    _Part("hours", 0, 23, {}),
    _Part("day of the month", 1, 31, {}),
    _Part("month", 1, 12, _numbered("jan feb mar apr may jun jul aug sep oct nov dec", 1)),
    _Part("day of the week", 0, 6, _numbered("sun mon tue wed thu fri sat", 0)),
)


def schedule_faults(text: str) -> list[str]:
    """Say what is wrong with a schedule; nothing when Azure Functions takes it."""
    fields = text.split()
    if len(fields) != len(_PARTS):
        return [f"it has {len(fields)} fields instead of {len(_PARTS)} (seconds come first)"]
    return [fault for part, written in zip(_PARTS, fields, strict=True) for fault in _field_faults(part, written)]


def _field_faults(part: _Part, written: str) -> Iterator[str]:
    for piece in written.split(","):
        found = _PIECE.fullmatch(piece)
        if found is None or (found["first"] == "*" and found["last"]):
            yield f"{part.name}: {piece!r} is not understood"
            continue
        bounds = [_number(part, text) for text in (found["first"], found["last"]) if text and text != "*"]
        if any(bound is None or not part.least <= bound <= part.most for bound in bounds):
            yield f"{part.name}: {piece!r} is outside {part.least} to {part.most}"
        elif found["step"] and int(found["step"]) == 0:
            yield f"{part.name}: {piece!r} has a step of 0"


def _number(part: _Part, text: str) -> int | None:
    return int(text) if text.isdecimal() else part.names.get(text[:3].casefold())
