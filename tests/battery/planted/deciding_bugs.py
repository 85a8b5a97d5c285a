"""Design bugs in the truth table, and in what is done with a pair."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sync_core.domain import (
    RULES,
    AbsentBy,
    KeepDormant,
    Resolution,
    Rule,
    Side,
    Situation,
    first_sight,
    lifecycle,
)
from sync_core.engine import deciding as looking
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import (
    test_lifecycle,
    test_matching,
    test_meddling,
    test_two_way,
)

DECIDING_BUGS = Bed()


@DECIDING_BUGS.bug(test_two_way.test_delete_protection_keeps_the_contact_in_pipeliner)
def protection_ignored(patch: Patch) -> None:
    """A delete in Outlook travels although the connection protects Pipeliner."""
    rule_for = lifecycle.rule_for

    def unprotected(seen: Situation) -> Rule:
        return rule_for(replace(seen, delete_protection=False))

    patch.everywhere(rule_for, unprotected)


def _with_resolutions(patch: Patch, resolutions: dict[Resolution, Resolution]) -> None:
    changed = tuple(replace(rule, resolution=resolutions.get(rule.resolution, rule.resolution)) for rule in RULES)
    patch.put(lifecycle, "RULES", changed)


@DECIDING_BUGS.bug(
    test_lifecycle.test_an_edit_in_pipeliner_wins_over_a_delete_in_outlook,
    test_lifecycle.test_an_edit_in_outlook_wins_over_a_delete_in_pipeliner,
)
def delete_beats_edit(patch: Patch) -> None:
    """A contact that was edited on one side and deleted on the other is deleted."""
    gone = {
        Resolution.RECREATE_IN_OUTLOOK: Resolution.DELETE_IN_PIPELINER,
        Resolution.RECREATE_IN_PIPELINER: Resolution.DELETE_IN_OUTLOOK,
    }
    _with_resolutions(patch, gone)


@DECIDING_BUGS.bug(test_two_way.test_delete_protection_keeps_the_contact_in_pipeliner)
def dormant_link_does_not_stay_so(patch: Patch) -> None:
    """A contact that is kept in Pipeliner only comes back with the next edit there."""
    decide = lifecycle.decide

    def woken(connection: Any, folder_id: str, link: Any, *seen: Any) -> Any:
        return decide(connection, folder_id, replace(link, absent=None) if link.is_dormant else link, *seen)

    patch.everywhere(decide, woken)


@DECIDING_BUGS.bug(test_lifecycle.test_a_contact_moved_to_another_folder_is_not_deleted_and_resumes_when_it_returns)
def dormant_link_never_wakes(patch: Patch) -> None:
    """A contact whose link was dormant once is not synced any more."""
    decide = lifecycle.decide

    def asleep(connection: Any, folder_id: str, link: Any, *seen: Any) -> Any:
        if link.is_dormant:
            return KeepDormant(link, Side.OUTLOOK, AbsentBy.UNKNOWN, link.absent.kept, both_seen=None not in seen)
        return decide(connection, folder_id, link, *seen)

    patch.everywhere(decide, asleep)


@DECIDING_BUGS.bug(test_meddling.test_an_edit_of_a_contact_between_its_listing_and_its_pairing_is_not_overwritten)
def pair_not_verified(patch: Patch) -> None:
    """A new pair is written with what Pipeliner showed when it was listed."""
    decide_pairs = looking.decide_pairs

    class Blind:
        async def read(self, _ids: Any) -> Any:
            return {}

    async def trusted(context: Any, pairings: Any) -> Any:
        contacts, context.contacts = context.contacts, Blind()
        try:
            return await decide_pairs(context, pairings)
        finally:
            context.contacts = contacts

    patch.everywhere(decide_pairs, trusted)


@DECIDING_BUGS.bug(test_matching.test_a_contact_without_a_name_or_without_anything_waits_for_a_person)
def empty_contact_created(patch: Patch) -> None:
    """A contact without a name is sent to Pipeliner all the same."""
    patch.everywhere(first_sight.reason_against_create, lambda _connection, _outlook: None)
