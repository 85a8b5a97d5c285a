"""Names for show and for filing follow the pattern that they have, and what a person typed stays."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.domain import RunMode
from tests.scenarios.world import World, new_world


async def _card(surname: str, given: str, shown: str, filed: str, **more: str) -> World:
    world = new_world()
    await world.connect()
    await world.sync()
    world.write_in_outlook(surname, given, displayName=shown, fileAs=filed, **more)
    await world.sync()
    return world


def _names(world: World) -> tuple[Any, Any]:
    (card,) = world.outlook()
    return card["displayName"], card["fileAs"]


@pytest.mark.parametrize(
    ("shown", "filed", "after_shown", "after_filed"),
    [
        ("Ann Jones", "Jones, Ann", "Ann Miller", "Miller, Ann"),
        ("Jones Ann", "Ann Jones", "Miller Ann", "Ann Miller"),
        ("Dr. Ann Jones III", "Jones III, Ann", "Dr. Ann Miller III", "Miller III, Ann"),
        ("Dr. Ann Jones, III", "Jones, Dr. Ann", "Dr. Ann Miller, III", "Miller, Dr. Ann"),
        ("Ann Jones III", "Jones, Ann III", "Ann Miller III", "Miller, Ann III"),
        ("Ann Jones (Acme)", "Acme (Jones, Ann)", "Ann Miller (Acme)", "Acme (Miller, Ann)"),
        ("Ann Jones", "Jones, Ann\nAcme", "Ann Miller", "Miller, Ann\nAcme"),
        ("Ann (plumber)", "Plumber Ann", "Ann (plumber)", "Plumber Ann"),
        ("Acme", "Acme", "Acme", "Acme"),
    ],
)
async def test_a_new_name_is_shown_in_the_order_with_the_title_and_suffix_that_the_card_has(
    shown: str, filed: str, after_shown: str, after_filed: str
) -> None:
    """What fits no pattern a person typed by hand."""
    world = await _card("Jones", "Ann", shown, filed, title="Dr.", generation="III", companyName="Acme")
    world.edit_in_crm("Jones", last_name="Miller")

    await world.sync()

    assert _names(world) == (after_shown, after_filed)
    assert (await world.sync(RunMode.FULL)).run.counts.writes == 0


@pytest.mark.parametrize(("shown", "after"), [("山田 太郎", "山田 太一"), ("山田太郎", "山田太一")])
async def test_an_east_asian_name_keeps_its_order(shown: str, after: str) -> None:
    """The surname first, with or without a space."""
    world = await _card("山田", "太郎", shown, shown)
    world.edit_in_crm("山田", first_name="太一")

    await world.sync()

    assert _names(world) == (after, after)


async def test_a_card_that_comes_from_pipeliner_shows_title_and_suffix() -> None:
    """And East Asian names the surname first; a title that changes is shown."""
    world = new_world()
    world.write_in_crm("King", "Martin", title="Dr.")
    world.write_in_crm("山田", "太郎")
    await world.connect()
    await world.sync()
    assert [(card["displayName"], card["fileAs"]) for card in world.outlook()] == [
        ("Dr. Martin King", "King, Martin"),
        ("山田 太郎", "山田 太郎"),
    ]

    world.edit_in_crm("King", title="Prof.")
    await world.sync()

    assert world.person("King")["displayName"] == "Prof. Martin King"
