"""Cuts a failing story down to the few steps, people and habits without which it would not fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.battery.simulation.story import Story

Fails = Callable[[Story], Awaitable[bool]]
MOST_TRIALS = 250


@dataclass(slots=True)
class _Budget:
    fails: Fails
    left: int = MOST_TRIALS

    async def still_fails(self, story: Story) -> bool:
        self.left -= 1
        return self.left >= 0 and await self.fails(story)


async def shrink(story: Story, fails: Fails) -> Story:
    """Return the smallest story found that still fails; `fails` judges a candidate."""
    budget = _Budget(fails)
    before = None
    while story != before and budget.left > 0:
        before = story
        story = await _without_steps(story, budget)
        for candidate in _simpler_worlds(story):
            smaller = candidate(story)
            if smaller != story and await budget.still_fails(smaller):
                story = smaller
    return story


async def _without_steps(story: Story, budget: _Budget) -> Story:
    """Leave out half of the steps, then quarters, down to single ones."""
    size = max(1, len(story.steps) // 2)
    while size:
        start = 0
        while start < len(story.steps) and budget.left > 0:
            smaller = story.without(start, start + size)
            if await budget.still_fails(smaller):
                story = smaller
            else:
                start += size
        size //= 2
    return story


def _simpler_worlds(story: Story) -> Iterator[Callable[[Story], Story]]:
    """Leave out each person, habit, setting and the last connection, in turn; each acts on the story as it is then."""
    for person in story.world["people"]:
        yield partial(_without_person, person)
    yield lambda now: now.with_world(connections=now.world["connections"][:1])
    for part in ("graph", "crm", "app"):
        for name in story.world[part]:
            yield partial(_without_switch, part, name)
    yield lambda now: now.with_world(accounts=[])
    for number, connection in enumerate(story.world["connections"]):
        for name in connection["settings"]:
            yield partial(_without_setting_of, number, name)


def _without_person(gone: object, now: Story) -> Story:
    return now.with_world(people=[item for item in now.world["people"] if item != gone])


def _without_switch(part: str, gone: str, now: Story) -> Story:
    return now.with_world(**{part: {key: value for key, value in now.world[part].items() if key != gone}})


def _without_setting_of(number: int, gone: str, now: Story) -> Story:
    return _without_setting(now, number, gone)


def _without_setting(story: Story, number: int, gone: str) -> Story:
    connections = [
        {**item, "settings": {key: value for key, value in item["settings"].items() if key != gone}}
        if place == number
        else item
        for place, item in enumerate(story.world["connections"])
    ]
    return story.with_world(connections=connections)
