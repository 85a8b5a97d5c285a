"""Design bugs in what is stored before a write goes out, and in what is believed of it afterwards."""

from __future__ import annotations

from typing import Any

from sync_core.domain import pending
from sync_core.engine import announcing, observing, removals
from sync_core.engine.state_port import Unit
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import test_found_by_battery

ANNOUNCING_BUGS = Bed()


@ANNOUNCING_BUGS.bug(test_found_by_battery.test_an_edit_after_a_crash_is_the_last_word_wherever_the_process_died)
def updates_not_announced(patch: Patch) -> None:
    """A write to an existing contact goes out before anything tells of it."""
    build = announcing.announce

    def conflicts_only(connection: Any, plan: Any, link_id: Any) -> Unit | None:
        unit = build(connection, plan, link_id)
        return Unit(history=unit.history) if unit is not None and unit.history else None

    patch.everywhere(build, conflicts_only)


@ANNOUNCING_BUGS.bug(test_found_by_battery.test_an_edit_after_a_crash_is_the_last_word_wherever_the_process_died)
def announced_write_forgotten(patch: Patch) -> None:
    """What was announced is not looked at when the next pass reads both sides."""
    patch.everywhere(pending.believed, lambda _rows, link, *_shown: link)


@ANNOUNCING_BUGS.bug(
    test_found_by_battery.test_a_contact_that_a_dying_pass_removed_and_that_comes_back_is_not_deleted,
    test_found_by_battery.test_a_contact_that_a_dying_pass_deleted_in_pipeliner_and_somebody_restores_stays,
)
def removals_not_announced(patch: Patch) -> None:
    """A contact is deleted before the link says that the sync does it."""

    async def silent(_context: Any, jobs: Any, _side: Any) -> Any:
        return list(jobs)

    patch.put(removals, "_leaving", silent)


@ANNOUNCING_BUGS.bug(test_found_by_battery.test_a_contact_whose_second_create_got_no_answer_is_not_created_a_third_time)
def link_with_an_open_create_planned_again(patch: Patch) -> None:
    """A link whose new contact may exist already is planned as if it did not."""
    plan = observing.plan_touches

    async def forgetful(context: Any, touches: Any) -> Any:
        unresolved, context.unresolved = context.unresolved, ()
        jobs = await plan(context, touches)
        context.unresolved = unresolved
        return jobs

    patch.everywhere(plan, forgetful)
