"""Users, the change feed, field types and health of a space."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sync_core.domain import Ownership
from sync_core.engine.ports import FeedRow, Stream
from sync_core.errors import InvalidRequest, UserGone
from tests.contract.pipeliner.pipeliner_scenarios import World
from tests.lookalikes import LOOKALIKES

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def _rows(world: World, stream: Stream, since: datetime = LONG_AGO) -> list[FeedRow]:
    page = await world.space.changes(stream, since, None)
    rows = list(page.rows)
    while page.after is not None:
        page = await world.space.changes(stream, since, page.after)
        rows += page.rows
    return rows


async def _version(world: World, stream: Stream, record_id: str) -> str:
    return next(row.version for row in await _rows(world, stream) if row.id == record_id)


async def test_user_is_found_by_address_in_any_case_and_by_id(world: World) -> None:
    """Both ways lead to the same user with their unit."""
    unit = world.people.add_unit("North")
    nora = world.people.add_user("nora@sales.example", "Nora", "North", unit)
    by_address = await world.space.user("NORA@sales.example")
    assert by_address == await world.space.user(nora.upper())
    assert (by_address.id, by_address.email, by_address.name) == (nora, "nora@sales.example", "Nora North")
    assert by_address.default_unit_id == unit
    assert by_address.unit_ids == {unit}


@pytest.mark.parametrize(("typed", "real"), LOOKALIKES)
async def test_an_address_that_only_looks_like_a_users_finds_nobody(near: World, typed: str, real: str) -> None:
    """Though Pipeliner may answer it with that user."""
    user = near.people.add_user(real)
    with pytest.raises(UserGone, match="no Pipeliner user has this e-mail address"):
        await near.space.user(typed)
    assert (await near.space.user(real)).id == user


async def test_user_belongs_to_all_units_of_his_memberships(near: World) -> None:
    """Their default unit is one of them; what is not expanded says nothing."""
    memberships = [{"unit_id": "N-1"}, {"unit": "https://x.example/entities/SalesUnits/N-2"}, "https://x.example/3"]
    record = {"id": "u-1", "email": "a@x.example", "default_unit_id": "N-0", "unit_membership": memberships}
    body = {"success": True, "data": [record], "page_info": {"has_next_page": False}}
    near.fault("Clients", status=200, body=json.dumps(body))
    assert (await near.space.user("u-1")).unit_ids == {"n-0", "n-1", "n-2"}


async def test_removed_user_is_told_from_an_unknown_one(world: World) -> None:
    """Both are gone, but a person has to look for different causes."""
    world.people.deactivate_user(world.paul)
    with pytest.raises(UserGone, match="was deactivated or removed"):
        await world.space.user("paul@sales.example")
    with pytest.raises(UserGone, match="no Pipeliner user has this e-mail address"):
        await world.space.user("nobody@sales.example")
    with pytest.raises(UserGone, match="no Pipeliner user has this id"):
        await world.space.user("00000000-0000-0000-0000-00000000ffff")


async def test_address_of_several_users_asks_for_the_id(near: World) -> None:
    """Nothing is guessed."""
    counterpart = near.people.add_user("Olga@sales.example")
    with pytest.raises(InvalidRequest, match="several") as caught:
        await near.space.user("olga@sales.example")
    assert counterpart in str(caught.value)
    assert (await near.space.user(counterpart)).id == counterpart


async def test_address_of_a_removed_and_a_living_user_is_the_living_one(near: World) -> None:
    """A user that came back is found."""
    near.people.deactivate_user(near.paul)
    again = near.people.add_user("paul@sales.example")
    assert (await near.space.user("paul@sales.example")).id == again


async def test_changes_come_oldest_first_page_by_page_with_deleted_records(world: World) -> None:
    """250 contacts make three pages, and a delete is a change."""
    made = world.model.generate_contacts(250, [world.olga])
    world.people.delete_contact(made[0])
    first = await world.space.changes(Stream.CONTACTS, LONG_AGO, None)
    rows = await _rows(world, Stream.CONTACTS)
    assert len(first.rows) == 100
    assert [row.id for row in rows] == [*made[1:], made[0]]
    assert [row.is_deleted for row in rows] == [False] * 249 + [True]
    assert [row.modified for row in rows] == sorted(row.modified for row in rows if row.modified is not None)
    assert rows[0].contact_ids == (made[1],)
    assert rows[0].ownership is not None
    assert rows[0].ownership.owner_id == world.olga


async def test_changes_begin_at_the_given_second(near: World) -> None:
    """What changed within the second of the watermark is seen again, what changed before is not."""
    near.people.create_contact(near.olga, last_name="Old")
    near.model.clock.advance(5)
    new = near.people.create_contact(near.olga, last_name="New")
    since = near.model.clock.peek()
    assert [row.id for row in await _rows(near, Stream.CONTACTS, since)] == [new]


async def test_feed_is_complete_though_records_change_between_pages(near: World) -> None:
    """A record that moves to the end of the feed is seen there, none is lost."""
    made = near.model.generate_contacts(150, [near.olga])
    page = await near.space.changes(Stream.CONTACTS, LONG_AGO, None)
    near.people.edit_contact(made[120], city="Bern")
    near.people.edit_contact(made[3], city="Bern")
    rest = await near.space.changes(Stream.CONTACTS, LONG_AGO, page.after)
    assert {row.id for row in (*page.rows, *rest.rows)} == set(made)
    assert [row.id for row in rest.rows[-2:]] == [made[120], made[3]]


async def test_contact_version_moves_with_values_and_with_sharing(near: World) -> None:
    """Sharing need not move the revision of the contact, but decides on scopes."""
    contact = near.people.create_contact(near.olga, last_name="A")
    versions = [await _version(near, Stream.CONTACTS, contact)]
    near.people.edit_contact(contact, city="Bern")
    versions.append(await _version(near, Stream.CONTACTS, contact))
    near.people.share(contact, near.paul, 1)
    versions.append(await _version(near, Stream.CONTACTS, contact))
    near.people.share(contact, near.paul, 2)
    versions.append(await _version(near, Stream.CONTACTS, contact))
    assert len(set(versions)) == 4
    (row,) = await _rows(near, Stream.CONTACTS)
    assert row.version == versions[-1]
    assert row.ownership == Ownership(
        near.olga,
        editor_ids=frozenset({near.paul}),
        unit_id=near.record(contact)["unit_id"],
        type_id=near.record(contact)["contact_type_id"],
    )


async def test_account_version_moves_with_its_name_and_its_end_only(near: World) -> None:
    """Nothing else of an account concerns its contacts."""
    account = near.people.add_account(near.olga, "Nordwind AG")
    named = await _version(near, Stream.ACCOUNTS, account)
    near.people.edit_account(account, city="Bern")
    assert await _version(near, Stream.ACCOUNTS, account) == named
    near.people.rename_account(account, "Südwind AG")
    renamed = await _version(near, Stream.ACCOUNTS, account)
    near.people.delete_account(account)
    assert len({named, renamed, await _version(near, Stream.ACCOUNTS, account)}) == 3
    (row,) = await _rows(near, Stream.ACCOUNTS)
    assert row.contact_ids == ()
    assert row.is_deleted


@pytest.mark.parametrize("stream", [Stream.ACCOUNT_RELATIONS, Stream.SHARING])
async def test_relations_name_their_contact_and_move_when_changed_or_deleted(near: World, stream: Stream) -> None:
    """Both kinds of relation lead back to the contact."""
    account = near.people.add_account(near.olga, "Nordwind AG")
    contact = near.people.create_contact(near.olga, last_name="A")
    is_sharing = stream is Stream.SHARING
    relation = near.people.share(contact, near.paul, 1) if is_sharing else near.people.link_account(contact, account)
    made = await _version(near, stream, relation)
    if is_sharing:
        near.people.share(contact, near.paul, 2)
    else:
        near.people.change_position(contact, "Chair")
    changed = await _version(near, stream, relation)
    if is_sharing:
        near.people.unshare(contact, near.paul)
    else:
        near.people.unlink_account(contact, account)
    (row,) = await _rows(near, stream)
    assert len({made, changed, row.version}) == 3
    assert row.contact_ids == (contact,)
    assert row.is_deleted


async def test_contacts_of_an_account_come_page_by_page(world: World) -> None:
    """Primary or not, every living relation counts."""
    account, other = (world.people.add_account(world.olga, name) for name in ("Nordwind AG", "Other"))
    made = world.model.generate_contacts(120, [world.olga])
    for number, contact in enumerate(made):
        world.people.link_account(contact, account, primary=number % 2 == 0)
    world.people.link_account(made[0], other)
    first, after = await world.space.contacts_of_account(account, None)
    second, last = await world.space.contacts_of_account(account, after)
    assert {*first, *second} == set(made)
    assert (len(first), len(second), last) == (100, 20, None)


IDENTIFYING = {
    "first_name": "Ada",
    "middle_name": "King",
    "last_name": "Lovelace",
    "email1": "ada@acme.test",
    "email5": "countess@acme.test",
    "phone1": "+49 30 5550101",
    "phone2": "+49 171 5550102",
    "phone5": "+49 30 5550105",
    "city": "Berlin",
    "country": "Germany",
}
"""What a contact in the next test has, by the names of Pipeliner."""


async def test_the_feed_shows_what_identifies_a_contact(world: World) -> None:
    """On its own row, on those of its relations to accounts, for a whole account, and in a walk of the space."""
    account = world.people.add_account(world.olga, "Nordwind AG")
    contact = world.people.create_contact(world.olga, **IDENTIFYING, comments="never asked for")
    world.people.link_account(contact, account)

    (row,) = await _rows(world, Stream.CONTACTS)
    (relation,) = await _rows(world, Stream.ACCOUNT_RELATIONS)
    related, _ = await world.space.contacts_of_account(account, None)
    page = await world.space.match_page(None)

    shown = row.contact
    assert shown is not None
    assert shown.text("company") == "Nordwind AG"
    assert shown.entries("emails") == ("ada@acme.test", "countess@acme.test")
    assert shown.entries("business_phones") == ("+49 30 5550101", "+49 30 5550105")
    assert shown.text("mobile_phone") == "+49 171 5550102"
    assert [shown.text(name) for name in ("given_name", "middle_name", "surname")] == ["Ada", "King", "Lovelace"]
    assert (shown.text("country"), shown.text("notes")) == ("Germany", "")
    assert relation.contact == shown
    assert dict(related) == {contact: shown}
    assert [(one.id, one.contact) for one in page.contacts] == [(contact, shown)]


async def test_nothing_is_shown_of_a_contact_that_is_deleted(near: World) -> None:
    """Its row says that it is gone; a walk of the space leaves it out."""
    account = near.people.add_account(near.olga, "Nordwind AG")
    contact = near.people.create_contact(near.olga, last_name="Lovelace")
    near.people.link_account(contact, account)
    near.people.delete_contact(contact)

    (row,) = await _rows(near, Stream.CONTACTS)
    related, _ = await near.space.contacts_of_account(account, None)

    assert (row.is_deleted, row.contact) == (True, None)
    assert dict(related) == {contact: None}
    assert (await near.space.match_page(None)).contacts == ()


async def test_field_types_cover_all_pages_of_contact_fields_only(near: World) -> None:
    """Custom fields come with their types; those of accounts do not."""
    for number in range(120):
        near.people.add_field(f"cf_field_{number}", "date" if number % 2 else "input")
    near.people.add_field("cf_account_only", entity_name="Account")
    types = await near.space.field_types()
    assert (types["cf_field_1"], types["cf_field_118"], types["email1"]) == ("date", "input", "email")
    assert "cf_account_only" not in types
    assert near.count("GET", "Fields") == 2


async def test_health_check_is_one_small_request(world: World) -> None:
    """It needs no contact to be readable."""
    await world.space.check()
    assert world.count("GET", "Clients", "first=1") == len(world.wire.sent) == 1


async def test_server_time_is_pipeliners_own(world: World) -> None:
    """It goes on from the last answer; only without one is something asked for it."""
    world.model.clock.advance(3600)
    first = await world.space.server_time()
    asked = len(world.wire.sent)
    world.model.clock.advance(3600)
    moved = await world.contacts.server_time() - first
    assert 3600 <= moved.total_seconds() <= 3602
    assert len(world.wire.sent) == asked == 1
