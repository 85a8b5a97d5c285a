"""Creating, updating and deleting contacts."""

from __future__ import annotations

from sync_core.domain import Direction, OutlookContact, OutlookId, PipelinerId, custom_field, field_map
from sync_core.engine.ports import Deleted, OutlookEdit, Refused, Stale
from tests.contract.outlook.outlook_scenarios import ANNA, World, draft, written

HOME = {"street": "Hauptplatz 1", "city": "Graz", "postalCode": "8010"}


async def test_a_created_contact_holds_every_mapped_value(world: World) -> None:
    """What is sent is what the service shows, with names for show composed from it."""
    given = draft(
        middle_name="M.",
        company="Acme",
        emails=("b@acme.test", "b@home.test"),
        business_phones=("1", "2"),
        mobile_phone="3",
        home_phones=("4",),
        street="Ring 1\nTop 2",
        city="Wien",
        notes="Met at the fair",
    )
    made = written((await world.folder.create([given]))[0])
    assert made.contact == given.contact
    stored = world.stored(made.id)
    assert stored["displayName"] == "Berta M. Cole 1"
    assert stored["fileAs"] == "Cole 1, Berta M."
    assert stored["businessAddress"] == {"street": "Ring 1\nTop 2", "city": "Wien"}


async def test_twenty_contacts_are_created_per_request(world: World) -> None:
    """45 creates take three requests, and outcomes come in the order of the drafts."""
    world.model.reset_requests()
    outcomes = await world.folder.create([draft(number) for number in range(45)])
    assert world.model.total_requests == 3
    assert [written(outcome).contact["surname"] for outcome in outcomes] == [f"Cole {n}" for n in range(45)]


async def test_only_changed_properties_are_sent(world: World) -> None:
    """A plain change is one request and leaves everything else alone."""
    before = await world.read(world.person())
    world.model.reset_requests()
    after = written(await world.update(before, job_title="CEO"))
    assert world.model.total_requests == 1
    assert after.contact == before.contact.with_values({"job_title": "CEO"})
    assert after.change_key == world.stored(before.id)["changeKey"] != before.change_key


async def test_blank_values_clear_texts_lists_and_addresses(world: World) -> None:
    """A person's deletion of a value arrives, for every shape a value has."""
    anna = world.person(
        **ANNA, businessPhones=["1"], emailAddresses=[{"address": "a@x.test"}], businessAddress={"city": "Graz"}
    )
    before = await world.read(anna)
    written(await world.update(before, mobile_phone="", business_phones=(), emails=(), city=""))
    stored = world.stored(anna)
    assert stored["mobilePhone"] is None
    assert (stored["businessPhones"], stored["emailAddresses"], stored["businessAddress"]) == ([], [], {})


async def test_a_birthday_reads_back_as_the_day_that_was_written(world: World) -> None:
    """Graph's own time of day does not look like an edit."""
    world.folder = world.opened(field_map=field_map({}, {}, [custom_field("cf_born", "birthday")]))
    made = written((await world.folder.create([draft(cf_born="1984-02-29")]))[0])
    assert (made.contact["cf_born"], world.stored(made.id)["birthday"]) == ("1984-02-29", "1984-02-29T11:59:00Z")
    assert written(await world.update(made, cf_born="")).contact["cf_born"] == ""


async def test_what_the_map_does_not_know_survives(world: World) -> None:
    """Address siblings, further phones and the names of e-mail entries are written back as they were."""
    world.folder = world.opened(field_map=field_map({"postal_code": Direction.NONE}, {}, ()))
    anna = world.person(
        **ANNA,
        businessAddress=HOME,
        homePhones=["1", "2"],
        emailAddresses=[{"address": "a@x.test", "name": "Anna at X"}, {"address": "broken,", "name": "broken,"}],
    )
    before = await world.read(anna)
    assert before.contact["home_phones"] == ("1", "2")
    written(await world.update(before, city="Linz", home_phones=("9", "2"), emails=("new@x.test", "A@X.test")))
    stored = world.stored(anna)
    assert stored["businessAddress"] == HOME | {"city": "Linz"}
    assert stored["homePhones"] == ["9", "2"]
    assert stored["emailAddresses"] == [
        {"address": "new@x.test", "name": "new@x.test"},
        {"name": "broken,"},
        {"address": "A@X.test", "name": "Anna at X"},
    ]


async def test_a_new_name_brings_the_names_for_show_along(world: World) -> None:
    """The display name follows the name; a person's own file-as stays."""
    anna = world.person(**ANNA, fileAs="Our Anna")
    written(await world.update(await world.read(anna), surname="Berger"))
    assert world.stored(anna)["displayName"] == "Anna Berger"
    assert world.stored(anna)["fileAs"] == "Our Anna"


async def test_a_changed_job_title_leaves_a_persons_own_display_name(world: World) -> None:
    """Only a change of the name composes a new one."""
    anna = world.person(**ANNA, displayName="Anna (fair)")
    written(await world.update(await world.read(anna), job_title="CEO", company="Acme"))
    assert world.stored(anna)["displayName"] == "Anna (fair)"


async def test_an_update_can_stamp_the_stored_id(world: World) -> None:
    """A contact born in Outlook gets its mark with the same request as the change."""
    before = await world.read(world.person())
    edit = OutlookEdit(before, {"job_title": "CEO"}, stored_id=PipelinerId("PY-7"))
    assert written((await world.folder.update([edit]))[0]).stored_id == "PY-7"
    assert (await world.read(before.id)).stored_id == "PY-7"


async def test_an_outdated_update_is_stale_where_graph_checks(world: World) -> None:
    """If-Match goes along, so that a person's edit in between is not overwritten."""
    world.model.switches.if_match_enforced = True
    before = await world.read(world.person())
    world.model.edit_contact(world.user, before.id, {"jobTitle": "CFO"})
    assert await world.update(before, job_title="CEO") == Stale()
    assert (await world.folder.delete([before]))[0] == Stale()
    assert world.stored(before.id)["jobTitle"] == "CFO"


async def test_an_outdated_change_of_a_list_is_stale_even_where_graph_does_not_check(world: World) -> None:
    """What such a change is written on top of is read right before, and compared."""
    before = await world.read(world.person())
    world.model.edit_contact(world.user, before.id, {"businessPhones": ["1"]})
    assert await world.update(before, business_phones=("2",)) == Stale()
    assert world.stored(before.id)["businessPhones"] == ["1"]


async def test_a_contact_that_is_gone_is_stale_to_update_and_deleted_to_delete(world: World) -> None:
    """404 says different things to the two."""
    before = await world.read(world.person())
    world.model.delete_contact(world.user, before.id)
    assert await world.update(before, job_title="CEO") == Stale()
    assert await world.update(before, emails=("a@x.test",)) == Stale()
    assert await world.folder.delete([before]) == [Deleted()]


async def test_deleting_takes_contacts_away_in_batches(world: World) -> None:
    """25 deletes take two requests."""
    contacts = list((await world.folder.read(world.persons(25))).values())
    world.model.reset_requests()
    assert await world.folder.delete(contacts) == [Deleted()] * 25
    assert world.model.total_requests == 2
    assert world.in_folder() == []


async def test_a_contact_in_another_folder_can_be_written(near: World) -> None:
    """Edits go to the folder in which the contact was read."""
    near.model.switches.contact_found_anywhere = False
    anna = near.person()
    near.model.move_contact(near.user, anna, near.model.add_folder(near.user, "Private"))
    near.model.switches.contact_found_anywhere = True
    written(await near.update(await near.read(anna), job_title="CEO"))
    assert near.stored(anna)["jobTitle"] == "CEO"


async def test_what_graph_does_not_take_is_refused_with_its_property_and_no_value(world: World) -> None:
    """Over-long and over-many are outcomes of that one contact; its neighbours are written."""
    drafts = [draft(1, job_title="secret" * 60), draft(2, business_phones=("771", "772", "773")), draft(3)]
    long, many, fine = await world.folder.create(drafts)
    assert isinstance(long, Refused)
    assert long.fields == ("jobTitle",)
    assert isinstance(many, Refused)
    assert many.fields == ("businessPhones",)
    assert "limit" in many.message
    assert "secret" not in long.message
    assert "77" not in many.message
    assert written(fine).contact["surname"] == "Cole 3"


async def test_a_batch_where_only_some_are_outdated_writes_the_others(near: World) -> None:
    """Outcomes stay with their contacts when some of a batch are not sent at all."""
    first, second, third = [await near.read(anna) for anna in near.persons(3)]
    near.model.edit_contact(near.user, second.id, {"jobTitle": "CFO"})
    edits = [OutlookEdit(before, {"emails": ("a@x.test",)}) for before in (first, second, third)]
    outcomes = await near.folder.update(edits)
    assert outcomes[1] == Stale()
    assert [written(outcomes[position]).id for position in (0, 2)] == [first.id, third.id]


async def test_a_delete_without_a_known_version_is_sent_without_if_match(near: World) -> None:
    """A contact of which only the id is known can be deleted."""
    near.model.switches.if_match_enforced = True
    anna = near.person()
    bare = OutlookContact(OutlookId(anna), "", (await near.read(anna)).contact)
    assert await near.folder.delete([bare]) == [Deleted()]
