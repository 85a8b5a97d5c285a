"""Design bugs in refusals, contacts that are set aside, safety limits and removals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sync_core.domain import RULES, Resolution, SafetyLimits, Side, lifecycle
from sync_core.engine import applying, change_sets, removals, safety_limits, setting_aside
from sync_core.engine.context import RunContext
from sync_core.engine.ports import OutlookLook, PipelinerLook, Refused
from sync_core.operations import connection_status
from sync_core.pipeliner.contact_creates import ContactCreates
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import (
    test_faults,
    test_gentle,
    test_lifecycle,
    test_limits_and_resets,
    test_on_request,
    test_replaced_halves,
    test_safety_limits,
    test_two_way,
)

LIMIT_BUGS = Bed()


@LIMIT_BUGS.bug(test_faults.test_one_refused_contact_stops_nobody)
def values_in_an_attention_item(patch: Patch) -> None:
    """What is told of a refusal quotes the contact."""
    uncreated = change_sets._uncreated

    def quoting(connection: Any, decision: Any, *more: Any) -> Any:
        change_set = uncreated(connection, decision, *more)
        values = decision.source.contact.values
        told = (replace(item, message=f"{item.message} {values}") for item in change_set.attention)
        return replace(change_set, attention=tuple(told))

    patch.put(change_sets, "_uncreated", quoting)


@LIMIT_BUGS.bug(test_gentle.test_a_contact_that_is_refused_is_not_asked_for_again_until_it_changes)
def refusal_retried_for_ever(patch: Patch) -> None:
    """A contact that a service will not take is sent again with every run."""
    uncreated = change_sets._uncreated

    def again(connection: Any, decision: Any, *more: Any) -> Any:
        change_set = uncreated(connection, decision, *more)
        look = OutlookLook if decision.side is Side.PIPELINER else PipelinerLook
        return replace(change_set, put_work=(look(decision.source.id),), done_work=())

    patch.put(change_sets, "_uncreated", again)


@LIMIT_BUGS.bug(test_faults.test_one_refused_contact_stops_nobody)
def refusal_not_told(patch: Patch) -> None:
    """A contact that a service will not take is passed over in silence."""
    uncreated = change_sets._uncreated

    def silent(*given: Any) -> Any:
        return replace(uncreated(*given), attention=())

    patch.put(change_sets, "_uncreated", silent)


@LIMIT_BUGS.bug(test_gentle.test_a_contact_that_was_set_aside_is_tried_again_by_itself)
def failing_contact_never_set_aside(patch: Patch) -> None:
    """A contact that keeps failing is tried with every run."""
    patch.put(applying, "set_aside", lambda change_set, _now, _why="": change_set)


@LIMIT_BUGS.bug(test_gentle.test_a_contact_that_was_set_aside_is_tried_again_by_itself)
def failing_contact_never_tried_again(patch: Patch) -> None:
    """A contact that was set aside waits for a person's edit, however long."""
    patch.put(setting_aside, "FIRST_WAIT", setting_aside.LAST_WAIT * 1000)
    patch.put(setting_aside, "LAST_WAIT", setting_aside.LAST_WAIT * 1000)


@LIMIT_BUGS.bug(test_safety_limits.test_a_circle_closed_by_a_third_tool_is_broken)
def circle_not_broken(patch: Patch) -> None:
    """A third tool and the sync go on undoing each other's work."""
    patch.everywhere(safety_limits.is_circling, lambda _link, _now: False)


@LIMIT_BUGS.bug(test_limits_and_resets.test_a_mass_delete_is_held_while_everything_else_goes_on)
def limits_count_each_removal_alone(patch: Patch) -> None:
    """A mass delete passes the safety limits one by one."""
    patch.put(SafetyLimits, "allows", lambda _self, _removals, _links: True)


@LIMIT_BUGS.bug(test_safety_limits.test_a_bad_import_is_held_while_other_changes_go_on)
def mass_change_not_held(patch: Patch) -> None:
    """A bad import in Pipeliner reaches every phone."""

    async def hold(_context: RunContext) -> None:
        return

    patch.everywhere(safety_limits.hold_mass_changes, hold)


@LIMIT_BUGS.bug(test_lifecycle.test_an_unsent_edit_is_sent_before_the_contact_leaves_the_folder)
def removed_before_the_edit_is_sent(patch: Patch) -> None:
    """A contact leaves the folder with an edit that Pipeliner does not have."""
    rules = (
        replace(rule, resolution=Resolution.REMOVE_FROM_OUTLOOK)
        if rule.resolution is Resolution.SEND_THEN_REMOVE
        else rule
        for rule in RULES
    )
    patch.put(lifecycle, "RULES", tuple(rules))


@LIMIT_BUGS.bug(test_lifecycle.test_an_unsent_edit_is_sent_before_the_contact_leaves_the_folder)
def sent_but_not_removed(patch: Patch) -> None:
    """A contact whose edit was sent stays in the folder of the user who lost it."""
    rules = (
        replace(rule, resolution=Resolution.MERGE) if rule.resolution is Resolution.SEND_THEN_REMOVE else rule
        for rule in RULES
    )
    patch.put(lifecycle, "RULES", tuple(rules))


@LIMIT_BUGS.bug(test_replaced_halves.test_a_card_that_is_created_again_has_the_link_at_once)
def created_again_under_the_old_id(patch: Patch) -> None:
    """A contact that is created again in Outlook keeps the id of the deleted one."""
    new_link = change_sets._new_link

    def old(connection: Any, decision: Any, *more: Any) -> Any:
        link, before = new_link(connection, decision, *more), decision.link
        return replace(link, outlook_id=before.outlook_id) if before is not None else link

    patch.put(change_sets, "_new_link", old)


@LIMIT_BUGS.bug(test_two_way.test_without_protection_a_delete_in_outlook_reaches_pipeliner)
def history_of_a_delete_without_values(patch: Patch) -> None:
    """What a deleted contact held is written down nowhere."""
    remove = removals._remove

    async def bare(*given: Any) -> Any:
        told = [(one, tuple(replace(entry, changes=()) for entry in one.history)) for one in await remove(*given)]
        return [replace(change_set, history=history) for change_set, history in told]

    patch.put(removals, "_remove", bare)


@LIMIT_BUGS.bug(test_on_request.test_resuming_takes_the_notice_of_the_pause_down)
def broken_connection_not_paused(patch: Patch) -> None:
    """A connection whose mailbox is out of reach goes on failing in silence."""

    async def nothing(*_given: Any) -> None:
        return

    patch.everywhere(connection_status.pause, nothing)


@LIMIT_BUGS.bug(test_faults.test_one_refused_contact_stops_nobody)
def one_refusal_stops_all(patch: Patch) -> None:
    """A contact that Pipeliner will not take ends the run for all others."""
    create = ContactCreates.create

    async def strict(self: ContactCreates, drafts: Any) -> Any:
        found = await create(self, drafts)
        stops = any(isinstance(item, Refused) for item in found)
        return [Refused("stopped", "stopped")] * len(found) if stops else found

    patch.put(ContactCreates, "create", strict)
