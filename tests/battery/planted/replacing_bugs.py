"""Design bugs in what becomes of a pair whose half is missing, replaced or typed over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sync_core.domain import Reason, Side, first_sight, link
from sync_core.engine import deciding, looks, matching, removals, removed, safety_limits
from sync_core.engine.known import Match, Question
from sync_core.state import rows
from sync_core.storage import Remove
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import test_deletion_delay, test_replaced_halves

REPLACING_BUGS = Bed()
_INDEXES = tuple(rows.INDEX.values())


@REPLACING_BUGS.bug(
    test_replaced_halves.test_a_card_that_is_deleted_and_typed_again_takes_the_link,
    test_replaced_halves.test_a_whole_folder_of_copies_takes_all_links,
)
def delete_before_replacements_are_matched(patch: Patch) -> None:
    """What follows from a missing half is done before anybody could take its place."""
    work = looks.do_pipeliner_work

    async def removals_first(context: Any) -> None:
        await removals.apply_removals(context)
        await work(context)

    patch.everywhere(work, removals_first)


@REPLACING_BUGS.bug(
    test_deletion_delay.test_a_contact_deleted_in_outlook_is_deleted_in_pipeliner_only_after_the_delay,
    test_deletion_delay.test_a_contact_deleted_in_pipeliner_is_deleted_in_outlook_only_after_the_delay,
    test_deletion_delay.test_a_contact_that_left_the_users_scope_leaves_the_folder_only_after_the_delay,
)
def delay_ignored(patch: Patch) -> None:
    """A delete travels at once."""
    patch.put(removals, "_is_due", lambda *_given: True)


@REPLACING_BUGS.bug(test_replaced_halves.test_the_delay_counts_from_when_the_half_was_first_seen_missing)
def delay_counted_from_the_last_look(patch: Patch) -> None:
    """Each look at a link with a missing half begins the delay anew."""
    await_half = removed.await_half

    def renewed(link: Any, *given: Any) -> Any:
        return await_half(replace(link, absent=None), *given)

    patch.everywhere(await_half, renewed)


@REPLACING_BUGS.bug(test_replaced_halves.test_no_delete_without_a_look_at_both_sides_after_the_delay)
def no_last_look_at_both_sides(patch: Patch) -> None:
    """A delete is due by the clock, whenever the feed was read."""
    is_due = removals._is_due
    patch.put(removals, "_is_due", lambda context, item, _read_at: is_due(context, item, context.started))


@REPLACING_BUGS.bug(test_replaced_halves.test_what_is_not_due_yet_counts_for_the_limits_as_well)
def limits_count_only_due_ones(patch: Patch) -> None:
    """Deletes in slices pass below the limits."""
    holds = safety_limits.holds_removals

    async def some(context: Any, waiting: Any) -> bool:
        return await holds(context, [item for item in waiting if removals._is_due(context, item, context.started)])

    patch.put(removals, "holds_removals", some)


@REPLACING_BUGS.bug(test_replaced_halves.test_an_edit_goes_to_the_survivor_of_a_merge)
def recreated_without_looking_for_the_survivor(patch: Patch) -> None:
    """An edited card whose contact is gone is created again, whoever lives on."""

    async def as_they_are(_context: Any, jobs: Any) -> Any:
        return list(jobs)

    patch.put(removals, "replace_missing", as_they_are)


@REPLACING_BUGS.bug(
    test_replaced_halves.test_another_person_typed_over_a_card_is_not_sent,
    test_replaced_halves.test_two_people_on_one_card_become_two_once_somebody_says_so,
)
def typed_over_edit_sent(patch: Patch) -> None:
    """Whoever is typed over a card becomes the contact in Pipeliner."""
    patch.everywhere(first_sight.typed_over, lambda *_given: None)


def _with_asked(patch: Patch, is_kept: Any) -> None:
    asked_about = removals._asked_about

    async def some(context: Any, links: Any) -> Any:
        return {key: reason for key, reason in (await asked_about(context, links)).items() if is_kept(reason)}

    patch.put(removals, "_asked_about", some)


@REPLACING_BUGS.bug(test_replaced_halves.test_a_card_that_was_typed_over_and_deleted_deletes_nobody)
def typed_over_delete_sent(patch: Patch) -> None:
    """The contact of a card that another person was typed over is deleted with it."""
    _with_asked(patch, lambda reason: reason is not Reason.TYPED_OVER)


@REPLACING_BUGS.bug(test_replaced_halves.test_an_open_question_holds_the_delete_of_its_candidate)
def open_question_does_not_hold_the_delete(patch: Patch) -> None:
    """Whoever a question is about is deleted meanwhile."""
    _with_asked(patch, lambda reason: reason is Reason.TYPED_OVER)


@REPLACING_BUGS.bug(test_replaced_halves.test_a_half_that_is_back_unseen_keeps_its_link)
def relinked_without_a_look_at_the_missing_half(patch: Patch) -> None:
    """A newcomer takes the place of a half that is back."""

    async def nobody(*_given: Any) -> Any:
        return frozenset()

    patch.put(deciding, "_returned", nobody)


@REPLACING_BUGS.bug(test_replaced_halves.test_a_card_that_is_deleted_and_typed_again_takes_the_link)
def relink_clears_what_the_newcomer_lacks(patch: Patch) -> None:
    """What a card that was typed anew does not have counts as cleared."""

    def as_before(_field_map: Any, moved: Any, _newcomer: Any) -> Any:
        return moved.baselines

    patch.everywhere(link.baselines_with_newcomer, as_before)


@REPLACING_BUGS.bug(test_replaced_halves.test_the_index_of_links_forgets_the_card_that_was_replaced)
def relink_keeps_the_old_index_row(patch: Patch) -> None:
    """The card that was replaced still leads to the link."""
    operations_of = rows.link_operations

    def kept(before: Any, after: Any) -> Iterator[Any]:
        every = operations_of(before, after)
        return (
            one for one in every if after is None or not isinstance(one, Remove) or not one.key.startswith(_INDEXES)
        )

    patch.everywhere(operations_of, kept)


@REPLACING_BUGS.bug(test_replaced_halves.test_a_contact_that_is_imported_anew_into_pipeliner_takes_the_link)
def replaced_in_outlook_only(patch: Patch) -> None:
    """A contact that was imported anew into Pipeliner is a newcomer beside the old card."""
    match = matching._Book._match

    def one_sided(book: Any, key: str, found: str) -> Any:
        known = match(book, key, found)
        is_ours = isinstance(known, Match) and known.link is not None and book.side is Side.PIPELINER
        return Question(Reason.DOUBLE, (found,)) if is_ours else known

    patch.put(matching._Book, "_match", one_sided)
