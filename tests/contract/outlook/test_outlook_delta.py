"""Reading a folder's changes."""

from __future__ import annotations

import pytest

from sync_core.errors import DeltaExpired, FolderGone, RequestRejected, ServiceUnavailable
from tests.contract.outlook.outlook_scenarios import World, draft, written


async def test_a_first_round_tells_every_contact_once(world: World) -> None:
    """All pages together hold the folder, without a $top that Graph would refuse."""
    ids = world.persons(205)
    page = await world.round()
    assert sorted(contact.id for contact in page.changed) == sorted(ids)
    assert page.removed == ()
    assert world.model.requests["GET delta"] == 3


async def test_an_idle_round_is_one_request(world: World) -> None:
    """Nothing new costs one request, however many contacts there are."""
    world.persons(30)
    link = (await world.round()).link
    world.model.reset_requests()
    page = await world.folder.delta(link)
    assert (page.changed, page.removed, page.is_last) == ((), (), True)
    assert world.model.total_requests == 1


async def test_a_changed_contact_comes_with_its_values_version_and_place(world: World) -> None:
    """A later round tells a change whole, with what echoes and moves are known by."""
    anna = world.person()
    link = (await world.round()).link
    world.model.edit_contact(world.user, anna, {"jobTitle": "Head of Buying"})
    (told,) = (await world.round(link)).changed
    assert told.id == anna
    assert told.contact["job_title"] == "Head of Buying"
    assert told.contact["surname"] == "Berg"
    assert told.change_key == world.stored(anna)["changeKey"]
    assert told.folder_id == world.folder_id
    assert told.modified is not None


async def test_an_echo_of_our_own_write_has_the_version_of_the_write(world: World) -> None:
    """What create and update answer is what the next round tells."""
    link = (await world.round()).link
    made = written((await world.folder.create([draft()]))[0])
    changed = written(await world.update(made, city="Graz"))
    (told,) = (await world.round(link)).changed
    assert (told.id, told.change_key, told.contact) == (made.id, changed.change_key, changed.contact)


async def test_a_deleted_contact_is_told_as_removed(world: World) -> None:
    """A removal comes as an id."""
    anna = world.person()
    link = (await world.round()).link
    world.model.delete_contact(world.user, anna)
    page = await world.round(link)
    assert (page.changed, page.removed) == ((), (anna,))


async def test_ids_stay_when_a_contact_is_moved(world: World) -> None:
    """The id read before a move still finds the contact, and the place is told."""
    anna = world.person()
    link = (await world.round()).link
    world.model.move_contact(world.user, anna, None)
    assert (await world.round(link)).removed == (anna,)
    assert (await world.read(anna)).folder_id == world.model.default_folder(world.user)


@pytest.mark.parametrize("code", ["SyncStateNotFound", "resyncRequired"])
async def test_an_expired_link_says_so(world: World, code: str) -> None:
    """410 means that the folder is read from the start, whatever its code."""
    world.model.switches.delta_expired_code = code
    link = (await world.round()).link
    world.model.expire_delta_tokens()
    with pytest.raises(DeltaExpired):
        await world.folder.delta(link)


async def test_a_malformed_link_counts_as_expired(world: World) -> None:
    """A link that our own storage spoiled does not wedge the folder for ever."""
    link = (await world.round()).link
    with pytest.raises(DeltaExpired):
        await world.folder.delta(link[:-7])


async def test_a_link_to_another_host_is_refused_before_anything_is_sent(world: World) -> None:
    """Our token follows no link to a host that is not the configured one."""
    link = (await world.round()).link
    world.model.reset_requests()
    foreign = link.replace("localhost", "localhost.evil.test").replace("127.0.0.1", "127.0.0.1.evil.test")
    with pytest.raises(RequestRejected, match="another host") as caught:
        await world.folder.delta(foreign)
    assert caught.value.code == "foreign_link"
    assert world.model.total_requests == 0


async def test_a_foreign_link_in_an_answer_is_never_handed_on(near: World) -> None:
    """What would be refused when followed is not stored as the place to go on from either."""
    body = '{"value": [], "@odata.deltaLink": "https://evil.test/v1.0/delta?$deltatoken=x"}'
    near.plant("GET .*delta", status=200, body=body)
    with pytest.raises(RequestRejected, match="another host"):
        await near.folder.delta(None)


async def test_a_page_without_a_link_is_no_page(near: World) -> None:
    """An answer that does not say how to go on is asked again instead of ending the round."""
    near.plant("GET .*delta", status=200, body='{"value": []}')
    with pytest.raises(ServiceUnavailable):
        await near.folder.delta(None)


async def test_a_truncated_answer_is_no_page(world: World) -> None:
    """A body that breaks off is a ServiceUnavailable."""
    world.persons(5)
    world.plant("GET .*delta", cut_at=100, times=None)
    with pytest.raises(ServiceUnavailable):
        await world.folder.delta(None)


async def test_a_deleted_folder_is_gone(world: World) -> None:
    """A 404 for the folder is FolderGone, not an empty folder."""
    link = (await world.round()).link
    world.model.delete_folder(world.user, world.folder_id)
    for known in (None, link):
        with pytest.raises(FolderGone):
            await world.folder.delta(known)


async def test_empty_pages_do_not_end_a_round(near: World) -> None:
    """A page without entries but with a next link is only a page."""
    near.model.switches.delta_empty_pages = True
    near.persons(3)
    first = await near.folder.delta(None)
    assert (first.changed, first.is_last) == ((), False)
    assert len((await near.round()).changed) == 3


async def test_repeated_and_shuffled_entries_are_one_contact_each(near: World) -> None:
    """Repeats within a page collapse, and nothing is read for them."""
    near.model.switches.delta_duplicate_share = 1.0
    near.model.switches.delta_shuffled = True
    ids = near.persons(20)
    page = await near.round()
    assert sorted(contact.id for contact in page.changed) == sorted(ids)
    assert near.model.requests["POST $batch"] == 0


async def test_a_removal_beside_a_change_is_settled_by_reading(near: World) -> None:
    """Order means nothing in a page, so the contact itself decides whether it is there."""
    anna, berta, carla = near.persons(3)
    near.model.delete_contact(near.user, berta)
    near.model.move_contact(near.user, carla, None)
    entry = '{"id": "%s", "changeKey": "K", "@odata.etag": "E"}, {"id": "%s", "@removed": {"reason": "deleted"}}'
    told = ", ".join(entry % (known, known) for known in (anna, berta, carla))
    body = f'{{"value": [{told}], "@odata.deltaLink": "{near.root}/v1.0/x"}}'
    near.plant("GET .*delta", status=200, body=body)
    page = await near.folder.delta(None)
    assert [contact.id for contact in page.changed] == [anna]
    assert page.removed == (berta, carla)


async def test_an_entry_that_is_no_whole_contact_is_read(near: World) -> None:
    """An entry without an etag may lack properties, which must not look cleared."""
    anna = near.person()
    body = f'{{"value": [{{"id": "{anna}", "jobTitle": "Buyer"}}], "@odata.deltaLink": "{near.root}/v1.0/x"}}'
    near.plant("GET .*delta", status=200, body=body)
    (told,) = (await near.folder.delta(None)).changed
    assert told.contact["surname"] == "Berg"
