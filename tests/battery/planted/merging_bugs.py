"""Design bugs in baselines and merge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sync_core.domain import (
    Baselines,
    Contact,
    Direction,
    Merge,
    MergeRules,
    Side,
    SyncType,
    first_sight,
    link,
    merge,
)
from sync_core.domain.values import addresses, lists, notes
from sync_core.engine import applying, change_sets
from sync_core.engine.ports import Written
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import (
    test_addresses,
    test_fields_travel,
    test_found_by_battery,
    test_lifecycle,
    test_matching,
    test_meddling,
    test_merging,
    test_notes,
    test_safety_limits,
    test_two_way,
)

MERGING_BUGS = Bed()


@MERGING_BUGS.bug(
    test_meddling.test_an_edit_in_outlook_around_our_write_there_reaches_pipeliner,
    test_meddling.test_an_edit_in_pipeliner_around_our_write_there_reaches_outlook,
)
def baseline_from_the_answer(patch: Patch) -> None:
    """After a write every field's baseline comes from the answer, a person's edit in between included."""
    new_baseline = link.new_baseline

    def answered(field_map: Any, old: Any, _read: Any, shown: Any, written: Any, not_agreed: Any) -> Contact:
        return new_baseline(field_map, old, shown, shown, written, not_agreed)

    patch.everywhere(new_baseline, answered)


@MERGING_BUGS.bug(test_fields_travel.TestCompany().test_a_company_named_like_one_account_links_to_it)
def baseline_from_the_other_side(patch: Patch) -> None:
    """Both baselines are what Outlook shows."""
    new_link = change_sets._new_link

    def one_for_both(*given: Any) -> Any:
        found = new_link(*given)
        return replace(found, baselines=Baselines(found.baselines.outlook, found.baselines.outlook))

    patch.put(change_sets, "_new_link", one_for_both)


@MERGING_BUGS.bug(test_safety_limits.test_a_contact_that_keeps_failing_is_set_aside_and_retried_when_it_changes)
def baseline_moved_before_the_write(patch: Patch) -> None:
    """A write that failed counts as agreed."""
    new_link = change_sets._new_link

    def agreed(connection: Any, decision: Any, outcomes: Any, sight: Any, link_id: Any) -> Any:
        found = new_link(connection, decision, outcomes, sight, link_id)
        failed = {
            name for side in Side if not isinstance(outcomes.of(side), Written) for name in decision.merge.to(side)
        }
        read = {side: {name: sight.read[side][name] for name in failed} for side in Side}
        baselines = (found.baselines.of(side).with_values(read[side]) for side in Side)
        return replace(found, baselines=Baselines(*baselines))

    patch.put(change_sets, "_new_link", agreed)


@MERGING_BUGS.bug(test_merging.test_an_edit_that_may_not_travel_does_so_once_it_may)
def baseline_moved_without_agreement(patch: Patch) -> None:
    """A value that could not travel counts as agreed."""
    new_link = change_sets._new_link

    def agreed(connection: Any, decision: Any, *more: Any) -> Any:
        merged = replace(decision.merge, not_agreed=frozenset())
        return new_link(connection, replace(decision, merge=merged), *more)

    patch.put(change_sets, "_new_link", agreed)


@MERGING_BUGS.bug(test_meddling.test_an_edit_in_outlook_around_our_write_there_reaches_pipeliner)
def token_taken_although_another_field_moved(patch: Patch) -> None:
    """The answer's token is stored although it shows an edit that we did not make."""
    patch.put(change_sets, "changed_fields", lambda *_given: frozenset())


@MERGING_BUGS.bug(test_fields_travel.test_clearing_a_field_travels_and_a_blank_never_beats_a_value)
def change_is_difference_to_the_other_side(patch: Patch) -> None:
    """A field counts as changed when both sides differ, so that what a service reformats looks like a person."""
    merge_contacts = merge.merge_contacts

    def compared(rows: Any, outlook: Any, pipeliner: Any, base: Any, rules: Any) -> Merge:
        crossed = None if base is None else Baselines(pipeliner, outlook)
        return merge_contacts(rows, outlook, pipeliner, crossed, rules)

    patch.everywhere(merge_contacts, compared)


@MERGING_BUGS.bug(test_fields_travel.test_clearing_a_field_travels_and_a_blank_never_beats_a_value)
def blank_beats_value(patch: Patch) -> None:
    """The rule decides a conflict even when the winner is blank."""
    source = MergeRules.source

    def strict(rules: MergeRules, row: Any, now: Any, changed: Any) -> Side:
        return rules.preferred if len(changed) > 1 else source(rules, row, now, changed)

    patch.put(MergeRules, "source", strict)


@MERGING_BUGS.bug(test_two_way.test_a_conflict_is_decided_by_the_rule_and_its_loser_is_in_the_history)
def loser_not_kept(patch: Patch) -> None:
    """What lost a conflict is written down nowhere."""
    patch.put(applying, "conflict_entry", lambda *_given: None)


@MERGING_BUGS.bug(test_found_by_battery.test_loser_of_a_conflict_is_told_wherever_the_process_dies)
def loser_kept_after_the_write_only(patch: Patch) -> None:
    """What a conflict overwrites is written down when the answer is in, which may never come."""
    announce, write = applying.announce, applying._write

    async def late(context: Any, jobs: Any) -> Any:
        outcomes = await write(context, jobs)
        announced = [announce(context.connection, item.decision, item.link_id) for item in jobs]
        await context.commit([change_set for change_set in announced if change_set is not None])
        return outcomes

    patch.put(applying, "_write", late)
    patch.put(applying, "announce", lambda *_given: None)


@MERGING_BUGS.bug(test_merging.test_the_rule_decides_a_conflict_and_the_history_keeps_what_lost)
def conflict_rule_ignored(patch: Patch) -> None:
    """Pipeliner wins every conflict."""
    patch.put(MergeRules, "preferred", property(lambda _self: Side.PIPELINER))


@MERGING_BUGS.bug(test_merging.test_the_rule_decides_a_conflict_and_the_history_keeps_what_lost)
def newest_is_always_outlook(patch: Patch) -> None:
    """The rule "newest" does not look at the times."""

    def biased(one: Any, **changes: Any) -> Any:
        return one if "newest" in changes else replace(one, **changes)

    patch.put(link, "replace", biased)


@MERGING_BUGS.bug(test_two_way.test_edits_of_different_fields_on_both_sides_merge)
def last_writer_takes_the_whole_contact(patch: Patch) -> None:
    """When both sides changed a contact, one side's fields all win."""
    merge_contacts = merge.merge_contacts

    def whole(rows: Any, outlook: Any, pipeliner: Any, base: Any, rules: MergeRules) -> Merge:
        found = merge_contacts(rows, outlook, pipeliner, base, rules)
        if base is None or not (found.to_outlook and found.to_pipeliner):
            return found
        back = {name: pipeliner[name] for name in found.to_pipeliner}
        return replace(found, to_outlook={**found.to_outlook, **back}, to_pipeliner={})

    patch.everywhere(merge_contacts, whole)


@MERGING_BUGS.bug(test_merging.test_two_people_who_add_an_address_each_lose_none)
def list_replaced_as_a_whole(patch: Patch) -> None:
    """Of two people who add an address each, one wins."""
    merge_entries = lists.merge_entries

    def whole(row: Any, now: Any, base: Any, writable: Any, preferred: Side) -> Any:
        changed = [side for side in Side if now[side] != base[side]]
        source = preferred if preferred in changed or not changed else changed[0]
        merged = merge_entries(row, now, base, writable, preferred)
        room = row.entries(source.other)
        writes = tuple((side, now[source][:room]) for side, _ in merged.writes if side is source.other)
        return replace(merged, writes=writes)

    patch.everywhere(merge_entries, whole)


@MERGING_BUGS.bug(test_fields_travel.test_every_field_travels_both_ways_whatever_the_services_do_to_values)
def fourth_address_dropped(patch: Patch) -> None:
    """Pipeliner's further addresses go when Outlook's three change."""
    merge_entries = lists.merge_entries

    def short(row: Any, *given: Any) -> Any:
        merged = merge_entries(row, *given)
        return replace(merged, writes=tuple((side, value[: row.outlook_entries]) for side, value in merged.writes))

    patch.everywhere(merge_entries, short)


@MERGING_BUGS.bug(test_fields_travel.test_a_value_too_long_for_the_other_side_waits_uncut)
def too_long_cut(patch: Patch) -> None:
    """A value that the other side cannot hold is cut."""
    merge_field = merge._merge_field

    def cut(row: Any, outlook: Any, pipeliner: Any, *more: Any) -> Any:
        shown = (one.with_values({row.name: one[row.name][: row.limit]}) for one in (outlook, pipeliner))
        return merge_field(row, *shown, *more)

    patch.put(merge, "_merge_field", cut)


@MERGING_BUGS.bug(test_addresses.test_two_edits_of_one_address_are_not_mixed)
def address_merged_part_by_part(patch: Patch) -> None:
    """The street of one side and the town of the other make an address."""
    merge_field = merge._merge_field

    def apart(parts: Any, *given: Any) -> dict[str, Any]:
        return {part.name: merge_field(part, *given) for part in parts}

    patch.put(merge, "_merge_whole", apart)


@MERGING_BUGS.bug(test_addresses.test_an_address_that_lost_at_first_sight_comes_back_whole_or_not_at_all)
def address_completed_by_another(patch: Patch) -> None:
    """At first sight no two addresses contradict each other."""
    patch.everywhere(addresses.contradict, lambda *_given: False)


@MERGING_BUGS.bug(test_notes.test_two_different_notes_at_first_sight_are_both_kept)
def one_note_of_two(patch: Patch) -> None:
    """Of two notes the one in Outlook stays."""
    patch.everywhere(notes.merge_notes, lambda _base, outlook, _pipeliner: outlook)


@MERGING_BUGS.bug(test_notes.test_a_note_that_a_phone_cut_off_is_not_sent_and_a_person_is_asked)
def cut_note_sent(patch: Patch) -> None:
    """What a phone sends back counts as an edit."""
    patch.everywhere(notes.is_cut, lambda _base, _now: False)


@MERGING_BUGS.bug(test_lifecycle.test_to_pipeliner_never_writes_outlook)
def one_way_writes_back(patch: Patch) -> None:
    """Every connection writes both sides."""
    patch.put(SyncType, "reaches", lambda _self, _side: True)


@MERGING_BUGS.bug(test_fields_travel.test_directions_and_phone_slots_are_the_connections_own)
def direction_of_a_field_ignored(patch: Patch) -> None:
    """Every field travels both ways."""
    patch.put(Direction, "reaches", lambda _self, _side: True)


@MERGING_BUGS.bug(test_matching.test_the_same_address_makes_counterparts_and_each_side_gets_what_it_lacks)
def first_sight_takes_one_side(patch: Patch) -> None:
    """A new pair's Outlook contact is overwritten with the Pipeliner contact."""
    decide_pair = first_sight.decide_pair

    def one_sided(connection: Any, outlook: Any, pipeliner: Any) -> Any:
        pair = decide_pair(connection, outlook, pipeliner)
        cleared = {name: pipeliner.contact[name] for name in pair.merge.to_pipeliner}
        merged = replace(pair.merge, to_outlook={**pair.merge.to_outlook, **cleared}, to_pipeliner={})
        return replace(pair, merge=merged)

    patch.everywhere(decide_pair, one_sided)
