"""The situations that are measured: first syncs in every direction, and what people change afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from itertools import islice

from emulators.bench.costs import Cost, Step
from emulators.bench.measuring import Product, Used
from emulators.bench.people import Sides, everybody, people, spread

FEWEST_CONTACTS = 200
"""With fewer, more than half would change at once, which the product holds back for an approval."""
TICK_S = 300.0
"""The timer's usual interval."""
PAUSE_S = 3600.0
"""How long nothing happens between two situations, so that none pays for the one before."""
DELETED = 10
"""As many as are removed without an approval, however few contacts there are."""
_TEN = 10
"""In so many contacts of a mix: three edited on either side, one on both, one deleted, and one created on each side."""


class NotMeasured(Exception):
    """A situation did not come about; the message says why."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Both services and the product of one connection."""

    sides: Sides
    product: Product
    connection: str
    advance: Callable[[float], None]

    def measure(self, situation: str, contacts: int, changed: int, *, is_asked_for: bool = False) -> Iterator[Cost]:
        """Let the three runs go by that follow upon a change, and see that it travelled. Raises NotMeasured.

        A first run that `is_asked_for` waits in the queue already and needs no tick.
        """
        for step in Step:
            needs_tick = step is not Step.RUN or not is_asked_for
            used = self.tick_and_drain() if needs_tick else self.product.do("drain")
            if used.said["failed"] or used.said["attention"]:
                raise NotMeasured(f"{situation}, {step}, with {contacts} contacts: {dict(used.said)}")
            yield Cost.of(situation, contacts, changed, step, used)
            self.advance(TICK_S)
        if not self.sides.are_equal():
            raise NotMeasured(f"{situation}, with {contacts} contacts: in the end the sides differ")
        self.rest()

    def tick_and_drain(self) -> Used:
        """Let the timer fire and work off what it asks for."""
        ticked = self.product.do("tick")
        return ticked.followed_by(self.product.do("drain"))

    def rest(self) -> None:
        """Let everything that was written fall out of the feed's sight."""
        self.advance(PAUSE_S)
        self.tick_and_drain()
        self.advance(PAUSE_S)


Fill = Callable[[Sides], None]
Open = Callable[[Fill], AbstractContextManager[Bench]]
"""Opens fresh services, lets them be filled a day before, and connects a fresh product, with nothing synced yet."""


@dataclass(frozen=True, slots=True)
class FirstSync:
    """Who is on which side before the first sync, as shares of all contacts."""

    direction: str
    label: str
    pipeliner_only: float
    outlook_only: float

    @property
    def name(self) -> str:
        """The situation's name in reports."""
        return f"first_sync_{self.direction}"

    def fill(self, contacts: int, sides: Sides) -> None:
        """Let people be there; the rest of them is on both sides."""
        everyone = people(contacts)
        first = round(contacts * self.pipeliner_only)
        second = first + round(contacts * self.outlook_only)
        sides.write_in_pipeliner(everyone[:first] + everyone[second:])
        sides.write_in_outlook(everyone[first:])


@dataclass(frozen=True, slots=True)
class Change:
    """What people do when everything is in sync; returns how many changes that were."""

    name: str
    label: str
    make: Callable[[Sides, int], int]


def _edit_in_outlook(count: int) -> Callable[[Sides, int], int]:
    def make(sides: Sides, _: int) -> int:
        sides.edit_in_outlook(spread(sides.outlook(), count), f"ext. {count}")
        return count

    return make


def _edit_in_pipeliner(count: int) -> Callable[[Sides, int], int]:
    def make(sides: Sides, _: int) -> int:
        sides.edit_in_pipeliner(spread(sides.pipeliner(), count), f"{count}")
        return count

    return make


def _delete_in_outlook(sides: Sides, _: int) -> int:
    sides.delete_in_outlook(spread(sides.outlook(), DELETED))
    return DELETED


def _delete_in_pipeliner(sides: Sides, _: int) -> int:
    sides.delete_in_pipeliner(spread(sides.pipeliner(), DELETED))
    return DELETED


def _migrate(*, with_stored_ids: bool) -> Callable[[Sides, int], int]:
    def make(sides: Sides, contacts: int) -> int:
        sides.migrate_outlook(with_stored_ids=with_stored_ids)
        return contacts

    return make


def _mix(sides: Sides, contacts: int) -> int:
    """Touch one contact in a hundred; those edited on both sides count twice."""
    cards = {card["emailAddresses"][0]["address"]: card for card in sides.outlook()}
    rows = {row["email1"]: row for row in sides.pipeliner()}
    tens = max(1, round(contacts / 100 / _TEN))
    touched = spread([{"email": email} for email in cards], tens * _TEN)
    emails = [item["email"] for item in touched]
    unlinked = list(islice(everybody(tens), contacts, contacts + 2 * tens))
    changed = 0
    for number in range(tens):
        ten = emails[number * _TEN : (number + 1) * _TEN]
        sides.edit_in_outlook([cards[email] for email in (*ten[:3], ten[9])], "ext. 9")
        sides.edit_in_pipeliner([rows[email] for email in (*ten[3:6], ten[9])], "9")
        sides.write_in_outlook(unlinked[2 * number : 2 * number + 1])
        sides.write_in_pipeliner(unlinked[2 * number + 1 : 2 * number + 2])
        if number % 2:
            sides.delete_in_outlook([cards[ten[8]]])
        else:
            sides.delete_in_pipeliner([rows[ten[8]]])
        changed += 11
    return changed


FROM_PIPELINER = FirstSync("from_pipeliner", "first sync, all in Pipeliner", 1.0, 0.0)
FIRST_SYNCS = (
    FROM_PIPELINER,
    FirstSync("from_outlook", "first sync, all in Outlook", 0.0, 1.0),
    FirstSync("mixed", "first sync, 60 % on each side, 20 % on both", 0.4, 0.4),
    FirstSync("equal", "first sync, the same on both sides", 0.0, 0.0),
    FirstSync("apart", "first sync, half on each side, nobody on both", 0.5, 0.5),
)
DIRECTIONS: Mapping[str, FirstSync] = {first.direction: first for first in FIRST_SYNCS}
DELETED_IN_PIPELINER = "ten_deleted_in_pipeliner"
FIXED_CHANGES = (
    Change("one_edited_in_outlook", "1 edited in Outlook", _edit_in_outlook(1)),
    Change("hundred_edited_in_outlook", "100 edited in Outlook", _edit_in_outlook(100)),
    Change("one_edited_in_pipeliner", "1 edited in Pipeliner", _edit_in_pipeliner(1)),
    Change("hundred_edited_in_pipeliner", "100 edited in Pipeliner", _edit_in_pipeliner(100)),
    Change("ten_deleted_in_outlook", "10 deleted in Outlook", _delete_in_outlook),
    Change(DELETED_IN_PIPELINER, "10 deleted in Pipeliner", _delete_in_pipeliner),
)
MIGRATIONS = (
    Change("migrated_with_ids", "all cards anew under new ids, stored ids come along", _migrate(with_stored_ids=True)),
    Change("migrated_without_ids", "all cards anew under new ids, without stored ids", _migrate(with_stored_ids=False)),
)
"""Nothing may be created or deleted by them, in twice the requests of a first sync."""
CHANGES = (
    *FIXED_CHANGES,
    Change("mixed_changes", "1.1 % edited, created, deleted on both sides", _mix),
    *MIGRATIONS,
)
SAME_AT_EVERY_SIZE = frozenset(change.name for change in FIXED_CHANGES)
IDLE_RUN = "idle_run"
LABELS: Mapping[str, str] = {
    **{situation.name: situation.label for situation in (*FIRST_SYNCS, *CHANGES)},
    IDLE_RUN: "idle run, without its tick",
}


def measure_first_sync(first: FirstSync, contacts: int, opened: Open, tell: Callable[[str], None]) -> Iterator[Cost]:
    """Measure a first sync, and after the one from Pipeliner an idle run and all changes. Raises NotMeasured."""
    tell(f"{contacts:,} contacts: {first.label}")
    with opened(partial(first.fill, contacts)) as bench:
        yield from bench.measure(first.name, contacts, contacts, is_asked_for=True)
        if first is not FROM_PIPELINER:
            return
        yield Cost.of(IDLE_RUN, contacts, 0, Step.IDLE, bench.product.do("run", connection=bench.connection))
        for change in CHANGES:
            tell(f"{contacts:,} contacts: {change.label}")
            changed = change.make(bench.sides, contacts)
            yield from bench.measure(change.name, contacts, changed)
