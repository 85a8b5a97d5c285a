"""Design bugs in the truth table and in matching."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sync_core.domain import lifecycle, link, matching, planning
from sync_core.domain.lifecycle import RULES, Fate
from sync_core.domain.matching import Twin, Unclear
from sync_core.engine import births, newcomers, observing
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import (
    test_lifecycle,
    test_matching,
    test_meddling,
    test_merging,
    test_two_way,
)

DECIDING_BUGS = Bed()


@DECIDING_BUGS.bug(test_two_way.test_delete_protection_keeps_the_contact_in_pipeliner)
def protection_ignored(patch: Patch) -> None:
    """A delete in Outlook travels although the connection protects Pipeliner."""
    decide = lifecycle.decide

    def unprotected(*seen: Any, delete_protection: bool) -> Any:
        return decide(*seen, delete_protection=delete_protection and False)

    patch.everywhere(decide, unprotected)


def _with_fates(patch: Patch, fates: dict[Fate, Fate]) -> None:
    changed = tuple(replace(rule, fate=fates.get(rule.fate, rule.fate)) for rule in RULES)
    patch.put(lifecycle, "RULES", changed)


@DECIDING_BUGS.bug(
    test_lifecycle.test_an_edit_in_pipeliner_wins_over_a_delete_in_outlook,
    test_lifecycle.test_an_edit_in_outlook_wins_over_a_delete_in_pipeliner,
)
def delete_beats_edit(patch: Patch) -> None:
    """A contact that was edited on one side and deleted on the other is deleted."""
    gone = {Fate.RECREATE_IN_OUTLOOK: Fate.DELETE_IN_PIPELINER, Fate.RECREATE_IN_PIPELINER: Fate.DELETE_IN_OUTLOOK}
    _with_fates(patch, gone)


@DECIDING_BUGS.bug(test_two_way.test_delete_protection_keeps_the_contact_in_pipeliner)
def rest_is_not_kept(patch: Patch) -> None:
    """A contact that rests comes back with the next edit in Pipeliner."""
    plan_link = planning.plan_link

    def woken(connection: Any, folder_id: str, found: Any, *seen: Any) -> Any:
        return plan_link(connection, folder_id, replace(found, state=link.LinkState.LINKED), *seen)

    patch.everywhere(plan_link, woken)


@DECIDING_BUGS.bug(test_lifecycle.test_a_contact_moved_to_another_folder_is_not_deleted_and_resumes_when_it_returns)
def rest_never_ends(patch: Patch) -> None:
    """A contact that has rested once is not synced any more."""
    plan_link = planning.plan_link

    def asleep(connection: Any, folder_id: str, found: Any, outlook: Any, pipeliner: Any) -> Any:
        if found.state is link.LinkState.RESTING:
            return planning.LinkPlan(found, outlook, pipeliner, Fate.REST, found.why_resting)
        return plan_link(connection, folder_id, found, outlook, pipeliner)

    patch.everywhere(plan_link, asleep)


@DECIDING_BUGS.bug(test_merging.test_namesakes_of_different_companies_stay_two_people)
def matching_by_name_alone(patch: Patch) -> None:
    """Namesakes of different companies become one."""
    patch.put(
        matching, "_same_name_and_company", lambda one, two: bool(one.full_name) and one.full_name == two.full_name
    )


@DECIDING_BUGS.bug(test_matching.test_an_address_that_two_outlook_contacts_share_is_left_to_a_person)
def matching_takes_the_first(patch: Patch) -> None:
    """Of several candidates the first one is the twin."""
    find_twin = matching.find_twin

    def guessed(*given: Any) -> Any:
        verdict = find_twin(*given)
        return Twin(verdict.ids[0]) if isinstance(verdict, Unclear) else verdict

    patch.everywhere(find_twin, guessed)


@DECIDING_BUGS.bug(test_merging.test_a_shared_address_alone_makes_nobody_the_same_person)
def shared_address_makes_twins(patch: Patch) -> None:
    """People with nothing in common but an address become one."""
    patch.put(matching, "_names_agree", lambda _one, _other: True)


@DECIDING_BUGS.bug(test_matching.test_the_same_address_makes_twins_and_each_side_gets_what_it_lacks)
def not_matched_at_all(patch: Patch) -> None:
    """Every contact without a link is created on the other side."""
    patch.everywhere(matching.find_twin, lambda _own, _candidates: matching.NoTwin())


@DECIDING_BUGS.bug(test_merging.test_a_double_of_a_linked_contact_gets_a_twin_of_its_own)
def linked_contact_matched_again(patch: Patch) -> None:
    """A contact that has a link here counts as a candidate too."""
    candidates = births._candidates

    async def all_of_them(context: Any, search: Any, contact: Any, _taken: Any) -> Any:
        async def nothing_linked(_ids: Any) -> Any:
            return {}

        vars(context.state)["pipeliner_index"] = nothing_linked
        try:
            return await candidates(context, search, contact, set())
        finally:
            del vars(context.state)["pipeliner_index"]

    patch.put(births, "_candidates", all_of_them)


@DECIDING_BUGS.bug(test_matching.test_a_colleagues_contact_is_not_doubled)
def twin_out_of_scope_linked(patch: Patch) -> None:
    """A colleague's contact becomes the twin."""
    patch.put(births, "_in_scope_or_notice", lambda _context, _contact, twin: twin)


@DECIDING_BUGS.bug(test_merging.test_two_doubles_in_outlook_wait_for_a_person)
def match_not_looked_at_from_the_other_side(patch: Patch) -> None:
    """That a Pipeliner contact fits several in the folder is not noticed."""

    async def itself(_context: Any, _unlinked: Any, _contact: Any) -> Any:
        return current[0]

    find = births._find
    current: list[Any] = []

    async def noted(context: Any, search: Any, contact: Any, taken: Any) -> Any:
        current[:] = [Twin(contact.id)]
        return await find(context, search, contact, taken)

    patch.put(births, "_find", noted)
    patch.put(births, "match_in_folder", itself)


@DECIDING_BUGS.bug(test_merging.test_two_who_look_the_same_find_one_twin_each_or_wait)
def taken_twin_taken_again(patch: Patch) -> None:
    """One Outlook contact becomes the twin of two in Pipeliner."""
    match = newcomers.match_in_folder

    async def forgetful(context: Any, unlinked: Any, contact: Any) -> Any:
        unlinked.taken.clear()
        return await match(context, unlinked, contact)

    patch.put(newcomers, "match_in_folder", forgetful)


@DECIDING_BUGS.bug(test_meddling.test_an_edit_of_a_contact_between_its_listing_and_its_pairing_is_not_overwritten)
def pair_not_verified(patch: Patch) -> None:
    """A new pair is written with what Pipeliner showed when it was listed."""

    async def trusted(*_given: Any) -> None:
        return

    patch.put(observing, "_verified", trusted)


@DECIDING_BUGS.bug(test_matching.test_a_contact_without_a_name_or_without_anything_waits_for_a_person)
def empty_contact_created(patch: Patch) -> None:
    """A contact without a name is sent to Pipeliner all the same."""
    patch.everywhere(planning.reason_against_create, lambda _connection, _outlook: None)
