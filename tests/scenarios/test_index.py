"""The index of who is who in a whole deployment: fed by folder and feed, built in parts, one reader at a time."""

from __future__ import annotations

from functools import cache

import pytest
from pydantic import SecretStr

from sync_core.domain import Contact, Side
from sync_core.engine import indexing
from sync_core.engine.indexing import card_of
from sync_core.errors import IndexUnknown
from sync_core.operations import tick
from sync_core.operations.feeding import read_feed
from sync_core.operations.reconciling import reconcile_all
from sync_core.storage import AFTER_ALL_KEYS, Remove, SqliteStore, Table
from tests.scenarios.crashing import Crash, CrashingStore
from tests.scenarios.world import World, new_world

ADDRESS = "ada@acme.test"
PEOPLE = 104
"""More than a page of Pipeliner holds."""


@cache
def handles(**values: str) -> frozenset[str]:
    """Handles of a contact with these values."""
    return card_of(
        Contact({name: (value,) if name == "emails" else value for name, value in values.items()}), ""
    ).handles


async def who(world: World, *wanted: str, number: int = 0) -> set[tuple[Side, str]]:
    """Who holds any of these handles, as a run of the connection finds it; a new one, which has to read."""
    ports = world.deployment.run_ports(world.records[number], "looker")
    opening = await ports.state.open("looking")
    try:
        found = await ports.index.holders(wanted)
        return {(one.side, one.id) for held in found.values() for one in held}
    finally:
        assert ports.index.token("x") == world.deployment.keyed.token("x")
        await ports.state.close(opening.cursor, world.results[-1].run)


async def complete(world: World) -> bool:
    """Whether both sides are known to a new run."""
    ports = world.deployment.run_ports(world.record, "looker")
    opening = await ports.state.open("looking")
    known = await ports.index.is_complete()
    await ports.state.close(opening.cursor, world.results[-1].run)
    return known


async def lost(world: World, table: Table, partition: str, *prefixes: str) -> None:
    """Lose rows."""
    rows = await world.store.read(table, partition, "", AFTER_ALL_KEYS)
    for row in rows:
        if row.key.startswith(prefixes):
            await world.store.transact(table, partition, [Remove(row.key)])


async def test_both_sides_are_known_after_the_first_sync() -> None:
    """A linked pair is found on both sides, a colleague's contact in the space, by each of their handles."""
    world = new_world()
    await world.connect()
    world.write_in_crm("Lovelace", "Ada", email1=ADDRESS, phone2="+49 171 5550100")
    world.write_in_crm("Byron", "George", owner=world.colleague_id, email1="george@acme.test")

    await world.sync()
    await world.sync()

    assert await complete(world)
    ada = {(Side.OUTLOOK, world.person("Lovelace")["id"]), (Side.PIPELINER, world.customer("Lovelace")["id"])}
    for found in handles(emails=ADDRESS, mobile_phone="+49 171 5550100", given_name="Ada", surname="Lovelace"):
        assert await who(world, found) == ada
    assert await who(world, *handles(emails="george@acme.test")) == {(Side.PIPELINER, world.customer("Byron")["id"])}


async def test_edits_and_deletes_reach_the_index() -> None:
    """On the side where they happen at the next run or poll, and on the other one with the echo."""
    world = new_world()
    await world.connect(delete_protection=False)
    world.write_in_crm("Lovelace", "Ada", email1=ADDRESS)
    world.write_in_crm("Byron", "George", owner=world.colleague_id, email1="george@acme.test")
    await world.sync()
    byron = world.customer("Byron")["id"]
    world.edit_in_crm("Lovelace", email1="countess@acme.test")
    world.edit_in_crm("Byron", email1="lord@acme.test")
    await world.sync()
    await world.sync()

    assert await who(world, *handles(emails=ADDRESS), *handles(emails="george@acme.test")) == set()
    assert len(await who(world, *handles(emails="countess@acme.test"))) == 2
    assert await who(world, *handles(emails="lord@acme.test")) == {(Side.PIPELINER, byron)}

    world.edit_in_outlook("Lovelace", emailAddresses=[{"address": "ada@home.test"}])
    await world.one_run()
    assert Side.OUTLOOK in {side for side, _ in await who(world, *handles(emails="ada@home.test"))}

    world.delete_in_crm("Byron")
    await world.sync()
    assert await who(world, *handles(emails="lord@acme.test")) == set()


async def test_an_idle_tick_and_run_ask_for_nothing_more() -> None:
    """The state rows lie among what is read anyway."""
    world = new_world()
    await world.connect()
    world.write_in_crm("Lovelace", "Ada", email1=ADDRESS)
    await world.sync()
    await world.sync()
    before = world.store.counts

    await tick(world.deployment)
    ticked = world.store.counts - before
    result = await world.one_run()

    assert ticked.rows_read <= 8
    assert result is not None
    assert (world.store.counts - before - ticked).operations <= 4


async def test_a_folder_of_the_version_before_is_read_once_from_the_start() -> None:
    """It has no index; the run after the upgrade reads the whole folder, the one after that only what changed."""
    world = new_world()
    await world.connect()
    world.write_in_crm("Lovelace", "Ada", email1=ADDRESS)
    await world.sync()
    await world.sync()
    await lost(world, Table.SYNC, world.record.id, "1.index", "9.index.")
    await lost(world, Table.SPACES, "em_Emulated", "1.index", "1.lease", "9.index.")
    assert not await complete(world)
    with pytest.raises(IndexUnknown):
        await who(world, *handles(emails=ADDRESS))

    await world.sync()

    assert await complete(world)
    assert len(await who(world, *handles(emails=ADDRESS))) == 2
    before = world.crm.total_requests
    await world.one_run()
    assert world.crm.total_requests == before
    assert len(world.outlook()) == len(world.customers()) == 1


async def test_a_lost_delta_link_reads_anew_and_keeps_what_is_known() -> None:
    """The folder is read from the start into a new edition; nobody is unknown meanwhile."""
    world = new_world()
    await world.connect()
    world.write_in_crm("Lovelace", "Ada", email1=ADDRESS)
    await world.sync()
    world.graph.expire_delta_tokens()
    world.edit_in_outlook("Lovelace", emailAddresses=[{"address": "countess@acme.test"}])

    await world.sync()

    assert await complete(world)
    assert {side for side, _ in await who(world, *handles(emails="countess@acme.test"))} >= {Side.OUTLOOK}
    assert Side.OUTLOOK not in {side for side, _ in await who(world, *handles(emails=ADDRESS))}


async def test_a_large_space_is_read_in_parts_and_nobody_is_known_before_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each tick reads on where the last one stopped; what changes meanwhile comes through the feed."""
    monkeypatch.setattr(indexing, "PAGES_A_PART", 1)
    monkeypatch.setattr(indexing, "PAGES_AT_ONCE", 1)
    world = new_world()
    for number in range(550):
        world.write_in_crm(f"Person{number:03d}", "Pat", email1=f"pat{number}@acme.test")
    await world.connect()
    first = await world.one_run()

    known = []
    for turn in range(3):
        world.edit_in_crm(f"Person{turn:03d}", email1=f"moved{turn}@acme.test")
        await tick(world.deployment)
        known.append(await complete(world))

    assert (first.needs_space, known) == (True, [False, False, True])
    moved = [handle for turn in range(3) for handle in handles(emails=f"moved{turn}@acme.test")]
    in_space = {key for side, key in await who(world, *moved) if side is Side.PIPELINER}
    assert in_space == {world.customer(f"Person{turn:03d}")["id"] for turn in range(3)}


async def test_a_command_reads_the_whole_space_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a sync right after connecting finds everybody known."""
    monkeypatch.setattr(indexing, "PAGES_A_PART", 1)
    monkeypatch.setattr(indexing, "PAGES_AT_ONCE", 1)
    world = new_world()
    for number in range(250):
        world.write_in_crm(f"Person{number:03d}", "Pat", owner=world.colleague_id)
    await world.connect()

    found = await read_feed(world.deployment, world.records, until_space_is_known=True)

    assert found.knows_space
    await world.one_run()
    assert await complete(world)


async def test_the_nightly_listing_finds_what_the_index_has_missed() -> None:
    """On both sides, counted once, and found afterwards."""
    world = new_world()
    await world.connect()
    world.write_in_crm("Lovelace", "Ada", email1=ADDRESS)
    world.write_in_crm("Byron", "George", owner=world.colleague_id, email1="george@acme.test")
    await world.sync()
    await world.sync()
    turn = world.deployment.feed_turn()
    assert await turn.begin()
    await turn.index.note([card_of(Contact({"surname": "Ghost"}), "ghost")], [world.customer("Byron")["id"]])
    await turn.end()
    assert await who(world, *handles(emails="george@acme.test")) == set()

    nightly = await reconcile_all(world.deployment)

    assert nightly.reindexed_contacts == 2
    assert await who(world, *handles(emails="george@acme.test")) == {(Side.PIPELINER, world.customer("Byron")["id"])}
    assert (await reconcile_all(world.deployment)).reindexed_contacts == 0


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 21))
async def test_a_process_that_is_killed_anywhere_leaves_an_index_that_is_right_or_unknown(
    nth: int, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the space is read in parts, and while the folder is: never does a side count as known without somebody."""
    monkeypatch.setattr(indexing, "PAGES_A_PART", 1)
    store = CrashingStore(SqliteStore(":memory:"))
    world = new_world(store=store)
    await world.connect()
    for number in range(PEOPLE):
        world.write_in_crm(f"Person{number:03d}", "Pat", owner=world.colleague_id, email1=f"pat{number}@acme.test")
    world.write_in_outlook("Lovelace", "Ada", emailAddresses=[{"address": ADDRESS}])
    store.crash_at(nth, after=after)
    killed = False
    try:
        await world.sync()
    except Crash:
        killed = True
        await world.deployment.clock.sleep(300)
    store.crash_at(0)  # never

    everybody = [handle for number in range(PEOPLE) for handle in handles(emails=f"pat{number}@acme.test")]
    if world.results and await complete(world):
        assert len(await who(world, *everybody)) == PEOPLE
    await world.sync()
    await world.sync()

    assert await complete(world)
    assert len(await who(world, *everybody)) == PEOPLE
    assert {side for side, _ in await who(world, *handles(emails=ADDRESS))} == {*Side}
    assert killed


async def test_another_key_is_read_anew_by_itself() -> None:
    """After a rotation nobody is known until folder and space have been read again, and then everybody is."""
    world = new_world()
    await world.connect()
    world.write_in_crm("Lovelace", "Ada", email1=ADDRESS)
    await world.sync()
    await world.sync()
    other_key = {"sync_identity_key": SecretStr("another-key-of-identifiers-of-no-worth")}
    rotated = new_world(store=world.store, app=other_key, old=world)
    rotated.records, rotated.results = world.records, world.results
    assert not await complete(rotated)

    await rotated.sync()

    assert await complete(rotated)
    assert len(await who(rotated, *handles(emails=ADDRESS))) == 2
    assert len(rotated.outlook()) == len(rotated.customers()) == 1
