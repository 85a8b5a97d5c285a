"""Design bugs in who is who: evidence, candidates, answers and the index."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from sync_core.domain import Side
from sync_core.domain.identity import choosing, folding, mail
from sync_core.domain.identity.choosing import Chosen, Unsure
from sync_core.domain.identity.holding import held_of
from sync_core.domain.identity.mail import Address
from sync_core.domain.identity.table import TABLE, row_for
from sync_core.engine import deciding, indexing, matching, pairing, reading
from sync_core.engine.known import Match, Newcomer, Question, Successor
from sync_core.operations import answering, feeding
from sync_core.state import StoredRulings, rulings
from sync_core.state.index import StoredSideIndex
from sync_core.state.index_lookup import StoredIdentityIndex
from sync_core.state.index_rows import state_of
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import (
    test_found_by_battery,
    test_index,
    test_marks,
    test_matching,
    test_merging,
    test_replaced_halves,
    test_who_is_who,
)

IDENTITY_BUGS = Bed()
_SAME = next(row for row in TABLE if row.id == "11")


def _with_row(patch: Patch, is_same: Any) -> None:
    """Have the table say *same* wherever something holds."""
    patch.everywhere(row_for, lambda facts: _SAME if is_same(facts) else row_for(facts))


def _with_held(patch: Patch, **unknown: Any) -> None:
    """Have nothing known of some of what else is held."""
    patch.everywhere(held_of, lambda *given: replace(held_of(*given), **unknown))


# Evidence


@IDENTITY_BUGS.bug(test_who_is_who.test_another_first_name_at_a_familys_address_overwrites_nobody)
def evidence_against_ignored(patch: Patch) -> None:
    """Whoever has one personal address is one person, whatever they are called."""
    _with_row(patch, lambda facts: facts.strong)


@IDENTITY_BUGS.bug(test_who_is_who.test_a_card_that_another_person_was_typed_into_is_not_its_stored_id)
def stored_id_believed_without_a_look(patch: Patch) -> None:
    """A stored id is the counterpart, whatever the card shows."""
    _with_row(patch, lambda facts: facts.has_stored_id)


@IDENTITY_BUGS.bug(test_who_is_who.test_the_address_of_an_office_is_not_enough_for_an_initial)
def role_address_taken_for_personal(patch: Patch) -> None:
    """The address of an office identifies a person."""
    patch.put(Address, "is_role", property(lambda _address: False))


@IDENTITY_BUGS.bug(test_who_is_who.test_a_namesake_makes_it_unclear_who_is_meant)
def namesakes_not_counted(patch: Patch) -> None:
    """That others have the name is not looked at."""
    _with_held(patch, namesakes=0)


@IDENTITY_BUGS.bug(test_who_is_who.test_an_address_that_others_use_fills_no_blank_name)
def shared_identifier_not_seen(patch: Patch) -> None:
    """An address that people of several names have identifies each of them."""
    _with_held(patch, shared=frozenset(), void=frozenset())


@IDENTITY_BUGS.bug(test_merging.test_namesakes_of_different_companies_stay_two_people)
def matching_by_name_alone(patch: Patch) -> None:
    """Namesakes of different companies become one."""
    _with_row(patch, lambda facts: facts.is_equal)


@IDENTITY_BUGS.bug(test_who_is_who.test_signs_that_nobody_sees_make_nobody_another)
def invisible_signs_compared(patch: Patch) -> None:
    """A mark of no width makes another address and another name."""
    for module in (folding, mail):
        patch.put(module, "visible", lambda text: text)


# Candidates


@IDENTITY_BUGS.bug(test_matching.test_the_same_address_makes_counterparts_and_each_side_gets_what_it_lacks)
def not_matched_at_all(patch: Patch) -> None:
    """Every contact without a link is created on the other side."""
    patch.put(matching._Book, "judge", lambda _book, _key: Newcomer())


@IDENTITY_BUGS.bug(test_merging.test_two_doubles_in_outlook_wait_for_a_person)
def matching_takes_the_first(patch: Patch) -> None:
    """Of several candidates the first one is the counterpart."""
    counterpart_of = choosing.counterpart_of

    def guessed(*given: Any) -> Any:
        choice = counterpart_of(*given)
        return Chosen(choice.ids[0], choice.findings[choice.ids[0]]) if isinstance(choice, Unsure) else choice

    patch.everywhere(counterpart_of, guessed)


@IDENTITY_BUGS.bug(test_merging.test_two_doubles_in_outlook_wait_for_a_person)
def match_not_looked_at_from_the_other_side(patch: Patch) -> None:
    """That a Pipeliner contact fits several in the folder is not noticed."""
    counterpart_of = choosing.counterpart_of

    def alone(own: str, mine: Any, theirs: Any, *more: Any) -> Any:
        return counterpart_of(own, {own: mine[own]}, theirs, *more)

    patch.everywhere(counterpart_of, alone)


@IDENTITY_BUGS.bug(
    test_merging.test_a_double_of_a_linked_contact_is_told_and_not_created_again,
    test_matching.test_a_copy_made_in_outlook_is_told_and_not_created,
)
def double_of_a_linked_contact_created(patch: Patch) -> None:
    """Whoever has a counterpart already is no candidate."""
    match = matching._Book._match

    def free_ones(book: Any, key: str, found: str) -> Any:
        known = match(book, key, found)
        return Newcomer() if isinstance(known, Question | Successor) else known

    patch.put(matching._Book, "_match", free_ones)


@IDENTITY_BUGS.bug(test_who_is_who.test_a_namesake_who_is_linked_counts_as_well)
def linked_contacts_not_counted(patch: Patch) -> None:
    """Who is linked is nobody's namesake."""
    hold = matching._Book._hold

    async def unlinked(book: Any, shown: Any) -> None:
        await hold(book, shown)
        ids = {side: {one.id for held in book.holders.values() for one in held if one.side is side} for side in Side}
        linked = {*await book.context.state.outlook_index(list(ids[Side.OUTLOOK]))}
        linked |= {*await book.context.state.pipeliner_index(list(ids[Side.PIPELINER]))}
        book.holders = {key: tuple(one for one in held if one.id not in linked) for key, held in book.holders.items()}

    patch.put(matching._Book, "_hold", unlinked)


@IDENTITY_BUGS.bug(test_matching.test_a_copy_made_in_outlook_is_told_and_not_created)
def stored_id_of_a_copy_followed(patch: Patch) -> None:
    """A copy that a person made in Outlook takes the original's counterpart."""
    patch.put(matching._Book, "_match", lambda _book, _key, found: Match(found))


@IDENTITY_BUGS.bug(test_marks.test_a_contact_deleted_in_pipeliner_while_nobody_watched_does_not_come_back)
def deleted_counterpart_created_again(patch: Patch) -> None:
    """A contact whose counterpart was deleted in Pipeliner while nobody watched comes back there."""
    patch.put(matching._Book, "_deleted", lambda _book, _key: None)


@IDENTITY_BUGS.bug(test_matching.test_a_colleagues_contact_is_not_doubled)
def counterpart_out_of_scope_linked(patch: Patch) -> None:
    """A colleague's contact becomes the counterpart."""
    patch.put(pairing, "in_scope", lambda *_given: True)


# Answers


async def _nothing(*_given: Any) -> Any:
    return {}


async def _nobody(*_given: Any) -> Any:
    return frozenset()


@IDENTITY_BUGS.bug(test_who_is_who.test_people_who_were_said_to_be_two_are_created_and_stay_two)
def answer_forgotten(patch: Patch) -> None:
    """What a person said about two contacts is not asked for."""
    patch.put(StoredRulings, "on_pairs", _nothing)


@IDENTITY_BUGS.bug(
    test_who_is_who.test_a_pair_that_is_said_to_be_wrong_is_paired_no_more,
    test_replaced_halves.test_two_people_on_one_card_become_two_once_somebody_says_so,
)
def apart_ignored_for_a_linked_pair(patch: Patch) -> None:
    """A link goes on although a person said that its halves are two people."""
    patch.put(deciding, "_ruled_apart", _nobody)


@IDENTITY_BUGS.bug(test_found_by_battery.test_same_said_of_one_of_two_who_look_alike_is_said_of_that_one)
def same_said_of_all_who_look_alike(patch: Patch) -> None:
    """What was said of one of two cards with one name is said of the other as well."""
    patch.put(rulings, "_is_surest", lambda *_given: True)


@IDENTITY_BUGS.bug(test_who_is_who.test_same_is_said_of_one_candidate_only)
def same_not_one_to_one(patch: Patch) -> None:
    """*Same*, said of several candidates, is said of each."""
    patch.put(answering, "_with_candidate", lambda item, _choice, _typed: item)


@IDENTITY_BUGS.bug(test_who_is_who.test_an_identifier_that_is_said_to_be_shared_asks_nobody_any_more)
def shared_identifier_ruling_ignored(patch: Patch) -> None:
    """An identifier that a person said to be shared goes on to identify."""
    patch.put(StoredRulings, "shared", _nobody)


@IDENTITY_BUGS.bug(test_who_is_who.test_a_copy_that_is_left_out_is_neither_created_nor_told_again)
def left_out_asked_about_again(patch: Patch) -> None:
    """Who was left out is looked at like anybody else."""
    patch.put(StoredRulings, "left_out", _nobody)


@IDENTITY_BUGS.bug(test_who_is_who.test_a_question_is_asked_anew_when_its_candidate_goes)
def newcomer_not_asked_anew(patch: Patch) -> None:
    """A question stands although its candidate is gone."""

    async def nobody_asks(*_given: Any) -> Any:
        return []

    patch.everywhere(reading.ask_anew, nobody_asks)


@IDENTITY_BUGS.bug(test_replaced_halves.test_a_renamed_person_travels_once_somebody_says_so)
def renaming_forgotten(patch: Patch) -> None:
    """That a card with another name is still the same person is asked again."""

    async def never(*_given: Any) -> bool:
        return False

    patch.put(StoredRulings, "renamed", never)


# The index


@IDENTITY_BUGS.bug(test_who_is_who.test_nobody_is_created_while_it_is_not_known_who_is_there)
def incomplete_index_taken_for_empty(patch: Patch) -> None:
    """Of a space that was not read everybody is a newcomer."""

    async def always(_context: Any) -> bool:
        return True

    async def knows(_deployment: Any) -> bool:
        return True

    async def no_holders(_index: Any, _handles: Any) -> Any:
        return {}

    patch.everywhere(matching.knows_everybody, always)
    patch.everywhere(feeding.knows_space, knows)
    patch.put(StoredIdentityIndex, "holders", no_holders)


@IDENTITY_BUGS.bug(test_index.test_edits_and_deletes_reach_the_index)
def index_not_updated_by_a_delta_page(patch: Patch) -> None:
    """What the folder shows after its first reading is not noted."""
    note_page = indexing.note_page

    async def first_reading(context: Any, page: Any, known: Any) -> None:
        if context.folder_index.is_being_read:
            await note_page(context, page, known)

    patch.everywhere(note_page, first_reading)


@IDENTITY_BUGS.bug(
    test_index.test_edits_and_deletes_reach_the_index,
    test_who_is_who.test_a_card_that_is_gone_is_nobodys_namesake,
)
def removed_card_stays_in_the_index(patch: Patch) -> None:
    """Who is gone is still a holder."""
    note = StoredSideIndex.note

    async def kept(index: Any, cards: Any, _removed: Any) -> None:
        await note(index, cards, ())

    patch.put(StoredSideIndex, "note", kept)


@IDENTITY_BUGS.bug(test_who_is_who.test_the_feed_is_read_up_to_now_before_anybody_is_created)
def feed_not_read_before_a_create(patch: Patch) -> None:
    """What the last tick knew is good enough to create."""

    async def knows(_deployment: Any) -> bool:
        return True

    patch.everywhere(feeding.knows_space, knows)


@IDENTITY_BUGS.bug(test_index.test_another_key_is_read_anew_by_itself)
def key_change_unnoticed(patch: Patch) -> None:
    """What another key has hashed still counts as known."""
    read: Any = state_of

    def by_any(row: Any, _keyed: Any) -> Any:
        return read(row, SimpleNamespace(id=json.loads(row.body)["key"] if row is not None else ""))

    patch.everywhere(state_of, by_any)
