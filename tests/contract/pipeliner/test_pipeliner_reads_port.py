"""Reading contacts through the port."""

from __future__ import annotations

from datetime import timedelta

from sync_core.domain import LinkId, PipelinerId, Scope, ShareMode, custom_field
from tests.contract.pipeliner.pipeliner_scenarios import World


async def test_reading_shows_living_and_deleted_contacts_and_leaves_out_unknown_ids(world: World) -> None:
    """What is deleted says so, what never was is absent."""
    kept = world.people.create_contact(world.olga, first_name="Ada", last_name="Ahlers")
    gone = world.people.create_contact(world.olga, last_name="Brandow")
    world.people.delete_contact(gone)
    unknown = PipelinerId("00000000-0000-0000-0000-00000000ffff")

    found = await world.contacts.read([PipelinerId(kept.upper()), PipelinerId(gone), unknown])

    assert set(found) == {kept, gone}
    assert not found[PipelinerId(kept)].is_deleted
    assert found[PipelinerId(gone)].is_deleted
    assert found[PipelinerId(kept)].contact.text("given_name") == "Ada"
    assert found[PipelinerId(kept)].ownership.owner_id == world.olga


async def test_company_and_job_title_come_from_the_primary_account(world: World) -> None:
    """A linked account outranks the free texts beside the contact."""
    account = world.people.add_account(world.olga, "Nordwind AG")
    contact = world.people.create_contact(world.olga, last_name="Corvin", quick_account_name="Old", position="Clerk")

    unlinked = await world.shown(contact)
    world.people.link_account(contact, account, position="Director")
    linked = await world.shown(contact)

    assert (unlinked.contact.text("company"), unlinked.contact.text("job_title")) == ("Old", "Clerk")
    assert unlinked.account_id == ""
    assert (linked.contact.text("company"), linked.contact.text("job_title")) == ("Nordwind AG", "Director")
    assert linked.account_id == account


async def test_lists_are_the_filled_slots_in_slot_order(near: World) -> None:
    """Gaps between slots vanish, the order of the slots stays."""
    contact = near.people.create_contact(
        near.olga, last_name="Dahlke", email2="b@x.example", email5="e@x.example", phone4="+4", phone1="+1", phone3="+3"
    )
    shown = (await near.shown(contact)).contact
    assert shown["emails"] == ("b@x.example", "e@x.example")
    assert shown["business_phones"] == ("+1", "+4")
    assert shown["home_phones"] == ("+3",)


async def test_custom_fields_are_read_by_the_map(near: World) -> None:
    """Texts and dates of custom fields arrive under their own names; unset ones are blank."""
    near.people.add_field("cf_birthday", "date")
    near.people.add_field("cf_nickname")
    contact = near.people.create_contact(near.olga, last_name="Eskens", cf_birthday="1980-02-29")
    custom = (custom_field("cf_birthday", "birthday"), custom_field("cf_nickname", "nickName"))
    found = await near.port(custom=custom).read([PipelinerId(contact)])
    shown = found[PipelinerId(contact)].contact
    assert shown["cf_birthday"] == "1980-02-29"
    assert shown["cf_nickname"] == ""


async def test_owned_scope_is_walked_page_by_page_without_deleted_contacts(world: World) -> None:
    """All of the user's own contacts come once, nobody else's, no deleted one."""
    own = world.model.generate_contacts(230, [world.olga])
    world.model.generate_contacts(5, [world.paul])
    world.people.delete_contact(own[17])

    pages = await world.walked(world.user(world.olga), Scope.OWNED)

    assert [len(page.contacts) for page in pages] == [100, 100, 29]
    assert sorted(contact.id for page in pages for contact in page.contacts) == sorted({*own} - {own[17]})


async def test_walk_misses_nothing_when_others_write_meanwhile(near: World) -> None:
    """Inserts and deletes between two pages neither skip nor repeat the contacts that stay."""
    own = near.model.generate_contacts(150, [near.olga])
    user = near.user(near.olga)
    first = await near.contacts.scope_page(user, Scope.OWNED, None)
    near.people.delete_contact(str(first.contacts[0].id))
    near.people.delete_contact(str(first.contacts[50].id))
    near.model.generate_contacts(20, [near.olga])
    second = await near.contacts.scope_page(user, Scope.OWNED, first.after)

    seen = [str(contact.id) for page in (first, second) for contact in page.contacts]
    assert set(own) <= set(seen)
    assert len(seen) == len(set(seen))


async def test_scopes_add_editable_then_visible_contacts(world: World) -> None:
    """Editors bring a contact into the second scope, watchers and the unit into the third; private ones stay out."""
    unit = world.people.add_unit("North")
    own = world.people.create_contact(world.olga, last_name="Own")
    edited = world.people.create_contact(world.paul, last_name="Edited")
    watched = world.people.create_contact(world.paul, last_name="Watched")
    in_unit = world.people.create_contact(world.paul, last_name="ChangeSet", unit_id=unit)
    private = world.people.create_contact(world.paul, last_name="Private", unit_id=unit, share_mode=1)
    world.people.create_contact(world.paul, last_name="Elsewhere")
    gone = world.people.create_contact(world.paul, last_name="Gone")
    for contact, role in ((edited, 2), (watched, 1), (gone, 2), (own, 2)):
        world.people.share(contact, world.olga, role)
    world.people.delete_contact(gone)
    user = world.user(world.olga, unit)

    found = {
        scope: [contact.id for page in await world.walked(user, scope) for contact in page.contacts] for scope in Scope
    }

    assert found[Scope.OWNED] == [own]
    assert sorted(found[Scope.OWNED_OR_EDITABLE]) == sorted([own, edited])
    assert set(found[Scope.VISIBLE]) == {own, edited, watched, in_unit}
    assert private not in found[Scope.VISIBLE]
    shown = await world.shown(private)
    assert shown.ownership.share_mode is ShareMode.PRIVATE


async def test_private_contact_of_the_unit_that_is_shared_is_visible(near: World) -> None:
    """Sharing outranks the private mark."""
    unit = near.people.add_unit("South")
    private = near.people.create_contact(near.paul, last_name="Private", unit_id=unit, share_mode=1)
    near.people.share(private, near.olga, 1)
    pages = await near.walked(near.user(near.olga, unit), Scope.VISIBLE)
    assert {contact.id for page in pages for contact in page.contacts} == {private}


async def test_address_is_found_in_any_slot_ignoring_case_and_once(world: World) -> None:
    """A contact that has it twice comes once; a deleted one does not come."""
    first = world.people.create_contact(world.olga, last_name="One", email1="Ada@X.example", email4="ada@x.example")
    second = world.people.create_contact(world.paul, last_name="Two", email5="ADA@x.example")
    gone = world.people.create_contact(world.olga, last_name="Gone", email1="ada@x.example")
    world.people.delete_contact(gone)
    world.people.create_contact(world.olga, last_name="Other", email1="ada@x.example.org")

    found = await world.contacts.by_email("ada@x.example")

    assert {contact.id for contact in found} == {first, second}
    assert len(found) == 2


async def test_name_is_found_ignoring_case_and_a_blank_part_means_blank(near: World) -> None:
    """Without a first name only contacts without one match."""
    full = near.people.create_contact(near.olga, first_name="Ada", last_name="Ahlers")
    bare = near.people.create_contact(near.olga, last_name="Ahlers")
    assert [contact.id for contact in await near.contacts.by_name("ADA", "ahlers")] == [full]
    assert [contact.id for contact in await near.contacts.by_name("", "Ahlers")] == [bare]
    assert near.count("GET", "filter-op%5Bfirst_name%5D=empty") == 1


async def test_match_pages_hold_what_matching_needs_and_no_more(near: World) -> None:
    """Names, addresses, company and ownership of the whole space come; notes do not."""
    contact = near.people.create_contact(
        near.paul, first_name="Ada", last_name="Ahlers", email1="a@x.example", comments="long", quick_account_name="Q"
    )
    gone = near.people.create_contact(near.paul, last_name="Gone")
    near.people.delete_contact(gone)
    page = await near.space.match_page(None)
    assert [found.id for found in page.contacts] == [contact]
    shown = page.contacts[0]
    assert dict(shown.contact.values) == {
        "given_name": "Ada",
        "surname": "Ahlers",
        "emails": ("a@x.example",),
        "company": "Q",
    }
    assert shown.ownership.owner_id == near.paul
    assert page.after is None


async def test_new_contacts_of_an_owner_are_listed_since_a_time(near: World) -> None:
    """Older ones, other owners' and deleted ones stay out; the oldest comes first."""
    near.people.create_contact(near.olga, last_name="Before")
    near.model.clock.advance(60)
    since = near.model.clock.peek()
    first = near.people.create_contact(near.olga, last_name="First")
    second = near.people.create_contact(near.olga, last_name="Second")
    near.people.create_contact(near.paul, last_name="Others")
    page = await near.contacts.created_since(near.olga, since + timedelta(milliseconds=900), None)
    assert [contact.id for contact in page.contacts] == [first, second]
    assert page.after is None


async def test_creates_are_found_again_by_the_key_field(near: World) -> None:
    """Without a key field there is no answer at all, which is not the same as an empty one."""
    near.people.add_field("cf_sync_key")
    contact = near.people.create_contact(near.olga, last_name="Keyed", cf_sync_key="link-1")
    found = await near.port(key_field="cf_sync_key").by_key([LinkId("link-1"), LinkId("link-2")])
    assert found is not None
    assert {key: shown.id for key, shown in found.items()} == {"link-1": contact}
    assert await near.contacts.by_key([LinkId("link-1")]) is None
