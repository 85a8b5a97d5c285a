"""Design bugs in what is read out of the services' listings and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sync_core.domain import (
    Contact,
    OutlookContact,
    OutlookId,
    OutlookState,
    Ownership,
    PipelinerContact,
    PipelinerState,
    lifecycle,
)
from sync_core.engine import reading, run
from sync_core.engine.context import RunContext
from sync_core.engine.ports import DeltaPage, IndexEntry
from sync_core.outlook import OutlookFolder, batch, client, folder
from sync_core.outlook.client import PAGE_SIZE
from sync_core.pipeliner import client as pipeliner_client
from sync_core.pipeliner import contact_lists
from sync_core.state import StoredConnectionState
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import (
    test_disconnect,
    test_gentle,
    test_lifecycle,
    test_limits_and_resets,
    test_marks,
    test_reconciliation,
    test_scope_and_feed,
    test_two_way,
)

READING_BUGS = Bed()


@READING_BUGS.bug(test_lifecycle.test_a_move_away_and_back_between_two_reads_deletes_nothing)
def tombstone_trusted(patch: Patch) -> None:
    """A contact that delta calls removed counts as deleted without a look."""
    told, read = OutlookFolder.delta, OutlookFolder.read
    removed: set[OutlookId] = set()

    async def noted(self: OutlookFolder, link: str | None) -> DeltaPage:
        page = await told(self, link)
        removed.update(page.removed)
        return page

    async def without_removed(self: OutlookFolder, ids: Any) -> Any:
        return {key: item for key, item in (await read(self, ids)).items() if key not in removed}

    patch.put(OutlookFolder, "delta", noted)
    patch.put(OutlookFolder, "read", without_removed)


@READING_BUGS.bug(test_two_way.test_without_protection_a_delete_in_outlook_reaches_pipeliner)
def removals_not_looked_at(patch: Patch) -> None:
    """What delta calls removed is passed over."""
    told = OutlookFolder.delta

    async def deaf(self: OutlookFolder, link: str | None) -> DeltaPage:
        return replace(await told(self, link), removed=())

    patch.put(OutlookFolder, "delta", deaf)


@READING_BUGS.bug(test_lifecycle.test_a_contact_moved_to_another_folder_is_not_deleted_and_resumes_when_it_returns)
def moved_taken_for_deleted(patch: Patch) -> None:
    """A contact in another folder counts as deleted."""
    see = lifecycle.see_outlook

    def see_outlook(*seen: Any) -> OutlookState:
        state = see(*seen)
        return OutlookState.DELETED if state is OutlookState.MOVED else state

    patch.put(lifecycle, "see_outlook", see_outlook)


@READING_BUGS.bug(test_marks.test_a_contact_in_another_folder_is_neither_read_nor_written)
def moved_taken_for_present(patch: Patch) -> None:
    """Whichever folder a contact lies in, it goes on being synced."""
    see = lifecycle.see_outlook

    def see_outlook(connection: Any, _folder_id: str, link: Any, outlook: Any) -> OutlookState:
        return see(connection, outlook.folder_id if outlook else "", link, outlook)

    patch.put(lifecycle, "see_outlook", see_outlook)


@READING_BUGS.bug(test_lifecycle.test_a_contact_that_pipeliner_hides_is_not_deleted)
def hidden_taken_for_deleted(patch: Patch) -> None:
    """A contact that Pipeliner does not show counts as deleted there."""
    decide = lifecycle.decide

    def misled(connection: Any, folder_id: str, link: Any, outlook: Any, pipeliner: Any) -> Any:
        if pipeliner is None and outlook is not None:
            ownership = Ownership(connection.user.id)
            gone = PipelinerContact(link.pipeliner_id, 0, outlook.modified, Contact(), ownership, is_deleted=True)
            return decide(connection, folder_id, link, outlook, gone)
        return decide(connection, folder_id, link, outlook, pipeliner)

    patch.everywhere(decide, misled)


@READING_BUGS.bug(
    test_lifecycle.test_reassigned_to_a_colleague_it_leaves_one_folder_and_enters_the_other,
    test_lifecycle.test_an_unsent_edit_is_sent_before_the_contact_leaves_the_folder,
)
def left_scope_taken_for_deleted(patch: Patch) -> None:
    """A contact that was handed to a colleague counts as deleted in Pipeliner."""
    see = lifecycle.see_pipeliner

    def see_pipeliner(*seen: Any) -> PipelinerState:
        state = see(*seen)
        return PipelinerState.DELETED if state is PipelinerState.LEFT_SCOPE else state

    patch.put(lifecycle, "see_pipeliner", see_pipeliner)


@READING_BUGS.bug(test_lifecycle.test_an_archived_contact_stays_in_outlook)
def archived_taken_for_deleted(patch: Patch) -> None:
    """Archiving a contact takes it out of Outlook."""
    see = lifecycle.see_pipeliner

    def see_pipeliner(connection: Any, link: Any, pipeliner: PipelinerContact | None) -> PipelinerState:
        is_archived = pipeliner is not None and pipeliner.is_archived
        return PipelinerState.DELETED if is_archived else see(connection, link, pipeliner)

    patch.put(lifecycle, "see_pipeliner", see_pipeliner)


@READING_BUGS.bug(test_gentle.test_contacts_that_graph_cannot_show_just_now_are_not_deleted)
def failed_read_taken_for_missing(patch: Patch) -> None:
    """A contact that Graph cannot show just now counts as not there."""
    send_all = batch.send_all

    async def lenient(*asked: Any) -> Any:
        answers = await send_all(*asked)
        gone = {"error": {"code": "ErrorItemNotFound"}}
        return [answer if answer.is_success else replace(answer, status=404, body=gone) for answer in answers]

    patch.put(folder, "send_all", lenient)


@READING_BUGS.bug(test_limits_and_resets.test_a_listing_cut_short_deletes_nothing)
def short_listing_taken_for_deletes(patch: Patch) -> None:
    """What a whole reading of the folder does not show was deleted there, and is deleted in Pipeliner."""

    async def look_for_missing(context: RunContext) -> None:
        links = await context.state.links_page(None)
        gone = [link.pipeliner_id for link in links if link.outlook_id not in context.seen_outlook]
        await context.contacts.delete(gone)

    patch.everywhere(reading.look_for_missing, look_for_missing)


@READING_BUGS.bug(test_limits_and_resets.test_a_delete_that_the_feed_never_told_is_found_by_a_full_round)
def missing_not_looked_for(patch: Patch) -> None:
    """A full sync passes over links that neither listing shows."""

    async def look_for_missing(_context: RunContext) -> None:
        return

    patch.everywhere(reading.look_for_missing, look_for_missing)


@READING_BUGS.bug(test_reconciliation.test_missed_edits_travel)
def listing_not_compared(patch: Patch) -> None:
    """A full sync passes over linked contacts, whatever they show."""
    differs = reading._differs

    def blind(context: RunContext, link: Any, contact: Any) -> bool:
        return isinstance(contact, OutlookContact) and differs(context, link, contact)

    patch.put(reading, "_differs", blind)


@READING_BUGS.bug(test_limits_and_resets.test_a_lost_delta_link_reads_the_folder_again_and_deletes_nothing)
def reset_not_read_from_the_start(patch: Patch) -> None:
    """After a lost delta link only what changes from now on is read."""
    take_page = reading._take_page

    async def skipping(context: RunContext, page: DeltaPage, *more: Any) -> None:
        is_reset = context.cursor.is_full and context.links
        await take_page(context, replace(page, changed=(), removed=()) if is_reset else page, *more)

    async def nothing(context: RunContext) -> None:
        context.cursor = replace(context.cursor, look_for_missing=False)

    patch.put(reading, "_take_page", skipping)
    patch.put(run, "list_pipeliner", nothing)


@READING_BUGS.bug(test_gentle.test_an_echo_of_our_own_write_costs_no_look)
def echo_forgotten(patch: Patch) -> None:
    """The token of our own write is never compared."""
    index = StoredConnectionState.outlook_index

    async def tokenless(self: StoredConnectionState, ids: Any) -> Mapping[OutlookId, IndexEntry]:
        return {key: replace(entry, token="") for key, entry in (await index(self, ids)).items()}

    patch.put(StoredConnectionState, "outlook_index", tokenless)


@READING_BUGS.bug(test_limits_and_resets.test_pipelineers_outage_ends_the_run_and_the_next_one_catches_up)
def any_known_contact_taken_for_an_echo(patch: Patch) -> None:
    """A linked contact in delta counts as our own write, whatever its token."""
    take_page = reading._take_page

    async def deaf(context: RunContext, page: DeltaPage, *more: Any) -> None:
        index = await context.state.outlook_index([contact.id for contact in page.changed])
        new = tuple(contact for contact in page.changed if contact.id not in index)
        await take_page(context, replace(page, changed=new), *more)

    patch.put(reading, "_take_page", deaf)


@READING_BUGS.bug(test_two_way.test_the_first_sync_fills_the_new_folder)
def page_size_asked_of_delta(patch: Patch) -> None:
    """The first request of a round says how many entries it wants, which delta refuses."""
    address = client.delta_address

    def sized(*place: Any) -> str:
        return f"{address(*place)}&$top={PAGE_SIZE}"

    patch.put(folder, "delta_address", sized)


@READING_BUGS.bug(test_lifecycle.test_a_contact_restored_in_outlook_is_linked_again)
def ids_that_change_with_a_move(patch: Patch) -> None:
    """Immutable ids are not asked for."""
    plain = f"odata.maxpagesize={PAGE_SIZE}"
    patch.put(client, "PREFER_PAGES", plain)
    patch.put(client, "PREFER_IDS", plain)
    patch.put(batch, "PREFER_PAGES", plain)
    patch.put(batch, "PREFER_IDS", plain)


@READING_BUGS.bug(test_gentle.test_a_folder_of_several_pages_is_read_to_its_end_before_anything_is_matched)
def batch_answers_matched_by_position(patch: Patch) -> None:
    """The n-th answer of a batch counts for its n-th request."""
    send_once = batch._send_once

    async def by_position(*given: Any) -> Any:
        return {str(place): part for place, part in enumerate((await send_once(*given)).values())}

    patch.put(batch, "_send_once", by_position)


@READING_BUGS.bug(test_limits_and_resets.test_a_run_that_runs_out_of_time_continues_where_it_stopped)
def only_the_first_page_of_a_list(patch: Patch) -> None:
    """Pipeliner's word that more follow is not heard."""
    read_page = pipeliner_client.read_page

    async def first(*asked: Any, **more: Any) -> Any:
        return replace(await read_page(*asked, **more), after=None)

    patch.everywhere(read_page, first)


@READING_BUGS.bug(test_scope_and_feed.test_the_visible_scope_takes_the_users_units_and_leaves_private_contacts_out)
def listing_shows_colleagues(patch: Patch) -> None:
    """Whatever a list shows counts as in scope."""
    patch.put(contact_lists, "in_scope", lambda *_asked: True)


@READING_BUGS.bug(test_disconnect.test_a_contact_that_a_person_moved_elsewhere_stays_there)
def folder_not_compared_on_first_sight(patch: Patch) -> None:
    """A contact that was moved away before its first look is still created in Pipeliner."""
    read = OutlookFolder.read

    async def here(self: OutlookFolder, ids: Any) -> Mapping[OutlookId, OutlookContact]:
        found = await read(self, ids)
        return {key: replace(item, folder_id=self._folder_id) for key, item in found.items()}

    patch.put(OutlookFolder, "read", here)
