"""What can go wrong at a step, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where a step happens."""

    GRAPH = "graph"
    PART = "part"
    PIPELINER = "pipeliner"
    READ = "read"
    TRANSACTION = "transaction"


class Kind(StrEnum):
    """What goes wrong at a step, or what somebody else does there."""

    CRASH_BEFORE = "crash_before"
    CRASH_AFTER = "crash_after"
    REPLY_LOST = "reply_lost"
    REQUEST_LOST = "request_lost"
    UNAVAILABLE = "unavailable"
    GATEWAY_TIMEOUT = "gateway_timeout"
    THROTTLED = "throttled"
    REPLY_LATE = "reply_late"
    REQUEST_LATE = "request_late"
    OUTLOOK_EDIT = "outlook_edit"
    PIPELINER_EDIT = "pipeliner_edit"


_SERVICE = frozenset(Kind) - {Kind.REQUEST_LATE}
APPLIES: dict[Place, frozenset[Kind]] = {
    Place.GRAPH: _SERVICE,
    Place.PIPELINER: _SERVICE,
    Place.PART: frozenset({Kind.CRASH_BEFORE, Kind.REPLY_LOST, Kind.REQUEST_LOST, Kind.UNAVAILABLE, Kind.THROTTLED}),
    Place.TRANSACTION: frozenset(Kind) - {Kind.UNAVAILABLE, Kind.GATEWAY_TIMEOUT, Kind.THROTTLED},
    Place.READ: frozenset(
        {Kind.CRASH_BEFORE, Kind.REQUEST_LOST, Kind.REPLY_LATE, Kind.OUTLOOK_EDIT, Kind.PIPELINER_EDIT}
    ),
}
"""Kinds that make sense at a place. A request that arrives after its run was replaced cannot be fenced by a
service that knows no fence, so a late request is a fault of the store only; a late reply is one of all."""

STATUS = {Kind.UNAVAILABLE: 503, Kind.GATEWAY_TIMEOUT: 504, Kind.THROTTLED: 429}
RETRY_AFTER = {"retry-after": "7"}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: where, and what was asked; equal in every run up to the first fault."""

    place: Place
    what: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at which step, counted from nought."""

    at: int
    kind: Kind
