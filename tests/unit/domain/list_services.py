"""Two services that hold lists, with different room for them."""

from __future__ import annotations

from sync_core.domain import Direction, Field, FieldMap, Kind, MergeRules, Side, SyncType
from tests.unit.domain.two_services import TwoServices

Entries = tuple[str, ...]
NAME = "emails"
ONE_WAY = [(SyncType.TO_OUTLOOK, Side.OUTLOOK), (SyncType.TO_PIPELINER, Side.PIPELINER)]


def services(
    outlook: Entries = (),
    pipeliner: Entries = (),
    room: tuple[int, int] = (3, 5),
    kind: Kind = Kind.PHONES,
    direction: Direction = Direction.BOTH,
) -> TwoServices:
    """Two services that agree on what they show; each has room for so many entries."""
    slots = tuple(f"slot{number}" for number in range(room[1]))
    row = Field(NAME, "E-mail addresses", kind, "emailAddresses", slots, direction, outlook_entries=room[0])
    agreed = TwoServices(FieldMap((row,)))
    for side, entries in ((Side.OUTLOOK, outlook), (Side.PIPELINER, pipeliner)):
        agreed.edit(side, NAME, entries)
    agreed.sync(MergeRules())
    assert shown(agreed) == (outlook, pipeliner), "the start is in agreement"
    return agreed


def shown(both: TwoServices) -> tuple[Entries, Entries]:
    """What Outlook and Pipeliner show."""
    return both.shown[Side.OUTLOOK].entries(NAME), both.shown[Side.PIPELINER].entries(NAME)


def had(both: TwoServices, side: Side) -> Entries:
    """A side's baseline."""
    return both.baselines.of(side).entries(NAME) if both.baselines else ()
