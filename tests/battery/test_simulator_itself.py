"""The simulator must be able to fail: its judge sees each broken promise, its stories are the same each time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from sync_core.domain import AttentionItem, Reason, Side
from sync_core.state.rows import INDEX, JOURNAL, PIPELINER_LOOK
from sync_core.storage import Put, Remove, Table
from tests.battery.planted.planting import Patch
from tests.battery.planted.rights_bugs import (
    rights_as_they_were_at_first,
    roles_that_only_read_write_what_is_owned,
    stale_rights_count,
    the_key_lends_its_rights,
    the_roles_delete_right_ignored,
)
from tests.battery.simulation.driver import play
from tests.battery.simulation.running import SimulatedDeployment
from tests.battery.simulation.running_many import STORIES
from tests.battery.simulation.shrinking import shrink
from tests.battery.simulation.situations import CATALOGUE, missing
from tests.battery.simulation.story import Step, Story, keep, load, story_from
from tests.battery.simulation.telling import tell

LEAST_SITUATIONS = 60


def _plain() -> Story:
    """Two people, one connection, one edit, nothing wrong."""
    values = {"surname": "Okafor", "given_name": "Chidi 1", "emails": ["mail2@example.test"], "city": "Oslo 3"}
    other = {"surname": "Novak", "given_name": "Marta 4", "emails": ["mail5@example.test"]}
    people = [
        {"who": "okafor", "side": "pipeliner", "at": 0, "user": 0, "values": values},
        {"who": "novak", "side": "outlook", "at": 0, "user": 0, "values": other},
    ]
    connection = {"mailbox": 0, "user": 0, "folder": "new", "settings": {"sync_type": "two_way"}}
    world = {"connections": [connection], "people": people, "graph": {}, "crm": {}, "app": {}, "accounts": []}
    edit = {"who": "okafor", "side": "outlook", "at": 0, "field": "notes", "value": "See above 6"}
    return Story(1, world, (Step("tick"), Step("edit", edit), Step("tick")))


def _okafor(deployment: SimulatedDeployment, side: str) -> str:
    contacts = deployment.office.chronicle.contacts("okafor")
    return next(item.id for item in contacts if item.side == side)


async def _lose_a_value(deployment: SimulatedDeployment) -> None:
    office = deployment.office
    office.crm.people.edit_contact(_okafor(deployment, "pipeliner"), comments="")
    office.graph.edit_contact(office.records[0].mailbox, _okafor(deployment, "outlook"), {"personalNotes": ""})


async def _let_sides_differ(deployment: SimulatedDeployment) -> None:
    deployment.office.crm.people.edit_contact(_okafor(deployment, "pipeliner"), city="Elsewhere")


async def _double(deployment: SimulatedDeployment) -> None:
    deployment.office.crm.people.create_contact(deployment.office.user_ids[0], last_name="Okafor")


async def _delete(deployment: SimulatedDeployment) -> None:
    deployment.office.crm.people.delete_contact(_okafor(deployment, "pipeliner"))


async def _leave_an_intent(deployment: SimulatedDeployment) -> None:
    connection_id = deployment.office.records[0].id
    intent = '[{"link": "x", "side": "outlook", "draft": {}, "at": "2026-01-05T08:00:00+00:00"}]'
    await deployment.office.store.transact(Table.SYNC, connection_id, [Put(JOURNAL + "00000009", intent)])


async def _leave_work(deployment: SimulatedDeployment) -> None:
    work = Put(PIPELINER_LOOK + _okafor(deployment, "pipeliner"), "{}")
    await deployment.office.store.transact(Table.SYNC, deployment.office.records[0].id, [work])


async def _break_an_index(deployment: SimulatedDeployment) -> None:
    row = Remove(INDEX[Side.OUTLOOK] + _okafor(deployment, "outlook"))
    await deployment.office.store.transact(Table.SYNC, deployment.office.records[0].id, [row])


async def _tell_a_value(deployment: SimulatedDeployment) -> None:
    item = AttentionItem("x", Reason.REFUSED, "mail2@example.test was refused", "")
    await deployment.office.deployment.reader(deployment.office.records[0].id).report(item)


async def _toil(deployment: SimulatedDeployment) -> None:
    deployment.office.moments.writes += 1000


@pytest.mark.parametrize(
    ("meddle", "rule"),
    [
        (_lose_a_value, "nothing_lost"),
        (_lose_a_value, "what_was_meant_is_shown"),
        (_let_sides_differ, "both_sides_agree"),
        (_double, "no_duplicates"),
        (_double, "every_contact_is_cared_for"),
        (_delete, "no_wrong_delete"),
        (_leave_an_intent, "nothing_left_behind"),
        (_leave_work, "nothing_left_behind"),
        (_break_an_index, "links_are_consistent"),
        (_tell_a_value, "nothing_is_told"),
        (_toil, "effort_is_bounded"),
    ],
)
async def test_the_judge_sees_each_broken_promise(
    meddle: Callable[[SimulatedDeployment], Awaitable[None]], rule: str
) -> None:
    """Something that no person did is done behind the chronicle's back."""
    assert (await play(_plain())).violations == []

    outcome = await play(_plain(), meddle)

    assert rule in {words.partition(":")[0] for words in outcome.violations}


@pytest.mark.parametrize(
    ("plant", "seed", "rule"),
    [
        (the_key_lends_its_rights, 6137, "nobody_borrows_rights"),
        (rights_as_they_were_at_first, 6148, "nobody_borrows_rights"),
        (roles_that_only_read_write_what_is_owned, 6148, "nobody_borrows_rights"),
        (the_roles_delete_right_ignored, 6153, "nobody_borrows_rights"),
        (stale_rights_count, 6008, "unknown_rights_remove_nothing"),
    ],
)
async def test_the_judge_sees_rights_that_are_borrowed_or_guessed(
    plant: Callable[[Patch], None], seed: int, rule: str
) -> None:
    """The product is broken, with one decision of its design made wrong: the seeds that found it, cut down."""
    story, patch = load(STORIES / f"seed-{seed}.json"), Patch()
    assert (await play(story)).violations == []
    plant(patch)
    try:
        outcome = await play(story)
    finally:
        patch.undo()

    assert {words.partition(":")[0] for words in outcome.violations} == {rule}


async def test_a_failing_story_is_cut_down_to_what_matters() -> None:
    """Of a long story only the steps remain that its failure needs."""
    story = tell(3)
    needed = story.steps[len(story.steps) // 2]

    async def fails(candidate: Story) -> bool:
        return needed in candidate.steps

    smallest = await shrink(story, fails)

    assert smallest.steps == (needed,)
    assert smallest.world["people"] == []


def test_a_story_is_kept_and_read_again(tmp_path: Path) -> None:
    """A kept story needs no generator."""
    for seed in range(20):
        story = tell(seed)
        assert story_from(story.as_json()) == story
        assert load(keep(story, tmp_path, "story")).lines()


def test_the_catalogue_is_large_and_names_what_is_missing() -> None:
    """A situation that never comes fails the run."""
    assert len(CATALOGUE) >= LEAST_SITUATIONS
    assert set(missing({}, 10_000)) == set(CATALOGUE)
    assert missing(dict.fromkeys(CATALOGUE, 1), 100) == {}


@pytest.mark.parametrize("path", sorted(STORIES.glob("*.json")), ids=lambda path: path.stem)
async def test_every_kept_story_ends_well(path: Path) -> None:
    """What failed once must not fail again."""
    assert (await play(load(path))).violations == []


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("where", ["graph", "pipeliner", "store"])
async def test_who_is_typed_anew_after_a_first_sight_that_broke_off_is_one_person(side: Side, where: str) -> None:
    """The kept story 1116 on either side, broken off at any of the first requests or transactions, before and after."""
    kept = load(STORIES / "seed-1116.json")
    for nth in range(1, 6):
        for after in (True, False):
            then = {"action": "crash"}
            broken = Step("interrupt", {"where": where, "nth": nth, "after": after, "then": then})
            again = Step("type_again", {"who": "novak", "at": 0, "side": side.value})
            outcome = await play(Story(kept.seed, kept.world, (broken, Step("tick"), again)))
            assert outcome.violations == [], (nth, after)


def test_a_seed_is_the_same_history_in_every_process() -> None:
    """Neither the order of sets nor anything else outside the seed decides what is sent."""
    told = {_told_by_a_process(hash_seed) for hash_seed in ("1", "2")}

    assert len(told) == 1


def _told_by_a_process(hash_seed: str) -> str:
    command = [sys.executable, "-m", "tests.battery.simulation", "--seed", "12"]
    surroundings = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=surroundings, timeout=120)
    return done.stdout
