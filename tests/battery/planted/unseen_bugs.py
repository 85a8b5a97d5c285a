"""Design bugs in what a user may not see: it is named, or it counts."""

from __future__ import annotations

from typing import Any

from sync_core.domain import Right
from sync_core.engine import candidates, matching, withheld
from sync_core.state import StoredDuplicates
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import test_unseen

UNSEEN_BUGS = Bed()


@UNSEEN_BUGS.bug(test_unseen.test_a_guesser_learns_nothing_of_a_colleagues_private_contacts)
def unseen_is_candidate(patch: Patch) -> None:
    """Whoever is in the space is a candidate, whoever may see them."""
    patch.put(candidates, "may_see", lambda _context, _contact: True)


@UNSEEN_BUGS.bug(test_unseen.test_unseen_contacts_say_nothing_for_or_against_those_that_the_user_sees)
def unseen_holds_identifiers(patch: Patch) -> None:
    """An unseen contact is no candidate, but its address and name count as held by somebody else."""
    patch.put(matching._Book, "_seen", lambda _self, held: tuple(held))


@UNSEEN_BUGS.bug(test_unseen.test_unseen_contacts_say_nothing_for_or_against_those_that_the_user_sees)
def unseen_namesake_counts(patch: Patch) -> None:
    """Who has the name of a candidate is taken for a namesake without a look at whose they are."""

    async def unknown(_self: Any, _alike: Any) -> None:
        return None

    patch.put(matching._Book, "_know_namesakes", unknown)


@UNSEEN_BUGS.bug(test_unseen.test_a_duplicate_that_was_created_knowingly_is_shown_to_administrators_until_it_is_none)
def duplicate_untold(patch: Patch) -> None:
    """A duplicate is created knowingly, and nobody is told."""

    async def untold(_self: Any, _connection_id: str, _found: Any, _now: Any) -> None:
        return None

    patch.put(StoredDuplicates, "note", untold)


@UNSEEN_BUGS.bug(test_unseen.test_an_edit_that_was_not_sent_tells_nothing_that_came_into_pipeliner_since)
def withheld_tells_the_other_value(patch: Patch) -> None:
    """The history of an edit that was not sent has what Pipeliner shows now, whoever may see it."""
    patch.put(withheld, "right_on", lambda _user, _contact: Right.DELETE)
