"""Design bugs in how the two services are written."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from sync_core import http
from sync_core.domain import AccountRule
from sync_core.engine import applying
from sync_core.engine.ports import Deleted, Refused, Written
from sync_core.outlook import OutlookFolder, batch, folder, mapping, refusals
from sync_core.outlook.batch import PartAnswer
from sync_core.pipeliner import PipelinerClient, PipelinerContacts, answers
from sync_core.pipeliner import mapping as pipeliner_mapping
from sync_core.pipeliner.companies import Companies
from sync_core.pipeliner.mapping import FreeText
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import (
    test_creates_are_found_again,
    test_faults,
    test_fields_travel,
    test_gentle,
    test_marks,
    test_matching,
    test_meddling,
    test_merging,
)

WRITING_BUGS = Bed()


@WRITING_BUGS.bug(test_creates_are_found_again.test_a_batch_of_creates_in_outlook_without_an_answer_is_not_repeated)
def unanswered_create_in_outlook_repeated(patch: Patch) -> None:
    """A create in Outlook without an answer is sent again."""
    patch.put(batch, "_may_repeat", lambda _part, answer: not answer.is_success)


@WRITING_BUGS.bug(test_creates_are_found_again.test_a_create_in_pipeliner_without_an_answer_is_not_repeated)
def unanswered_create_in_pipeliner_repeated(patch: Patch) -> None:
    """A create in Pipeliner without an answer is sent again."""

    async def post(self: PipelinerClient, target: Any, body: Any, query: Any = ()) -> Any:
        return await self._perform("POST", target, query, http.encoded(body), is_repeatable=True)

    patch.put(PipelinerClient, "post", post)


@WRITING_BUGS.bug(test_creates_are_found_again.test_a_batch_of_creates_in_outlook_without_an_answer_is_not_repeated)
def unanswered_create_counts_as_not_done(patch: Patch) -> None:
    """A create in Outlook without an answer is decided about anew instead of looked for."""
    create = OutlookFolder.create

    async def undone(self: OutlookFolder, drafts: Any) -> Any:
        return [
            item if isinstance(item, Written) else Refused("no_answer", "no answer")
            for item in await create(self, drafts)
        ]

    patch.put(OutlookFolder, "create", undone)


@WRITING_BUGS.bug(
    test_creates_are_found_again.test_a_batch_of_creates_in_outlook_without_an_answer_is_not_repeated,
    test_matching.test_connecting_again_with_all_state_lost_links_by_the_stored_ids_and_writes_nothing,
)
def create_without_the_stored_id(patch: Patch) -> None:
    """A contact created in Outlook does not carry the Pipeliner id."""
    patch.put(folder, "written_id", lambda *_ids: {})


@WRITING_BUGS.bug(test_marks.test_a_contact_born_in_outlook_is_known_again_by_its_mark_alone)
def born_in_outlook_not_stamped(patch: Patch) -> None:
    """A contact born in Outlook never gets the Pipeliner id."""
    edit_of = applying._outlook_edit

    def unstamped(*given: Any) -> Any:
        edit = edit_of(*given)
        return replace(edit, stored_id=None) if edit is not None and edit.changes else None

    patch.put(applying, "_outlook_edit", unstamped)


@WRITING_BUGS.bug(test_marks.test_the_mark_of_another_space_names_nobody)
def stored_id_of_another_space_accepted(patch: Patch) -> None:
    """Whatever space's sync has marked a contact, the id counts."""

    def read_id(item: Any, _space_id: str) -> Any:
        for entry in item.get(mapping.COLLECTION) or ():
            return str(entry.get("value", "")).rpartition("/")[2]
        return None

    patch.everywhere(mapping.read_id, read_id)


@WRITING_BUGS.bug(test_gentle.test_a_delete_that_graph_puts_off_is_done_later)
def throttled_part_counts_as_done(patch: Patch) -> None:
    """A delete that Graph put off (429) is noted as done."""
    judged = batch.deleted

    def deleted(part: Any, answer: PartAnswer, *more: Any) -> Any:
        return Deleted() if answer.status == HTTPStatus.TOO_MANY_REQUESTS else judged(part, answer, *more)

    patch.everywhere(judged, deleted)


@WRITING_BUGS.bug(test_gentle.test_a_service_that_asks_for_ten_minutes_gets_them)
def wait_that_graph_asks_for_ignored(patch: Patch) -> None:
    """Retry-After of Graph is not read."""
    patch.put(batch, "retry_after_s", lambda _headers, _now: 0.0)
    patch.put(refusals, "retry_after_s", lambda _headers, _now: None)


@WRITING_BUGS.bug(test_gentle.test_a_service_that_asks_for_ten_minutes_gets_them)
def wait_that_pipeliner_asks_for_ignored(patch: Patch) -> None:
    """Retry-After of Pipeliner is not read."""
    patch.put(answers, "retry_after_s", lambda _headers, _now: None)


@WRITING_BUGS.bug(test_faults.test_a_throttled_graph_is_given_time)
def throttled_part_not_tried_again(patch: Patch) -> None:
    """An update that Graph put off is given up, and its field counts as agreed."""
    judged = batch.update_failed

    def failed(part: Any, answer: PartAnswer, *more: Any) -> Any:
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            return Refused("throttled", "throttled")
        return judged(part, answer, *more)

    patch.put(folder, "update_failed", failed)


@WRITING_BUGS.bug(test_meddling.test_an_edit_in_outlook_around_our_write_there_reaches_pipeliner)
def update_sends_every_field(patch: Patch) -> None:
    """A changed field takes all others along, as they were when they were read."""
    part_of = OutlookFolder._update_part

    def whole(self: OutlookFolder, edit: Any, current: Any) -> Any:
        values = {row.name: edit.before.contact[row.name] for row in self._map}
        return part_of(self, replace(edit, changes={**values, **edit.changes}), current)

    patch.put(OutlookFolder, "_update_part", whole)


@WRITING_BUGS.bug(test_meddling.test_an_edit_in_pipeliner_around_our_write_there_reaches_outlook)
def update_in_pipeliner_sends_every_field(patch: Patch) -> None:
    """A changed field takes all others along into Pipeliner too."""
    update = PipelinerContacts._update

    def whole(self: PipelinerContacts, edit: Any, place: Any) -> Any:
        values = {row.name: edit.before.contact[row.name] for row in self._view.field_map}
        return update(self, replace(edit, changes={**values, **edit.changes}), place)

    patch.put(PipelinerContacts, "_update", whole)


@WRITING_BUGS.bug(test_merging.test_what_is_cleared_in_pipeliner_is_cleared_in_outlook)
def clearing_sends_nothing_to_outlook(patch: Patch) -> None:
    """A field that was cleared in Pipeliner is left out of the update."""
    body_of = mapping.changed_body

    def kept(changes: Any, *more: Any) -> Any:
        return body_of({name: value for name, value in changes.items() if value}, *more)

    patch.put(folder, "changed_body", kept)


@WRITING_BUGS.bug(test_fields_travel.test_clearing_a_field_travels_and_a_blank_never_beats_a_value)
def clearing_sends_nothing_to_pipeliner(patch: Patch) -> None:
    """A field that was cleared in Outlook is left out of the update."""
    slots = pipeliner_mapping.slots

    def kept(*given: Any) -> Any:
        return {name: value for name, value in slots(*given).items() if value}

    patch.put(pipeliner_mapping, "slots", kept)


@WRITING_BUGS.bug(test_fields_travel.test_every_field_arrives_in_outlook)
def rest_of_an_address_lost(patch: Patch) -> None:
    """A changed city is sent without the street that stands beside it."""
    patch.put(mapping, "ADDRESS_MEMBERS", ())


@WRITING_BUGS.bug(test_fields_travel.test_things_that_the_sync_does_not_map_stay_untouched)
def names_of_addresses_lost(patch: Patch) -> None:
    """E-mail addresses are written without the names that people gave them."""
    patch.put(mapping, "_emails", lambda _row, found, _stored: [{"address": address} for address in found])


@WRITING_BUGS.bug(test_merging.test_a_new_name_is_shown_and_filed_in_outlook)
def display_name_left_behind(patch: Patch) -> None:
    """A new name is written without the name for show."""
    patch.put(mapping, "_shown_names", lambda _body, _current: {})


@WRITING_BUGS.bug(test_fields_travel.TestCompany().test_an_unknown_company_is_kept_as_text_by_default)
def unknown_company_dropped(patch: Patch) -> None:
    """A company that no account is named after is lost."""
    places = Companies.places

    async def none(self: Companies, names: Any) -> Any:
        found = await places(self, names)
        return {name: FreeText("") if isinstance(place, FreeText) else place for name, place in found.items()}

    patch.put(Companies, "places", none)


@WRITING_BUGS.bug(test_fields_travel.TestCompany().test_an_unknown_company_is_kept_as_text_by_default)
def account_made_for_every_company(patch: Patch) -> None:
    """Accounts appear although the rule keeps companies as text."""

    async def made(self: Companies, names: Any) -> Any:
        self.rule = AccountRule.CREATE
        return await places(self, names)

    places = Companies.places
    patch.put(Companies, "places", made)
