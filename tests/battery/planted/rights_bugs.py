"""Design bugs in who may do what: rights that the space's key would lend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sync_core.domain import (
    RIGHTS,
    RULES,
    Connection,
    Merge,
    MergeRules,
    Relation,
    Resolution,
    Right,
    first_sight,
    lifecycle,
    merge,
    right_on,
    right_rule,
    rights,
)
from sync_core.engine import putting_back, withheld
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import test_kept_in_outlook, test_rights, test_values_at_first_sight

RIGHTS_BUGS = Bed()


def _with_right(patch: Patch, relation: Relation, right: Right) -> None:
    """Give a relation more than the table does."""
    only = frozenset({relation})
    changed = tuple(rule._replace(right=right) if rule.relation == only else rule for rule in RIGHTS)
    patch.put(rights, "RIGHTS", changed)
    patch.everywhere(right_rule, right_rule.__wrapped__)


@RIGHTS_BUGS.bug(
    test_rights.test_an_edit_of_what_the_user_may_only_see_is_not_sent_and_told_once,
    test_rights.test_a_delete_of_what_the_user_may_not_delete_leaves_their_folder_only,
    test_rights.test_rights_that_were_lost_send_nothing_from_then_on,
)
def the_key_lends_its_rights(patch: Patch) -> None:
    """Whatever is in the folder is written and deleted, for the key may do all."""
    patch.everywhere(right_on, lambda _user, _contact: Right.DELETE)


@RIGHTS_BUGS.bug(test_rights.test_an_edit_of_what_the_user_may_only_see_is_not_sent_and_told_once)
def watchers_edit(patch: Patch) -> None:
    """A contact that is shared is edited, whatever the share says."""
    _with_right(patch, Relation.WATCHER, Right.EDIT)


@RIGHTS_BUGS.bug(test_rights.test_a_delete_of_what_the_user_may_not_delete_leaves_their_folder_only)
def editors_delete(patch: Patch) -> None:
    """Who may edit a contact may delete it, too."""
    _with_right(patch, Relation.EDITOR, Right.DELETE)


@RIGHTS_BUGS.bug(test_rights.test_a_protected_contact_is_not_asked_to_be_deleted)
def protection_of_the_contact_ignored(patch: Patch) -> None:
    """A contact that refuses to be deleted is asked to go."""

    def unprotected(user: Any, contact: Any) -> Right:
        return right_on(user, replace(contact, is_protected=False))

    patch.everywhere(right_on, unprotected)


@RIGHTS_BUGS.bug(
    test_rights.test_rights_that_were_lost_send_nothing_from_then_on,
    test_rights.test_rights_that_were_lost_delete_nothing_from_then_on,
)
def rights_remembered_from_the_first_look(patch: Patch) -> None:
    """Whoever might once write a contact goes on writing it."""
    known: dict[tuple[str, str], Right] = {}

    def remembered(user: Any, contact: Any) -> Right:
        return known.setdefault((user.id, contact.id), right_on(user, contact))

    patch.everywhere(right_on, remembered)


@RIGHTS_BUGS.bug(test_rights.test_rights_that_return_flush_nothing)
def returned_rights_flush(patch: Patch) -> None:
    """What was held back stays an edit that is to be sent, and goes as soon as it may."""
    merge_contacts = merge.merge_contacts

    def open_still(*given: Any) -> Merge:
        merged = merge_contacts(*given)
        return replace(merged, not_agreed=merged.not_agreed | merged.withheld)

    patch.everywhere(merge_contacts, open_still)


@RIGHTS_BUGS.bug(
    test_rights.test_an_edit_of_what_the_user_may_only_see_is_not_sent_and_told_once,
    test_rights.test_while_removals_are_held_the_former_owner_writes_nothing_for_days,
)
def withheld_in_silence(patch: Patch) -> None:
    """Nobody hears that an edit was not sent."""
    patch.put(MergeRules, "withholds", lambda _rules, _field: False)


@RIGHTS_BUGS.bug(test_rights.test_an_edit_brings_back_only_what_the_user_owned)
def created_again_whoever_owned_it(patch: Patch) -> None:
    """A colleague's deleted contact comes back as the user's own."""
    again = Resolution.RECREATE_IN_PIPELINER
    changed = tuple(replace(rule, right=None) if rule.resolution is again else rule for rule in RULES)
    patch.put(lifecycle, "RULES", changed)


@RIGHTS_BUGS.bug(test_kept_in_outlook.test_a_private_note_of_a_shared_contact_stays_with_whoever_typed_it)
def a_shared_contact_is_the_owners_alone(patch: Patch) -> None:
    """What its owner types into a field that is kept travels, whoever has the contact too."""
    kept = Connection.kept_fields

    def of_others_only(self: Connection, owned: Any) -> frozenset[str]:
        return kept(self, owned) if owned.owner_id != self.user.id else frozenset()

    patch.put(Connection, "kept_fields", of_others_only)


@RIGHTS_BUGS.bug(test_rights.test_an_answer_to_send_is_decided_by_the_right_at_the_moment_of_writing)
def an_answer_to_send_is_leave_enough(patch: Patch) -> None:
    """What a person answered is sent, whether or not the right is still there."""
    patch.put(putting_back, "right_on", lambda _user, _contact: Right.DELETE)


@RIGHTS_BUGS.bug(test_rights.test_an_edit_that_was_not_sent_can_be_sent_once_the_right_is_back)
def a_right_that_returns_is_not_noticed(patch: Patch) -> None:
    """The item stays as it was written when the right was gone."""
    patch.put(withheld, "right_on", lambda _user, _contact: Right.SEE)


@RIGHTS_BUGS.bug(
    test_values_at_first_sight.test_values_of_a_contact_that_the_user_may_not_edit_come_back_in_outlook_alone
)
def an_answer_lends_rights(patch: Patch) -> None:
    """What is put back is put back on both sides, whoever may edit there."""
    patch.put(putting_back, "right_on", lambda _user, _contact: Right.DELETE)


@RIGHTS_BUGS.bug(test_rights.test_what_only_the_card_of_a_viewer_has_is_not_sent_when_the_two_are_paired)
def rights_not_asked_at_first_sight(patch: Patch) -> None:
    """A pair is filled up on both sides, whosever the contact is."""
    patch.put(first_sight, "right_on", lambda _user, _contact: Right.DELETE)


@RIGHTS_BUGS.bug(
    test_rights.test_take_theirs_writes_pipeliners_values_again_and_nothing_else,
    test_values_at_first_sight.test_what_else_was_edited_meanwhile_travels_as_well,
)
def an_answer_swallows_other_edits(patch: Patch) -> None:
    """What was edited meanwhile in other fields counts as agreed."""
    patch.put(putting_back, "chosen_values", lambda _field_map, *chosen: Merge(*chosen))
