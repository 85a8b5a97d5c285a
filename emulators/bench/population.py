"""How well people are told apart: precision and recall of the matching on populations with known truth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import process_time

from emulators.bench import population_central, population_western
from emulators.bench.population_cards import Card
from sync_core.domain import Side
from sync_core.domain.identity import Chosen, Finding, Holder, Nobody, Traits, Unsure, compare, counterpart_of, traits

SEED = 16
PEOPLE = 20_000
MOST_HOLDERS = 20


MOST_ASKED = 0.03
LEAST_FOUND = 0.995
POPULATIONS: Mapping[str, Callable[[int, int], list[Card]]] = {
    "central": population_central.population,
    "western": population_western.population,
}
"""Two generators of one mix that know nothing of each other: other names, notations and habits."""


@dataclass(slots=True)
class Figures:
    """What came of one population."""

    people: int
    cards: int
    true_pairs: int
    wrong: list[tuple[str, str]] = field(default_factory=list)
    """Pairs of two people."""
    missed: list[int] = field(default_factory=list)
    """People on both sides who were neither found nor asked about."""
    linked: int = 0
    asked: int = 0
    doubled: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    traits_us: float = 0.0
    compare_us: float = 0.0

    @property
    def precision(self) -> float:
        """Share of the pairs that are one person."""
        return 1 - len(self.wrong) / max(1, self.linked)

    @property
    def recall(self) -> float:
        """Share of the people on both sides who were found or asked about."""
        return 1 - len(self.missed) / max(1, self.true_pairs)

    @property
    def asked_share(self) -> float:
        """Questions for each of the people."""
        return self.asked / max(1, self.people)

    @property
    def ok(self) -> bool:
        """Whether the bounds are kept."""
        return not self.wrong and self.recall >= LEAST_FOUND and self.asked_share <= MOST_ASKED

    def as_json(self) -> dict[str, object]:
        """Return the figures for a machine."""
        return {
            "ok": self.ok,
            "people": self.people,
            "cards": self.cards,
            "true_pairs": self.true_pairs,
            "linked": self.linked,
            "wrong": len(self.wrong),
            "precision": self.precision,
            "recall": self.recall,
            "asked": self.asked,
            "asked_share": self.asked_share,
            "listed_as_duplicates": self.doubled,
            "us_a_card": round(self.traits_us, 1),
            "us_a_comparison": round(self.compare_us, 1),
            "rules": dict(sorted(self.rules.items())),
        }


@dataclass(slots=True)
class Population:
    """Cards of both sides with their traits, and an index of what they hold."""

    cards: Mapping[str, Card]
    traits: Mapping[Side, Mapping[str, Traits]]
    holders: Mapping[str, Sequence[Holder]]

    def sharing(self, own: Traits, side: Side) -> dict[str, Traits]:
        """Those of a side that hold one of the same handles; a handle of a whole company finds nobody."""
        found: dict[str, Traits] = {}
        for handle in own.handles:
            every = self.holders[handle]
            if len(every) <= MOST_HOLDERS or handle == own.name:
                found.update({holder.id: self.traits[side][holder.id] for holder in every if holder.side is side})
        return found


def plain(handle: str) -> str:
    """Stand in for the keyed hash of the state."""
    return handle


def read(cards: Sequence[Card]) -> Population:
    """Read the traits of all cards and index them."""
    known: dict[Side, dict[str, Traits]] = {side: {} for side in Side}
    holders: dict[str, list[Holder]] = defaultdict(list)
    for card in cards:
        own = traits(card.contact)
        known[card.side][card.id] = own
        for handle in own.handles:
            holders[handle].append(Holder(card.side, card.id, own.name))
    return Population({card.id: card for card in cards}, known, holders)


def measure(cards: Sequence[Card], clock: Callable[[], float] = process_time) -> Figures:
    """Match all, from Outlook's side, and compare with the truth."""
    started = clock()
    population = read(cards)
    took = clock() - started
    sides: dict[int, set[Side]] = defaultdict(set)
    for card in cards:
        sides[card.person].add(card.side)
    both = {person for person, where in sides.items() if len(where) > 1}
    figures = Figures(len(sides), len(cards), len(both), traits_us=took / len(cards) * 1e6)
    known = {person for key in population.traits[Side.OUTLOOK] for person in _match(population, key, figures)}
    figures.missed = sorted(both - known)
    figures.compare_us = _cost_of_comparing(population, clock)
    return figures


def _match(population: Population, key: str, figures: Figures) -> set[int]:
    """Choose for one card of Outlook; return its person when they are found or asked about."""
    theirs = population.sharing(population.traits[Side.OUTLOOK][key], Side.PIPELINER)
    mine = {key: population.traits[Side.OUTLOOK][key]}
    for other in theirs.values():
        mine |= population.sharing(other, Side.OUTLOOK)
    person = population.cards[key].person
    match counterpart_of(key, mine, theirs, population.holders, plain):
        case Chosen(id=chosen, finding=finding):
            figures.linked += 1
            figures.rules[f"same by {finding.rule}"] += 1
            if population.cards[chosen].person != person:
                figures.wrong.append((key, chosen))
            return {person} & {population.cards[chosen].person}
        case Unsure(ids=ids, findings=findings, are_duplicates=are_duplicates):
            figures.doubled += are_duplicates
            figures.asked += not are_duplicates
            if not are_duplicates:
                figures.rules.update(f"ask by {findings[other].rule}" for other in ids)
            return {person} & {population.cards[other].person for other in ids}
        case Nobody():
            return set()


def _cost_of_comparing(population: Population, clock: Callable[[], float]) -> float:
    pairs = [
        (own, other)
        for own in list(population.traits[Side.OUTLOOK].values())[:2000]
        for other in population.sharing(own, Side.PIPELINER).values()
    ]
    started = clock()
    found: list[Finding] = [compare(own, other) for own, other in pairs]
    return (clock() - started) / max(1, len(found)) * 1e6


def told(name: str, figures: Figures) -> str:
    """Lay the figures out."""
    lines = (
        f"{name}: {figures.people:,} people on {figures.cards:,} cards, {figures.true_pairs:,} on both sides",
        f"  paired {figures.linked:,}, wrongly {len(figures.wrong)}: precision {figures.precision:.4%} (bound 100%)",
        f"  neither found nor asked about {len(figures.missed)}: recall {figures.recall:.2%} (bound {LEAST_FOUND:.1%})",
        f"  asked about {figures.asked:,}: {figures.asked_share:.2%} of all people (bound {MOST_ASKED:.0%})",
        f"  twice on one side, listed as such {figures.doubled:,}",
        f"  processor: {figures.traits_us:.0f} µs a card read, {figures.compare_us:.1f} µs a comparison",
        "  " + ", ".join(f"{rule}: {count}" for rule, count in sorted(figures.rules.items())),
    )
    return "\n".join(lines)
