"""The house stays readable: modules of a page or two, few fragments, closed decisions, arrows that point inwards."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools.house.__main__ import Measure, measure

BOUNDED = ("median_lines", "most_lines", "used_once", "none_checks", "truth_checks", "cycles", "uncovered")


@pytest.fixture(scope="module")
def measures() -> dict[str, Measure]:
    """All measures by name."""
    return {item.name: item for item in measure()}


@pytest.mark.parametrize("name", BOUNDED)
def test_a_measure_of_the_house_keeps_its_bound(name: str, measures: dict[str, Measure]) -> None:
    """`python -m tools.house --list` names what is counted."""
    found = measures[name]
    assert found.ok, f"{found.label}: {found.value:g}, {found.bounds}: {', '.join(found.counted)}"


def test_every_bound_is_held_here(measures: dict[str, Measure]) -> None:
    """A measure that gets a bound gets its test."""
    assert tuple(name for name, item in measures.items() if item.bounds) == BOUNDED


def test_an_edit_passes_through_few_files() -> None:
    """From queue message to stored row: what a reader must hold in mind at once.

    In a process of its own: in this one other tests have traced what is called only once in a process.
    """
    ended = subprocess.run(
        [sys.executable, "-m", "emulators.bench", "--journeys", "--json"],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    walked = {item["name"]: item for item in json.loads(ended.stdout)["journeys"]}
    assert walked["message_to_row"]["ok"], walked["message_to_row"]
