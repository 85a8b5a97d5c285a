"""Design bugs in refusals, contacts that are set aside, guards and removals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sync_core.domain import lifecycle
from sync_core.domain.connection import Guard
from sync_core.domain.lifecycle import RULES, Fate
from sync_core.engine import brake, carrying, quarantine, removals, settling
from sync_core.engine.context import PassContext
from sync_core.engine.ports import Refused
from sync_core.operations import standing
from sync_core.pipeliner.contact_creates import ContactCreates
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import (
    test_brakes,
    test_faults,
    test_gentle,
    test_guard_and_resets,
    test_lifecycle,
    test_on_request,
    test_two_way,
)

BRAKE_BUGS = Bed()


@BRAKE_BUGS.bug(test_faults.test_one_refused_contact_stops_nobody)
def values_in_an_attention_item(patch: Patch) -> None:
    """What is told of a refusal quotes the contact."""
    uncreated = settling._settle_uncreated

    def quoting(connection: Any, plan: Any, *more: Any) -> Any:
        unit = uncreated(connection, plan, *more)
        told = (replace(item, message=f"{item.message} {plan.outlook.contact.values}") for item in unit.attention)
        return replace(unit, attention=tuple(told))

    patch.put(settling, "_settle_uncreated", quoting)


@BRAKE_BUGS.bug(test_gentle.test_a_contact_that_is_refused_is_not_asked_for_again_until_it_changes)
def refusal_retried_for_ever(patch: Patch) -> None:
    """A contact that a service will not take is sent again with every pass."""
    uncreated = settling._settle_uncreated

    def again(connection: Any, plan: Any, told: Any, done: Any) -> Any:
        unit = uncreated(connection, plan, told, done)
        return replace(unit, put_work=settling._work_of(plan, 0), done_work=())

    patch.put(settling, "_settle_uncreated", again)


@BRAKE_BUGS.bug(test_faults.test_one_refused_contact_stops_nobody)
def refusal_not_told(patch: Patch) -> None:
    """A contact that a service will not take is passed over in silence."""
    uncreated = settling._settle_uncreated

    def silent(*given: Any) -> Any:
        return replace(uncreated(*given), attention=())

    patch.put(settling, "_settle_uncreated", silent)


@BRAKE_BUGS.bug(test_gentle.test_a_contact_that_was_set_aside_is_tried_again_by_itself)
def failing_contact_never_set_aside(patch: Patch) -> None:
    """A contact that keeps failing is tried with every pass."""
    patch.put(carrying, "set_aside", lambda unit, _now: unit)


@BRAKE_BUGS.bug(test_gentle.test_a_contact_that_was_set_aside_is_tried_again_by_itself)
def failing_contact_never_tried_again(patch: Patch) -> None:
    """A contact that was set aside waits for a person's edit, however long."""
    patch.put(quarantine, "FIRST_WAIT", quarantine.LAST_WAIT * 1000)
    patch.put(quarantine, "LAST_WAIT", quarantine.LAST_WAIT * 1000)


@BRAKE_BUGS.bug(test_brakes.test_a_circle_closed_by_a_third_tool_is_broken)
def circle_not_broken(patch: Patch) -> None:
    """A third tool and the sync go on undoing each other's work."""
    patch.everywhere(quarantine.is_circling, lambda _link, _now: False)


@BRAKE_BUGS.bug(test_guard_and_resets.test_a_mass_delete_is_held_while_everything_else_goes_on)
def guard_counts_each_removal_alone(patch: Patch) -> None:
    """A mass delete passes the guard one by one."""
    patch.put(Guard, "allows", lambda _self, _removals, _links: True)


@BRAKE_BUGS.bug(test_brakes.test_a_bad_import_is_held_while_other_changes_go_on)
def mass_change_not_held(patch: Patch) -> None:
    """A bad import in Pipeliner reaches every phone."""

    async def hold(_context: PassContext) -> None:
        return

    patch.everywhere(brake.hold_mass_changes, hold)


@BRAKE_BUGS.bug(test_guard_and_resets.test_held_contacts_that_come_back_are_not_removed)
def held_removal_carried_out_without_a_last_look(patch: Patch) -> None:
    """An approval removes what was held, whatever has become of it."""
    removal = removals._removal

    def standing_order(plan: Any) -> Any:
        return removal(plan) or Fate.REMOVE_FROM_OUTLOOK

    patch.put(removals, "_removal", standing_order)


@BRAKE_BUGS.bug(test_lifecycle.test_an_unsent_edit_is_sent_before_the_contact_leaves_the_folder)
def removed_before_the_edit_is_sent(patch: Patch) -> None:
    """A contact leaves the folder with an edit that Pipeliner does not have."""
    rules = (
        replace(rule, fate=Fate.REMOVE_FROM_OUTLOOK) if rule.fate is Fate.SEND_THEN_REMOVE else rule for rule in RULES
    )
    patch.put(lifecycle, "RULES", tuple(rules))


@BRAKE_BUGS.bug(test_lifecycle.test_an_unsent_edit_is_sent_before_the_contact_leaves_the_folder)
def sent_but_not_removed(patch: Patch) -> None:
    """A contact whose edit was sent stays in the folder of the user who lost it."""
    rules = (replace(rule, fate=Fate.MERGE) if rule.fate is Fate.SEND_THEN_REMOVE else rule for rule in RULES)
    patch.put(lifecycle, "RULES", tuple(rules))


@BRAKE_BUGS.bug(test_lifecycle.test_an_edit_in_pipeliner_wins_over_a_delete_in_outlook)
def created_again_under_the_old_id(patch: Patch) -> None:
    """A contact that is created again in Outlook keeps the id of the deleted one."""
    settled_link = settling._settled_link

    def old(connection: Any, plan: Any, *more: Any) -> Any:
        link = settled_link(connection, plan, *more)
        return replace(link, outlook_id=plan.link.outlook_id) if plan.link else link

    patch.put(settling, "_settled_link", old)


@BRAKE_BUGS.bug(test_two_way.test_without_protection_a_delete_in_outlook_reaches_pipeliner)
def history_of_a_delete_without_values(patch: Patch) -> None:
    """What a deleted contact held is written down nowhere."""
    entry_of = removals._entry

    def bare(*given: Any) -> Any:
        return replace(entry_of(*given), changes=())

    patch.put(removals, "_entry", bare)


@BRAKE_BUGS.bug(test_on_request.test_resuming_takes_the_notice_of_the_pause_down)
def broken_connection_not_paused(patch: Patch) -> None:
    """A connection whose mailbox is out of reach goes on failing in silence."""

    async def nothing(*_given: Any) -> None:
        return

    patch.everywhere(standing.pause, nothing)


@BRAKE_BUGS.bug(test_faults.test_one_refused_contact_stops_nobody)
def one_refusal_stops_all(patch: Patch) -> None:
    """A contact that Pipeliner will not take ends the pass for all others."""
    create = ContactCreates.create

    async def strict(self: ContactCreates, drafts: Any) -> Any:
        found = await create(self, drafts)
        stops = any(isinstance(item, Refused) for item in found)
        return [Refused("stopped", "stopped")] * len(found) if stops else found

    patch.put(ContactCreates, "create", strict)
