"""Design bugs in what a person says by hand or on request: own cards, links, parted pairs, people who were erased."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sync_core.domain import Side, parting
from sync_core.engine import parting as engine_parting
from sync_core.engine import succeeding
from sync_core.state import erased, rulings, trimming
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import test_linking_by_hand, test_parted_values, test_succeeding
from tests.security import test_erased

SUCCEEDING_BUGS = Bed()


@SUCCEEDING_BUGS.bug(test_succeeding.test_a_card_of_ours_that_somebody_touched_stays)
def touched_copies_give_way(patch: Patch) -> None:
    """A copy that a person has edited goes like any other."""
    patch.put(succeeding, "_is_untouched", lambda *_given: True)


@SUCCEEDING_BUGS.bug(test_succeeding.test_until_a_deletes_delay_is_over_it_is_told_as_a_double)
def copies_give_way_at_once(patch: Patch) -> None:
    """Whoever copies a card to make another person of it loses the first one."""
    take_places = succeeding.take_places

    async def at_once(context: Any, here: Mapping[Any, Any], known: Mapping[str, Any]) -> Any:
        return await take_places(context, {key: replace(card, modified=None) for key, card in here.items()}, known)

    patch.everywhere(take_places, at_once)


@SUCCEEDING_BUGS.bug(test_linking_by_hand.test_two_contacts_with_nothing_in_common_are_linked_by_hand)
def only_candidates_are_linked_by_hand(patch: Patch) -> None:
    """A ruling finds nobody who is not found anyway."""

    async def nobody(_self: Any, _ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        return {}

    patch.put(rulings.StoredRulings, "same_as", nobody)


@SUCCEEDING_BUGS.bug(test_parted_values.test_what_was_edited_since_stays)
def later_edits_are_put_back_too(patch: Patch) -> None:
    """Whatever a contact shows now gives way to its value from before."""
    patch.put(engine_parting, "still_shown", lambda _c, _s, changes: {one.field: one.old for one in changes})


@SUCCEEDING_BUGS.bug(
    test_parted_values.test_the_values_from_before_come_back_on_both_sides_and_in_their_new_counterparts
)
def one_side_is_put_back(patch: Patch) -> None:
    """Only the card gets back what it had."""
    crossed = parting.crossed_values
    patch.everywhere(crossed, lambda entries: {**crossed(entries), Side.PIPELINER: ()})


@SUCCEEDING_BUGS.bug(
    test_erased.test_whoever_was_erased_is_not_created_in_pipeliner_again,
    test_erased.test_whoever_was_erased_is_not_created_in_outlook_again,
)
def erased_people_are_created_again(patch: Patch) -> None:
    """A row says that they were erased, and nobody asks it."""

    async def nobody(_self: Any, _contacts: Mapping[str, Collection[str]]) -> frozenset[str]:
        return frozenset()

    patch.put(erased.ErasedPeople, "among", nobody)


@SUCCEEDING_BUGS.bug(test_erased.test_it_outlasts_the_last_connection_of_the_space)
def erased_people_go_with_their_space(patch: Patch) -> None:
    """The purge of the last connection forgets them."""
    patch.put(trimming, "ERASED", "nobody.")
