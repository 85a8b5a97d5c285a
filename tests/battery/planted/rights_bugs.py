"""Design bugs in who may do what: rights that the space's key would lend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sync_core.domain import (
    RIGHTS,
    RULES,
    Connection,
    Level,
    Merge,
    MergeRules,
    PipelinerUser,
    Reach,
    Relation,
    Resolution,
    Right,
    UserRole,
    first_sight,
    lifecycle,
    merge,
    right_on,
    right_rule,
    rights,
)
from sync_core.domain.standing import Member
from sync_core.engine import feed, putting_back, run, withheld
from sync_core.engine.rights import RightsPoll
from sync_core.errors import UserStopped
from sync_core.operations import connecting, connection_status, ending, reconciling, working
from sync_core.pipeliner import mapping
from sync_core.pipeliner import roles as listed_roles
from sync_core.pipeliner.roles import PipelinerRights
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import (
    test_kept_in_outlook,
    test_rights,
    test_rights_unknown,
    test_roles,
    test_values_at_first_sight,
)

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


# Roles, units, and what is not known

FULL = UserRole(Level.EVERYTHING_SEEN, may_delete=True, opens_archive=True)


def _as_if(patch: Patch, changed: Callable[[PipelinerUser], PipelinerUser]) -> None:
    """Let the product see another user than the one whose rights were read."""
    patch.everywhere(right_on, lambda user, contact: right_on(changed(user), contact))


def _with_role(**changes: Any) -> Callable[[PipelinerUser], PipelinerUser]:
    return lambda user: user if user.role is None else replace(user, role=replace(user.role, **changes))


@RIGHTS_BUGS.bug(
    test_roles.test_a_role_that_only_reads_writes_not_even_what_its_user_owns,
    test_rights_unknown.test_rights_that_changed_meanwhile_are_what_counts_when_they_are_known_again,
)
def roles_that_only_read_write_what_is_owned(patch: Patch) -> None:
    """Whoever owns a contact writes it, whatever the role says."""
    _as_if(patch, _with_role(level=Level.OWN_AND_SHARED))


@RIGHTS_BUGS.bug(test_roles.test_a_role_that_deletes_nothing_leaves_pipeliner_what_its_user_owns)
def the_roles_delete_right_ignored(patch: Patch) -> None:
    """Whoever owns a contact deletes it."""
    _as_if(patch, _with_role(may_delete=True))


@RIGHTS_BUGS.bug(test_roles.test_what_lies_in_the_archive_is_not_written_by_a_role_that_does_not_open_it)
def the_archive_is_open_to_all(patch: Patch) -> None:
    """An archived contact is written like any other."""
    _as_if(patch, _with_role(opens_archive=True))


@RIGHTS_BUGS.bug(test_roles.test_the_manager_of_a_unit_above_sees_and_edits_only_at_the_highest_level)
def managers_edit_what_lies_below(patch: Patch) -> None:
    """Whoever manages a unit above edits as its own manager does."""
    _as_if(patch, lambda user: replace(user, managed_unit_ids=user.managed_unit_ids | user.further_unit_ids))


@RIGHTS_BUGS.bug(test_roles.test_the_manager_of_its_unit_edits_with_a_role_that_says_so)
def managers_edit_with_any_role(patch: Patch) -> None:
    """The level of the role is not asked of a manager."""
    _with_right(patch, Relation.MANAGER, Right.EDIT)
    changed = tuple(rule._replace(level=None) if rule.right is Right.EDIT else rule for rule in rights.RIGHTS)
    patch.put(rights, "RIGHTS", changed)


@RIGHTS_BUGS.bug(
    test_roles.test_a_share_with_a_unit_counts_as_one_by_name,
    test_roles.test_what_comes_into_sight_comes_into_the_folder_and_goes_with_it,
)
def shares_with_units_ignored(patch: Patch) -> None:
    """Only shares by name are read of a contact."""
    ownership_of = mapping.ownership_of
    nobody = frozenset[str]()

    def by_name(record: Any) -> Any:
        return replace(ownership_of(record), editor_unit_ids=nobody, watcher_unit_ids=nobody)

    patch.everywhere(ownership_of, by_name)


@RIGHTS_BUGS.bug(test_roles.test_the_roles_direction_says_which_units_are_seen)
def the_direction_is_not_asked(patch: Patch) -> None:
    """Every role looks up and down."""
    wide = listed_roles._Direction(Reach.UNITS, above=True, below=True)
    patch.put(listed_roles, "_DIRECTIONS", dict.fromkeys(range(1, 7), wide))


@RIGHTS_BUGS.bug(test_roles.test_a_role_that_shows_only_what_its_user_owns_lets_a_copy_rest)
def what_the_role_hides_is_taken_away(patch: Patch) -> None:
    """A role that shows only what its user owns empties the folder of the rest."""
    patch.put(lifecycle, "has_left", lambda *_given: True)


@RIGHTS_BUGS.bug(
    test_roles.test_a_manager_who_is_one_no_more_edits_no_more,
    test_rights_unknown.test_rights_that_changed_meanwhile_are_what_counts_when_they_are_known_again,
)
def rights_as_they_were_at_first(patch: Patch) -> None:
    """What was read once of the users is never read again."""
    take = RightsPoll._take_users

    async def once(self: RightsPoll, page: Any) -> None:
        if not self.known.space.members:
            await take(self, page)

    patch.put(RightsPoll, "_take_users", once)


@RIGHTS_BUGS.bug(test_roles.test_a_share_with_a_unit_that_ends_without_a_trace_is_noticed_by_the_shorter_list)
def lengths_of_lists_ignored(patch: Patch) -> None:
    """Only what changed last tells that a list is another one."""
    head = PipelinerRights.head

    async def newest_alone(self: PipelinerRights, of: Any) -> str:
        return "0 " + (await head(self, of)).partition(" ")[2]

    patch.put(PipelinerRights, "head", newest_alone)


@RIGHTS_BUGS.bug(
    test_rights_unknown.test_a_user_who_is_missing_from_the_list_is_not_taken_for_deactivated,
    test_rights_unknown.test_nothing_is_decided_and_nothing_is_lost_while_rights_are_not_known,
)
def missing_taken_for_deactivated(patch: Patch) -> None:
    """Whoever is not listed has left the company."""
    note = feed.note_rights

    def gone(found: Any, before: Any, after: Any, mode: Any, subscribers: Any) -> None:
        users = {one.connection.user.id for one in subscribers} - after.space.members.keys()
        lost = {user: Member(is_stopped=True) for user in users}
        space = replace(after.space, members={**after.space.members, **lost})
        note(found, before, replace(after, space=space), mode, subscribers)

    patch.put(feed, "note_rights", gone)


@RIGHTS_BUGS.bug(
    test_rights_unknown.test_rights_that_could_not_be_read_again_count_for_a_quarter_of_an_hour,
    test_rights_unknown.test_nothing_is_decided_and_nothing_is_lost_while_rights_are_not_known,
)
def stale_rights_count(patch: Patch) -> None:
    """What was read once is true for ever."""
    patch.put(working, "FRESH", timedelta(days=365))


@RIGHTS_BUGS.bug(test_rights_unknown.test_nothing_is_decided_and_nothing_is_lost_while_rights_are_not_known)
def unknown_taken_for_all(patch: Patch) -> None:
    """Whose rights are not known may do everything."""

    async def everything(_deployment: Any, user: Any) -> Any:
        return replace(user, role=FULL)

    _instead_of_asking(patch, everything)


@RIGHTS_BUGS.bug(test_rights_unknown.test_nothing_is_decided_and_nothing_is_lost_while_rights_are_not_known)
def unknown_taken_for_none(patch: Patch) -> None:
    """Whose rights are not known sees nothing: what is in the folder goes, and edits are told as not sent."""
    known_user = working.known_user

    async def nothing(deployment: Any, user: Any) -> Any:
        found = await known_user(deployment, user)
        return found if isinstance(found, PipelinerUser) else replace(user, role=replace(FULL, level=Level.NONE))

    _instead_of_asking(patch, nothing)


def _instead_of_asking(patch: Patch, known_user: Callable[..., Any]) -> None:
    patch.everywhere(working.known_user, known_user)


@RIGHTS_BUGS.bug(test_rights_unknown.test_while_rights_are_being_recalculated_nothing_leaves_the_folder)
def removed_while_rights_are_recalculated(patch: Patch) -> None:
    """What Pipeliner does not show in that moment is gone."""
    take = run.take_rights

    async def at_rest(context: Any) -> Any:
        unknown = await take(context)
        context.connection = replace(context.connection, user=replace(context.connection.user, is_recalculating=False))
        return unknown

    patch.put(run, "take_rights", at_rest)


@RIGHTS_BUGS.bug(
    test_roles.test_a_field_that_the_role_only_reads_goes_to_outlook_and_not_back,
    test_roles.test_a_field_that_the_role_does_not_show_goes_neither_way,
)
def field_rights_ignored(patch: Patch) -> None:
    """Who may edit a contact may edit all of it."""
    may_write = MergeRules.may_write

    def all_of_it(self: MergeRules, field: Any, side: Any) -> bool:
        return may_write(replace(self, role=None), field, side)

    patch.put(MergeRules, "may_write", all_of_it)


@RIGHTS_BUGS.bug(test_roles.test_a_role_that_only_reads_creates_nothing)
def everybody_creates(patch: Patch) -> None:
    """A role is asked for edits and deletes alone."""
    patch.put(first_sight, "_CREATES_NOTHING", frozenset())


@RIGHTS_BUGS.bug(test_roles.test_a_unit_that_moves_takes_its_contacts_out_of_sight_and_back)
def what_comes_into_sight_waits_for_the_night(patch: Patch) -> None:
    """A contact that itself did not change is not looked at when its viewers do."""
    patch.put(feed, "sees_otherwise", lambda _before, _after: False)


@RIGHTS_BUGS.bug(
    test_rights_unknown.test_a_deactivated_user_stops_their_connection_with_the_tick_that_sees_it,
    test_rights_unknown.test_a_stopped_connection_is_resumed_only_when_the_user_is_active_again,
)
def deactivated_users_are_tried_again(patch: Patch) -> None:
    """Their pause is a fault like any other, which time may heal."""
    patch.everywhere(connection_status.pause, _probed(connection_status.pause))


def _probed(pause: Any) -> Any:
    async def with_probe(deployment: Any, record: Any, broken: Any) -> None:
        await pause(deployment, record, broken)
        later = deployment.clock.now() + timedelta(minutes=5)
        await deployment.registry.change(record.id, lambda stored: stored.model_copy(update={"not_before": later}))

    return with_probe


@RIGHTS_BUGS.bug(test_rights_unknown.test_a_stopped_connection_is_resumed_only_when_the_user_is_active_again)
def anybody_resumes_a_stopped_connection(patch: Patch) -> None:
    """Nobody asks whether the user is back."""

    async def unasked(*_given: Any) -> None:
        """Let it pass."""

    patch.put(connecting, "check_user_is_back", unasked)


@RIGHTS_BUGS.bug(test_rights_unknown.test_nothing_is_decided_and_nothing_is_lost_while_rights_are_not_known)
def a_user_who_is_not_seen_pauses_at_night(patch: Patch) -> None:
    """The reconciliation takes a list that it may not read for the end of the connection."""
    patch.put(reconciling, "UserGone", UserStopped)
    patch.put(reconciling, "AccessDenied", UserStopped)


@RIGHTS_BUGS.bug(test_rights_unknown.test_copies_go_so_many_days_after_the_user_was_deactivated_and_nothing_else_does)
def copies_go_with_the_first_night(patch: Patch) -> None:
    """Whoever was deactivated loses the copies at once."""

    def at_once(record: Any, _now: Any) -> bool:
        return record.settings.days_to_keep_copies is not None and record.stopped_at is not None

    patch.everywhere(ending.copies_are_due, at_once)
