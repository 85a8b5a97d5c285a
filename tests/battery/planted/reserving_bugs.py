"""Design bugs in what keeps two colleagues from creating one person, or one account, twice."""

from __future__ import annotations

from typing import Any

from sync_core.engine import recovery
from sync_core.engine.ports import Reserved
from sync_core.operations import ending, reserving, working
from sync_core.state import StoredAccountNames, StoredConnectionState, StoredReservations, feed_turn, reservations
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import test_two_colleagues

RESERVING_BUGS = Bed()


async def _nothing(*_given: Any) -> Any:
    return {}


@RESERVING_BUGS.bug(
    test_two_colleagues.test_of_two_who_have_both_seen_nobody_only_one_creates,
    test_two_colleagues.test_two_colleagues_who_write_down_one_person_at_once_create_one_contact,
)
def reservation_ignored(patch: Patch) -> None:
    """What another connection has reserved keeps nobody out."""
    patch.put(StoredReservations, "_others", lambda *_given: [])


@RESERVING_BUGS.bug(test_two_colleagues.test_two_colleagues_who_write_down_one_person_at_once_create_one_contact)
def nothing_reserved(patch: Patch) -> None:
    """Creates are sent without a reservation."""
    patch.put(StoredReservations, "reserve", _nothing)


@RESERVING_BUGS.bug(test_two_colleagues.test_of_two_who_have_both_seen_nobody_only_one_creates)
def intent_not_taken_back(patch: Patch) -> None:
    """Whoever is kept out leaves an intent behind, which counts for the day and is recovered."""
    commit = StoredConnectionState.commit

    async def kept(state: Any, change_sets: Any, cursor: Any = None, finished: Any = (), unsent: int = 0) -> None:
        await commit(state, change_sets, cursor, () if unsent else finished)

    patch.put(StoredConnectionState, "commit", kept)


@RESERVING_BUGS.bug(test_two_colleagues.test_a_create_that_is_refused_frees_the_person_at_once)
def reservation_never_freed(patch: Patch) -> None:
    """Of what was not created the reservation stays."""
    record = StoredReservations.record

    async def kept(stored: Any, made: Any, _freed: Any) -> None:
        await record(stored, made, ())

    patch.put(StoredReservations, "record", kept)


@RESERVING_BUGS.bug(test_two_colleagues.test_two_colleagues_who_write_down_one_person_at_once_create_one_contact)
def reservation_stays_although_the_feed_has_shown_it(patch: Patch) -> None:
    """What the index knows stays reserved."""
    patch.put(feed_turn, "is_shown", lambda *_given: False)


@RESERVING_BUGS.bug(test_two_colleagues.test_a_contact_that_lists_do_not_show_yet_is_found_by_its_reservation)
def id_forgotten(patch: Patch) -> None:
    """A reservation ends with its create, before any list shows what was created."""
    record = StoredReservations.record

    async def freed(stored: Any, made: Any, others: Any) -> None:
        await record(stored, (), [*(claim for claim, _ in made), *others])

    patch.put(StoredReservations, "record", freed)


@RESERVING_BUGS.bug(test_two_colleagues.test_a_create_whose_answer_is_lost_keeps_its_reservation_until_it_is_known)
def recovered_create_stays_reserved(patch: Patch) -> None:
    """The recovery says nothing of what it has found."""
    patch.put(recovery, "record_recovered", _nothing)


@RESERVING_BUGS.bug(test_two_colleagues.test_a_paused_owner_recovers_and_does_nothing_else)
def owner_not_asked(patch: Patch) -> None:
    """Whoever waits waits for the owner's own next run, which a paused one does not have."""
    patch.put(working, "ask_owners", _nothing)


@RESERVING_BUGS.bug(test_two_colleagues.test_a_connection_that_ends_recovers_first)
def ended_without_recovery(patch: Patch) -> None:
    """A connection ends and leaves its reservations, and nobody else ends them."""
    patch.put(ending, "recover_before_the_end", _nothing)
    patch.put(reserving, "clear_old_reservations", _nothing)


@RESERVING_BUGS.bug(test_two_colleagues.test_what_its_owner_cannot_resolve_within_an_hour_is_told_and_blocks_on)
def unresolved_create_ends_by_its_age(patch: Patch) -> None:
    """After an hour a reservation is given up, whatever became of its create."""
    other_create = reservations._other_create
    look = StoredReservations.look

    async def young_ones(stored: Any, claims: Any) -> Reserved:
        found = await look(stored, claims)
        now = stored._clock.now()
        return Reserved({key: one for key, one in found.waits.items() if now - one.since < reserving.UNRESOLVED})

    def others(stored: Any, held: Any, token: str) -> Any:
        old = stored._clock.now() - reserving.UNRESOLVED
        return [one for one in held.get(token, ()) if one.owner != stored._owner and other_create(one).since > old]

    patch.put(StoredReservations, "look", young_ones)
    patch.put(StoredReservations, "_others", others)


@RESERVING_BUGS.bug(
    test_two_colleagues.test_two_colleagues_who_need_one_account_at_once_make_one,
    test_two_colleagues.test_an_account_that_lists_do_not_show_yet_is_not_made_again,
)
def account_not_reserved(patch: Patch) -> None:
    """Whoever finds no account of a name makes one."""
    patch.put(StoredAccountNames, "reserve", _nothing)


@RESERVING_BUGS.bug(test_two_colleagues.test_an_account_of_which_no_answer_came_is_looked_for_before_it_is_made_again)
def account_of_unknown_outcome_freed(patch: Patch) -> None:
    """A name whose account was perhaps made is free at once."""
    patch.put(reservations, "ACCOUNT_TAKES", 0 * reservations.ACCOUNT_TAKES)
