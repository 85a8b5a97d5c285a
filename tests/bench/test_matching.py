"""People whose truth is known: none are mixed up, nearly all are found, and few are asked about."""

from __future__ import annotations

import json
from itertools import groupby
from operator import attrgetter

import pytest

from emulators.bench.__main__ import main
from emulators.bench.population import POPULATIONS, SEED, Figures, measure, told
from emulators.bench.population_cards import MIX, Card, Habit
from sync_core.domain import Contact, Side

PEOPLE = 1_000
"""The bench itself invents twenty times as many."""


@pytest.mark.parametrize("name", POPULATIONS)
def test_nobody_is_mixed_up_and_nearly_everybody_is_found(name: str) -> None:
    """Two generators of one mix, with other names, notations and habits."""
    figures = measure(POPULATIONS[name](PEOPLE, SEED))

    assert figures.wrong == []
    assert figures.recall >= 0.995
    assert figures.asked_share <= 0.03
    assert figures.ok


@pytest.mark.parametrize("name", POPULATIONS)
def test_population_has_its_mix(name: str) -> None:
    """Half of the people stand on both sides, a tenth twice on one, and the same people come again."""
    cards = POPULATIONS[name](PEOPLE, SEED)
    by_person = groupby(sorted(cards, key=attrgetter("person")), key=attrgetter("person"))
    of_person = [[card.side for card in held] for _, held in by_person]

    assert sum(len(set(sides)) == 2 for sides in of_person) / PEOPLE == pytest.approx(0.5, abs=0.05)
    assert sum(len(sides) > len(set(sides)) for sides in of_person) / PEOPLE == pytest.approx(0.1, abs=0.03)
    bare = sum(not card.contact.entries("emails") for card in cards) / len(cards)
    assert bare == pytest.approx(MIX[Habit.NO_MAIL], abs=0.06)
    assert [card.contact for card in POPULATIONS[name](PEOPLE, SEED)] == [card.contact for card in cards]
    assert [card.contact for card in POPULATIONS[name](PEOPLE, SEED + 1)] != [card.contact for card in cards]


def test_mistakes_are_counted() -> None:
    """A wrong pair, a person who is missed and a question each have their figure, and break the bound."""

    def card(at: int, side: Side, person: int, **values: str) -> Card:
        mail = values.pop("mail", "")
        return Card(f"{side}{at}", side, person, Contact({**values, **({"emails": (mail,)} if mail else {})}))

    wrong = [card(at, side, at, given_name="Anna", surname="Maier", mail="a@x.example") for at, side in enumerate(Side)]
    missed = [card(at, side, 7, given_name=name) for at, (side, name) in enumerate(zip(Side, "AB", strict=True))]
    asked = [card(at, side, 7, given_name="Anna", surname="Maier") for at, side in enumerate(Side)]

    assert (measure(wrong).precision, measure(wrong).ok) == (0.0, False)
    assert (measure(missed).recall, measure(missed).missed, measure(missed).ok) == (0.0, [7], False)
    assert (measure(asked).asked_share, measure(asked).recall, measure(asked).ok) == (1.0, 1.0, False)
    assert "wrongly 1" in told("x", measure(wrong))
    assert Figures(0, 0, 0).ok


def test_bench_prints_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """For people and for machines."""
    assert main(["--matching", "--people", "100", "--json"]) in {0, 1}
    report = json.loads(capsys.readouterr().out)
    assert set(report["matching"]) == set(POPULATIONS)
    assert report["matching"]["central"]["wrong"] == 0

    assert main(["--matching", "--people", "100"]) in {0, 1}
    assert "precision" in capsys.readouterr().out
