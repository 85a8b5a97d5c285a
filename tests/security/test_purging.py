from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from emulators.counting import CountingStore
from sync_core.domain import AttentionItem, OutlookId, PipelinerId, Reason, RunMode, outlook_subject
from sync_core.errors import InvalidRequest, LeaseTaken, NotFound
from sync_core.operations import PurgeRequest, purge, reconcile_all
from sync_core.operations.purging import purge_connection, purge_person
from sync_core.state import KeyedHash
from sync_core.state.index_rows import reference
from sync_core.storage import AFTER_ALL_KEYS, Put, Remove, Store, Table
from tests.azurite import Azurite
from tests.lookalikes import LOOKALIKES
from tests.scenarios.world import COLLEAGUE, World, new_world
from tests.security.raw_state import raw_text

EMAIL = "canary.lovelace@example.test"
VALUES = {
    "email1": EMAIL,
    "phone1": "+49 30 5550199",
    "city": "Canarytown",
    "comments": "canary-notes-5521",
    "position": "Canarywright",
}
CANARIES = ("anarylast", "Canaryfirst", EMAIL, "5550199", "Canarytown", "canary-notes-5521", "Canarywright", "Newtown")
Read = Callable[[], Awaitable[str]]


@pytest.fixture
def read(any_store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> Read:
    """Read the raw state; SQLite's log is brought into its file first, as the end of a process does."""
    is_azure = request.node.callspec.params["any_store"] == "azurite"
    azurite = cast("Azurite", request.getfixturevalue("azurite")) if is_azure else None

    async def reading() -> str:
        database: Any = getattr(any_store, "_database", None)
        if database is not None:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return await raw_text(any_store, tmp_path, azurite)

    return reading


async def told_world(store: Store) -> World:
    """Two linked contacts with some history; one of them is the person of these tests, in two people's folders."""
    world = new_world(store=store)
    await world.connect(scope="owned_or_editable")
    world.write_in_crm("Canarylast", "Canaryfirst", **VALUES)
    world.write_in_crm("Hopper", "Grace", email1="grace@example.test")
    await world.sync()
    world.edit_in_crm("Canarylast", city="Newtown")
    world.edit_in_crm("Hopper", city="Arlington")
    await world.sync()
    return world


def ids_of(world: World) -> tuple[str, str]:
    """Outlook's and Pipeliner's id of the person."""
    return str(world.person("Canarylast")["id"]), str(world.customer("Canarylast")["id"])


async def gone_from_both(world: World) -> None:
    """Delete the person in Pipeliner; the sync deletes the counterpart, and writes down every value that it had."""
    world.delete_in_crm("Canarylast")
    await world.sync()
    assert [item["surname"] for item in world.outlook() if item["surname"].startswith("Canary")] == []


async def hoppers_rows(world: World) -> dict[str, str]:
    """Rows of the other contact's link, indexes and history."""
    rows = await world.deployment.store.read(Table.SYNC, world.record.id, "5.", AFTER_ALL_KEYS)
    return {row.key: row.body for row in rows if "Hopper" in row.body and row.key.startswith("5.")}


@pytest.mark.parametrize(("typed", "real"), LOOKALIKES)
async def test_an_address_that_only_looks_like_another_erases_nobody(typed: str, real: str) -> None:
    """And its own holder is found whatever the case of ASCII letters."""
    world = new_world()
    await world.connect()
    world.write_in_crm("Real", "Kim", email1=real)
    world.write_in_crm("Typed", "Kim", email1=typed)
    await world.sync()

    upper = "".join(letter.upper() if letter.isascii() else letter for letter in typed)
    purged = await purge_person(world.deployment, upper, even_if_linked=True)

    assert purged.is_proved
    links = await world.deployment.store.read(Table.SYNC, world.record.id, "5.link.", "5.link/")
    assert [("Real" in row.body, "Typed" in row.body) for row in links] == [(True, False)]


async def test_a_person_is_erased_everywhere(any_store: Store, read: Read) -> None:
    """By e-mail address: no value and no id is left in any byte of the state, and the report has read it all."""
    world = await told_world(any_store)
    outlook_id, pipeliner_id = ids_of(world)
    await gone_from_both(world)
    before = await read()
    assert all(canary in before for canary in CANARIES)
    assert pipeliner_id in before

    purged = await purge_person(world.deployment, EMAIL.upper())

    after = await read()
    assert [word for word in (*CANARIES, outlook_id, pipeliner_id) if word.casefold() in after.casefold()] == []
    assert purged.is_proved
    assert purged.rows >= 3
    assert {outlook_id, pipeliner_id} < set(purged.ids)


async def test_others_keep_everything(any_store: Store) -> None:
    """The other contact's link, history and entry ids are as before, and the sync goes on."""
    world = await told_world(any_store)
    await gone_from_both(world)
    rows = await hoppers_rows(world)
    theirs = [item for item in await world.history() if item.entry.pipeliner_id == world.customer("Hopper")["id"]]
    assert rows
    assert len(theirs) >= 2

    await purge_person(world.deployment, EMAIL)

    assert await hoppers_rows(world) == rows
    assert await world.history() == theirs
    world.edit_in_crm("Hopper", city="Boston")
    await world.sync(RunMode.FULL)
    assert world.person("Hopper")["businessAddress"]["city"] == "Boston"
    assert (await world.deployment.reader(world.record.id).status()).links == 1


async def test_any_id_leads_to_the_person(any_store: Store, read: Read) -> None:
    """Outlook's, Pipeliner's or the link's."""
    world = await told_world(any_store)
    outlook_id, _ = ids_of(world)
    await gone_from_both(world)
    assert (await purge_person(world.deployment, outlook_id)).is_proved
    assert [canary for canary in CANARIES if canary in await read()] == []


async def test_a_linked_person_is_not_erased_unasked(any_store: Store, read: Read) -> None:
    """The refusal names the link, by which the person is found when nothing holds the e-mail address any more."""
    world = await told_world(any_store)
    written = world.store.counts.rows_written
    with pytest.raises(InvalidRequest, match=r"still syncs the contact .*delete it in Outlook and in") as refused:
        await purge_person(world.deployment, EMAIL)
    assert world.store.counts.rows_written == written

    world.delete_in_outlook("Canarylast")
    world.delete_in_crm("Canarylast")
    await world.sync(RunMode.FULL)
    assert EMAIL not in await read()
    link_id = str(refused.value).partition("(link ")[2].partition(")")[0]
    purged = await purge_person(world.deployment, link_id)
    assert purged.rows
    assert purged.is_proved
    assert [canary for canary in CANARIES if canary in await read()] == []


async def test_a_linked_person_is_unlinked_on_express_wish(any_store: Store, read: Read) -> None:
    """Nothing is left then; and the next full sync links the same two contacts again instead of doubling them."""
    world = await told_world(any_store)
    outlook_id, pipeliner_id = ids_of(world)
    purged = await purge_person(world.deployment, EMAIL, even_if_linked=True)
    assert purged.is_proved
    assert [canary for canary in CANARIES if canary in await read()] == []
    assert (await world.deployment.reader(world.record.id).status()).links == 1

    await world.sync(RunMode.FULL)
    assert ids_of(world) == (outlook_id, pipeliner_id)
    assert len(world.outlook()) == len(world.customers()) == 2
    assert (await world.deployment.reader(world.record.id).status()).links == 2


async def test_a_person_in_two_connections_is_erased_in_both(any_store: Store, read: Read) -> None:
    """One Pipeliner contact leads to its copies in other folders, whose ids nobody gave."""
    world = new_world(store=any_store)
    await world.connect()
    await world.connect(COLLEAGUE, COLLEAGUE)
    for owner in (world.user_id, world.colleague_id):
        world.write_in_crm(f"Canarylast{owner[:4]}", "Canaryfirst", owner=owner, email1=EMAIL, city="Canarytown")
    for record in world.records:
        await world.sync(record=record)
    purged = await purge_person(world.deployment, EMAIL, even_if_linked=True)
    assert purged.is_proved
    assert [canary for canary in CANARIES if canary in await read()] == []


async def test_what_waits_or_is_put_up_about_a_person_goes_too(any_store: Store, read: Read) -> None:
    """Inbox, Outlook contacts without a link, attention, the feed's memory."""
    world = await told_world(any_store)
    outlook_id, pipeliner_id = ids_of(world)
    await gone_from_both(world)
    await world.deployment.feed_state.deliver(world.record.id, [PipelinerId(pipeliner_id)])
    item = AttentionItem(outlook_subject(OutlookId(outlook_id)), Reason.REFUSED, "It was refused.", "Correct it.")
    await world.deployment.reader(world.record.id).report(replace(item, pipeliner_id=PipelinerId(pipeliner_id)))
    assert (await purge_person(world.deployment, pipeliner_id)).is_proved
    assert await world.attention() == []
    after = await read()
    assert outlook_id not in after
    assert pipeliner_id not in after


async def test_a_mention_in_anothers_contact_is_told_not_erased(any_store: Store) -> None:
    """What stands in a living contact's notes is in both services too: a person has to correct it there."""
    world = await told_world(any_store)
    await gone_from_both(world)
    world.edit_in_crm("Hopper", comments=f"Formerly reached through {EMAIL}.")
    await world.sync()
    purged = await purge_person(world.deployment, EMAIL)
    assert not purged.is_proved
    assert {mention.key.split(".")[1] for mention in purged.remaining} == {"link"}
    assert world.person("Hopper")["personalNotes"].startswith("Formerly")


async def test_a_similar_address_is_another_person(any_store: Store, read: Read) -> None:
    """Neither a longer address nor one in another domain is touched."""
    world = await told_world(any_store)
    for address in (f"x{EMAIL}", f"{EMAIL}.example", EMAIL.replace("@", ".b@")):
        world.write_in_crm(f"Other {address[-9:]} {address[:2]}", email1=address)
    await world.sync()
    await gone_from_both(world)
    assert (await purge_person(world.deployment, EMAIL)).is_proved
    after = await read()
    assert all(address in after for address in (f"x{EMAIL}", f"{EMAIL}.example", EMAIL.replace("@", ".b@")))
    assert len(world.outlook()) == 4


async def test_while_a_run_runs_nothing_is_erased(any_store: Store) -> None:
    """The lease is asked for first, of every connection that is concerned."""
    world = await told_world(any_store)
    await gone_from_both(world)
    state = world.deployment.run_ports(world.record, "somebody").state
    await state.open("run-1")
    with pytest.raises(LeaseTaken):
        await purge_person(world.deployment, EMAIL)
    assert any(item.entry.changes for item in await world.history())


async def test_erasing_leaves_a_record_without_a_name(any_store: Store) -> None:
    """A run tells when how many rows were erased, and nothing of whom."""
    world = await told_world(any_store)
    await gone_from_both(world)
    purged = await purge_person(world.deployment, EMAIL)
    run = next(run for run in await world.deployment.reader(world.record.id).runs() if run.trigger == "purge")
    told = int(run.message.split()[0])
    assert run.message == f"{told} rows about one person were erased on request"
    assert 0 < told < purged.rows


@pytest.mark.parametrize("by", ["address", "id"])
async def test_whoever_takes_no_part_is_erased_from_the_index(any_store: Store, read: Read, by: str) -> None:
    """A contact of a colleague is known by hashes and its id only; all of them go, and those of others stay."""
    world = await told_world(any_store)
    theirs = {"owner": world.colleague_id, "phone1": "+49 30 5550177"}
    world.write_in_crm("Stranger", "Canarina", email1="stranger@example.test", **theirs)
    world.write_in_crm("Neighbour", "Otto", email1="otto@example.test", **theirs)
    await world.sync()
    stranger, neighbour = world.customer("Stranger")["id"], world.customer("Neighbour")["id"]
    before = await read()
    assert stranger in before
    assert "stranger@" not in before

    purged = await purge_person(world.deployment, "stranger@example.test" if by == "address" else stranger)

    after = await read()
    assert purged.is_proved
    assert purged.ids == (stranger,)
    assert stranger not in after
    assert neighbour in after
    hashed = KeyedHash(world.deployment.settings.sync_identity_key.get_secret_value().encode(), "em_Emulated")
    assert reference(hashed, stranger) not in after


async def test_no_person_is_erased_while_the_feed_is_read(any_store: Store) -> None:
    """Its reader might write back what is erased; who asks is told to ask again."""
    world = await told_world(any_store)
    await gone_from_both(world)
    turn = world.deployment.feed_turn()
    assert await turn.begin()

    with pytest.raises(LeaseTaken):
        await purge_person(world.deployment, EMAIL)

    await turn.end()
    assert (await purge_person(world.deployment, EMAIL)).is_proved


async def test_a_connection_is_erased_everywhere(any_store: Store, read: Read) -> None:
    """Registry, all its rows and the note of its end; and the space's memory with its last connection."""
    world = await told_world(any_store)
    record = world.record
    purged = await purge_connection(world.deployment, record.id)
    await forget_the_audit(world)
    after = await read()
    assert purged.is_proved
    assert [word for word in (record.id, record.folder_id, *CANARIES, "Hopper") if word in after] == []
    for table in Table:
        assert await any_store.partitions(table) == []
    assert len(world.outlook()) == 2
    assert len(world.customers()) == 2
    with pytest.raises(NotFound):
        await purge_connection(world.deployment, record.id)


async def forget_the_audit(world: World) -> None:
    """The trail names the connection for as long as it is kept, and no contact."""
    assert [entry.act.value for entry in await world.deployment.audit.page(1)] == ["disconnect"]
    await world.deployment.audit.trim(world.deployment.clock.now() + timedelta(days=32), 31, 1000)


async def test_other_connections_survive_a_purge(any_store: Store) -> None:
    """With their rows, and the space's memory that they need."""
    world = await told_world(any_store)
    await world.connect(COLLEAGUE, COLLEAGUE)
    await world.sync(record=world.records[1])
    assert (await purge_connection(world.deployment, world.records[0].id)).is_proved
    assert await any_store.partitions(Table.SYNC) == [world.records[1].id]
    assert await any_store.partitions(Table.SPACES) == ["em_Emulated"]
    await world.sync(RunMode.FULL, world.records[1])


async def test_rows_that_come_too_late_are_found_by_the_next_reconciliation(any_store: Store) -> None:
    """A tick that was under way may still fill the inbox of a connection that is erased."""
    world = await told_world(any_store)
    await world.connect(COLLEAGUE, COLLEAGUE)
    gone = world.records[0].id
    await purge_connection(world.deployment, gone)
    await world.deployment.feed_state.deliver(gone, [PipelinerId("PY-late")])
    assert gone in await any_store.partitions(Table.SYNC)
    assert (await reconcile_all(world.deployment)).orphaned_rows == 1
    assert gone not in await any_store.partitions(Table.SYNC)


async def test_an_ended_connections_leftovers_can_be_erased_by_its_id(any_store: Store, read: Read) -> None:
    """Nobody has to wait for the night."""
    world = await told_world(any_store)
    gone = world.record.id
    await purge_connection(world.deployment, gone)
    await world.deployment.feed_state.deliver(gone, [PipelinerId("PY-late")])
    purged = await purge_connection(world.deployment, gone)
    assert (purged.rows, purged.is_proved) == (1, True)
    await forget_the_audit(world)
    assert gone not in await read()


@pytest.mark.parametrize("request_", [{}, {"connection": "a", "person": "b"}, {"person": " "}])
async def test_exactly_one_thing_is_purged(request_: dict[str, str]) -> None:
    """Nothing, or both, is a mistake."""
    world = new_world()
    with pytest.raises(InvalidRequest, match="either a connection or a person"):
        await purge(world.deployment, PurgeRequest.model_validate(request_))


async def test_somebody_unknown_leaves_nothing_to_erase(any_store: Store) -> None:
    """The report is the proof that nothing is stored."""
    world = await told_world(any_store)
    purged = await purge_person(world.deployment, "nobody@example.test")
    assert (purged.rows, purged.ids, purged.is_proved) == (0, (), True)
    assert isinstance(world.store, CountingStore)


async def test_every_partition_is_listed_once_and_in_order(any_store: Store) -> None:
    """Also of names with characters that the service forbids, and of partitions with many rows."""
    new_world(store=any_store)
    names = ["a", "a/b", "Z?", "ä", "b"]
    for name in names:
        await any_store.transact(Table.SYNC, name, [Put(f"{number}", "{}") for number in range(30)])
    assert await any_store.partitions(Table.SYNC) == sorted(names)
    assert await any_store.partitions(Table.CONNECTIONS) == []
    await any_store.transact(Table.SYNC, "b", [Remove(f"{number}") for number in range(30)])
    assert await any_store.partitions(Table.SYNC) == ["Z?", "a", "a/b", "ä"]


async def test_who_once_had_the_address_is_not_the_person(any_store: Store, read: Read) -> None:
    """Of a living contact with another address today only the old entry goes; its link and its history stay."""
    world = await told_world(any_store)
    await gone_from_both(world)
    world.edit_in_crm("Hopper", email1=EMAIL)
    await world.sync()
    world.edit_in_crm("Hopper", email1="grace@example.test")
    await world.sync()
    entries = len(await world.history())
    assert (await purge_person(world.deployment, EMAIL)).is_proved
    assert 1 <= len(await world.history()) < entries
    assert (await world.deployment.reader(world.record.id).status()).links == 1
    assert EMAIL not in await read()


async def test_ids_are_followed_back_into_what_was_read_before(any_store: Store, read: Read) -> None:
    """A connection that knows ids only, and is read before the one that knows the address, is not passed over."""
    world = new_world(store=any_store)
    await world.connect()
    await world.connect(COLLEAGUE, COLLEAGUE)
    pipeliner_id = PipelinerId(world.write_in_crm("Canarylast", owner=world.colleague_id, email1=EMAIL))
    await world.sync(record=world.records[1])
    first, old_id = world.records[0].id, OutlookId("AAMkOLD-copy=")
    assert first < world.records[1].id
    item = AttentionItem(
        outlook_subject(old_id), Reason.REFUSED, "It was refused.", "Correct it.", old_id, pipeliner_id
    )
    await world.deployment.reader(first).report(item)
    await any_store.transact(Table.SYNC, first, [Put(f"3.outlook.{old_id}", "{}")])
    purged = await purge_person(world.deployment, EMAIL, even_if_linked=True)
    assert old_id in purged.ids
    assert old_id not in await read()
