"""A population with known truth: who stands on which side, on which cards, and with what noise."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sync_core.domain import Contact, Side, Value


class Habit(StrEnum):
    """What a share of all people is or has."""

    FAMILY = "in families"
    OFFICE = "in offices"
    NICKNAME = "nickname or initial on one side"
    SLIP = "typing slip in the name"
    MARRIED = "married"
    NEW_COMPANY = "changed company"
    NAMESAKE = "namesakes"
    ONE_NAME = "one-name or company cards"
    SCRIPT = "other scripts or transliterated"
    NO_MAIL = "no e-mail"
    NO_PHONE = "no phone"


MIX: Mapping[Habit, float] = {
    Habit.FAMILY: 0.08,
    Habit.OFFICE: 0.10,
    Habit.NICKNAME: 0.06,
    Habit.SLIP: 0.04,
    Habit.MARRIED: 0.03,
    Habit.NEW_COMPANY: 0.05,
    Habit.NAMESAKE: 0.04,
    Habit.ONE_NAME: 0.05,
    Habit.SCRIPT: 0.05,
    Habit.NO_MAIL: 0.10,
    Habit.NO_PHONE: 0.05,
}
BOTH_SIDES = 0.5
TWICE = 0.1
HALF = 0.5
GROUPED = (Habit.FAMILY, Habit.OFFICE, Habit.NAMESAKE)
"""What a person shares with others: of these, each person has at most one."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is true of a person, in our own fields."""

    values: Mapping[str, Value]
    habits: frozenset[Habit] = frozenset()
    other: Mapping[str, Value] = field(default_factory=dict)
    """The values that the other side has instead."""

    @property
    def mails(self) -> tuple[str, ...]:
        """Their addresses."""
        return tuple(self.values.get("emails", ()))

    def blanked(self) -> Profile:
        """Return the same person without what they have not got, on either side."""
        blanks: dict[str, Value] = {"emails": ()} if Habit.NO_MAIL in self.habits else {}
        if Habit.NO_PHONE in self.habits:
            blanks |= {"mobile_phone": "", "business_phones": (), "home_phones": ()}
        other = {name: blanks.get(name, value) for name, value in self.other.items()}
        return replace(self, values={**self.values, **blanks}, other=other)

    def having(self, values: Mapping[str, Value]) -> Profile:
        """Return the same person with other values."""
        return replace(self, values={**self.values, **values})

    def elsewhere(self, values: Mapping[str, Value]) -> Profile:
        """Return the same person with values that only the other side has."""
        return replace(self, other={**self.other, **values})


@dataclass(frozen=True, slots=True)
class Card:
    """A card on one side, and whose it is."""

    id: str
    side: Side
    person: int
    contact: Contact


Noise = Callable[[random.Random, dict[str, Value], Side], dict[str, Value]]
"""How one side writes down what is true."""


def listed(text: str) -> tuple[str, ...]:
    """Return the words of a list that is written down as a text."""
    return tuple(text.split())


def habits_of(count: int, chance: random.Random) -> list[frozenset[Habit]]:
    """Deal the habits out by the mix; what is shared with others goes to neighbours."""
    order = list(range(count))
    chance.shuffle(order)
    dealt: list[set[Habit]] = [set() for _ in range(count)]
    start = 0
    for habit in GROUPED:
        end = start + round(MIX[habit] * count)
        for at in order[start:end]:
            dealt[at].add(habit)
        start = end
    for habit, share in MIX.items():
        if habit not in GROUPED:
            for at in chance.sample(range(count), round(share * count)):
                dealt[at].add(habit)
    return [frozenset(habits) for habits in dealt]


def groups(profiles: list[Profile], habit: Habit, size: int) -> Iterator[list[int]]:
    """Return the numbers of those who share something, so many at a time."""
    members = [at for at, profile in enumerate(profiles) if habit in profile.habits]
    for start in range(0, len(members) - 1, size):
        yield members[start : start + size]


def cards_of(profiles: list[Profile], chance: random.Random, noise: Noise) -> list[Card]:
    """Put people on their sides: half on both, a tenth twice on one of theirs, as a copy or saying less."""
    cards: list[Card] = []
    for number, profile in enumerate(profiles):
        sides = list(Side) if chance.random() < BOTH_SIDES else [chance.choice(list(Side))]
        first = chance.choice(sides)
        for side in sides:
            values = {**profile.values, **(profile.other if side is not first else {})}
            cards.append(_card(len(cards), side, number, noise(chance, values, side)))
        if chance.random() < TWICE:
            side = chance.choice(sides)
            values = {**profile.values, **(profile.other if side is not first else {})}
            written = noise(chance, values, side)
            cards.append(_card(len(cards), side, number, written if chance.random() < HALF else _less(written, chance)))
    return cards


def _card(at: int, side: Side, person: int, values: Mapping[str, Value]) -> Card:
    return Card(f"{side.value[0]}{at}", side, person, Contact({name: value for name, value in values.items() if value}))


def _less(values: Mapping[str, Value], chance: random.Random) -> dict[str, Value]:
    """A second card of one person says less."""
    dropped = chance.sample(sorted(set(values) - {"given_name", "surname"}), k=min(2, max(0, len(values) - 3)))
    return {name: value for name, value in values.items() if name not in dropped}
