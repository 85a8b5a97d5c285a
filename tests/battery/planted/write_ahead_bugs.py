"""Design bugs in what is stored before a write goes out, and in what a later run makes of it."""

from __future__ import annotations

from typing import Any

from sync_core.domain import link
from sync_core.engine import applying, deciding, removals
from sync_core.engine.ports import ChangeSet
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import test_found_by_battery

WRITE_AHEAD_BUGS = Bed()


@WRITE_AHEAD_BUGS.bug(test_found_by_battery.test_an_edit_after_a_crash_is_the_last_word_wherever_the_process_died)
def updates_not_announced(patch: Patch) -> None:
    """A write to an existing contact goes out before anything tells of it."""
    announce = applying.announce

    def conflicts_only(connection: Any, decision: Any, link_id: Any) -> ChangeSet | None:
        change_set = announce(connection, decision, link_id)
        return ChangeSet(history=change_set.history) if change_set is not None and change_set.history else None

    patch.everywhere(announce, conflicts_only)


@WRITE_AHEAD_BUGS.bug(test_found_by_battery.test_an_edit_after_a_crash_is_the_last_word_wherever_the_process_died)
def announced_write_forgotten(patch: Patch) -> None:
    """What was announced is not looked at when the next run reads both sides."""
    patch.everywhere(link.with_pending_resolved, lambda _field_map, link, *_shown: link)


@WRITE_AHEAD_BUGS.bug(
    test_found_by_battery.test_a_contact_that_a_dying_run_removed_and_that_comes_back_is_not_deleted,
    test_found_by_battery.test_a_contact_that_a_dying_run_deleted_in_pipeliner_and_somebody_restores_stays,
)
def removals_not_announced(patch: Patch) -> None:
    """A contact is deleted before the link says that the sync does it."""

    async def silent(_context: Any, unmarked: Any) -> Any:
        return list(unmarked)

    patch.put(removals, "_marked", silent)


@WRITE_AHEAD_BUGS.bug(
    test_found_by_battery.test_a_contact_whose_second_create_got_no_answer_is_not_created_a_third_time
)
def link_with_an_open_create_decided_again(patch: Patch) -> None:
    """A link whose new contact may exist already is decided about as if it did not."""
    see = deciding.see

    async def forgetful(context: Any, touches: Any) -> Any:
        open_creates, context.open_creates = context.open_creates, ()
        seen = await see(context, touches)
        context.open_creates = open_creates
        return seen

    patch.everywhere(see, forgetful)
