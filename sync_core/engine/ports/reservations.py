"""What is asked before anything is created in Pipeliner: who else creates the same person, or account, right now.

A reservation is a provisional entry in the index of the space: hashes of what tells a person, beside who creates them.
It stands from before the create until the feed has shown what was created.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sync_core.domain import LinkId, PipelinerId
from sync_core.domain.identity import Holder


@dataclass(frozen=True, slots=True)
class Claim:
    """What one create takes for itself, in plain words: identifiers of the person, and the name with each company.

    `key` is the id of the link that comes of it; the state keeps nothing of the rest but hashes.
    """

    key: str
    name: str = field(repr=False)
    strong: frozenset[str] = field(repr=False)
    named: frozenset[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OtherCreate:
    """A create of another connection that holds what a claim needs, `since` then by the clock of its host.

    Once it `is_known` what it made, whoever looks again finds that contact.
    """

    connection_id: str
    link_id: LinkId
    since: datetime
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Reserved:
    """What others hold of some claims: creates under way by the claims' keys, and by token the contacts that were made.

    A contact is found under the hash of its name as well where name and company are the same.
    """

    waits: Mapping[str, OtherCreate] = field(default_factory=dict)
    holders: Mapping[str, tuple[Holder, ...]] = field(default_factory=dict)


class Reservations(Protocol):
    """The reservations of a space, as one connection sees them: its own never stand in its way."""

    async def look(self, claims: Sequence[Claim]) -> Reserved:
        """Return what other connections hold of these claims; nothing is reserved."""

    async def reserve(self, claims: Sequence[Claim]) -> Mapping[str, OtherCreate]:
        """Enter claims, each whole or not at all; returns by key those that another create kept out.

        A contact that the last look told keeps nobody out: it was a candidate.
        """

    async def record(self, made: Sequence[tuple[Claim, PipelinerId]], freed: Sequence[Claim]) -> None:
        """Put the ids of what was made into their reservations, and end those of which nothing was made."""

    async def end_others(self, still_open: Collection[LinkId]) -> Sequence[LinkId]:
        """End this connection's reservations without an id that are of no create `still_open`; returns whose."""


class Unreserved:
    """Nobody else creates anything."""

    async def look(self, _claims: Sequence[Claim]) -> Reserved:
        """See `Reservations.look`."""
        return Reserved()

    async def reserve(self, _claims: Sequence[Claim]) -> Mapping[str, OtherCreate]:
        """See `Reservations.reserve`."""
        return {}

    async def record(self, _made: Sequence[tuple[Claim, PipelinerId]], _freed: Sequence[Claim]) -> None:
        """See `Reservations.record`."""

    async def end_others(self, _still_open: Collection[LinkId]) -> Sequence[LinkId]:
        """See `Reservations.end_others`."""
        return ()


OpenReservations = Callable[[], Reservations]
"""Opens them: a run that creates nothing has no need of them."""


def unreserved() -> Reservations:
    """Open what reserves nothing."""
    return Unreserved()


@dataclass(frozen=True, slots=True)
class TakenName:
    """A name under which somebody makes an account, or has made the one of that id; look again after `wait_s`."""

    account_id: str = ""
    wait_s: float = 0.0


class AccountNames(Protocol):
    """The names of accounts that are being made in a space, whatever connection or instance makes them."""

    async def reserve(self, names: Sequence[str], gone: Collection[str] = ()) -> Mapping[str, TakenName]:
        """Reserve names, equal whatever their case; returns those that are taken.

        An account that is `gone`, by its id, holds no name.
        """

    async def record(self, made: Mapping[str, str]) -> None:
        """Put the ids of accounts into the reservations of their names; "" ends one of which nothing was made."""


class AnyName:
    """Nobody else makes accounts."""

    async def reserve(self, _names: Sequence[str], _gone: Collection[str] = ()) -> Mapping[str, TakenName]:
        """See `AccountNames.reserve`."""
        return {}

    async def record(self, _made: Mapping[str, str]) -> None:
        """See `AccountNames.record`."""


OpenAccountNames = Callable[[], AccountNames]
"""Opens them: a run that makes no account has no need of them."""
