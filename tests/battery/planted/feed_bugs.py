"""Design bugs in the feed: what it passes over, and whom it does not tell."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sync_core.domain import Contact, PipelinerId
from sync_core.engine import feed
from sync_core.engine.ports import Seen, Stream
from sync_core.operations import feeding
from sync_core.pipeliner import PipelinerSpace
from sync_core.state import StoredAskers, StoredFeedState
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import (
    test_candidates_out_of_scope,
    test_feed_gaps,
    test_lifecycle,
    test_scope_and_feed,
)

FEED_BUGS = Bed()


@FEED_BUGS.bug(test_feed_gaps.test_an_edit_arrives_after_an_outage_of_an_hour)
def watermark_moved_before_delivery(patch: Patch) -> None:
    """The feed notes how far it has read before it has read."""
    read = feed._Reader.read

    async def early(self: Any, stream: Stream, since: Any) -> Any:
        await self.state.watermarks()
        await self.state.advance({stream: await self.pipeliner.server_time()})
        return await read(self, stream, since)

    patch.put(feed._Reader, "read", early)


@FEED_BUGS.bug(test_feed_gaps.test_a_tick_killed_at_any_transaction_loses_no_change)
def remembered_before_delivery(patch: Patch) -> None:
    """The feed notes a version as seen before it lies in the inboxes."""
    deliver = feed._Reader._deliver

    async def early(self: Any, stream: Stream, fresh: Any) -> None:
        await self.state.remember(stream, {row.id: Seen(row.version, row.ownership) for row, _ in fresh})
        await deliver(self, stream, fresh)

    patch.put(feed._Reader, "_deliver", early)


@FEED_BUGS.bug(test_feed_gaps.test_an_edit_that_becomes_visible_after_a_later_one_still_arrives)
def no_overlap(patch: Patch) -> None:
    """The feed begins exactly where it ended, and misses what becomes visible late."""
    patch.put(feed, "OVERLAP", timedelta(0))


@FEED_BUGS.bug(test_lifecycle.test_a_renamed_account_changes_the_company_of_its_contacts)
def seen_once_seen_for_ever(patch: Patch) -> None:
    """The feed passes over a contact that it knows, whatever its version."""
    deliver = feed._Reader._deliver

    async def unknown(self: Any, stream: Stream, fresh: Any) -> None:
        await deliver(self, stream, [item for item in fresh if item.before is None])

    patch.put(feed._Reader, "_deliver", unknown)


@FEED_BUGS.bug(
    test_lifecycle.test_reassigned_to_a_colleague_it_leaves_one_folder_and_enters_the_other,
    test_scope_and_feed.test_a_contact_handed_over_before_the_feed_ever_saw_it_leaves_the_former_folder,
)
def former_owner_not_told(patch: Patch) -> None:
    """A change goes to those only who have the contact now."""
    holders = feed._Reader._holders

    async def now_only(self: Any, stream: Stream, fresh: Any, concerned: Any) -> Any:
        found = await holders(self, stream, fresh, concerned)
        return {key: had[:1] for key, had in found.items()} if stream is Stream.CONTACTS else found

    patch.put(feed._Reader, "_holders", now_only)


@FEED_BUGS.bug(test_lifecycle.test_reassigned_to_a_colleague_it_leaves_one_folder_and_enters_the_other)
def owner_remembered_instead_of_now(patch: Patch) -> None:
    """A change goes to those who had the contact when it was last seen."""
    holders = feed._Reader._holders

    async def before_only(self: Any, stream: Stream, fresh: Any, concerned: Any) -> Any:
        found = await holders(self, stream, fresh, concerned)
        known = {item.row.id for item in fresh if item.before is not None}
        return {key: had[1:] if key in known else had for key, had in found.items()}

    patch.put(feed._Reader, "_holders", before_only)


@FEED_BUGS.bug(test_lifecycle.test_shared_and_unshared_a_contact_comes_and_goes)
def sharings_not_read(patch: Patch) -> None:
    """Sharing a contact, which does not move its own time, is not noticed."""
    deliver = feed._Reader._deliver

    async def others(self: Any, stream: Stream, fresh: Any) -> None:
        if stream is not Stream.SHARING:
            await deliver(self, stream, fresh)

    patch.put(feed._Reader, "_deliver", others)


@FEED_BUGS.bug(test_lifecycle.test_a_renamed_account_changes_the_company_of_its_contacts)
def accounts_not_followed(patch: Patch) -> None:
    """A renamed account changes nobody's company."""

    async def nobody(*_given: Any) -> tuple[dict[PipelinerId, Contact | None], None]:
        return {}, None

    patch.put(PipelinerSpace, "contacts_of_account", nobody)


@FEED_BUGS.bug(test_scope_and_feed.test_what_happens_while_a_connection_is_paused_arrives_when_it_resumes)
def paused_connections_get_no_mail(patch: Patch) -> None:
    """What happens while a connection is paused is not kept for it."""
    poll = feed.poll

    async def active_only(pipeliner: Any, state: Any, turn: Any, subscribers: Any, source: Any) -> Any:
        return await poll(pipeliner, state, turn, [item for item in subscribers if item.is_active], source)

    patch.put(feeding, "poll", active_only)


@FEED_BUGS.bug(test_candidates_out_of_scope.test_a_candidate_out_of_scope_that_changes_reopens_its_question)
def askers_not_told(patch: Patch) -> None:
    """A contact that changes is told to those alone whose scope it is in."""

    async def nobody(_self: Any, _ids: Any) -> dict[PipelinerId, frozenset[str]]:
        return {}

    patch.put(StoredFeedState, "askers", nobody)


@FEED_BUGS.bug(test_candidates_out_of_scope.test_a_candidate_out_of_scope_that_changes_reopens_its_question)
def askers_not_noted(patch: Patch) -> None:
    """A question is stored, and no row leads to it from its candidates."""

    async def unnoted(_self: Any, _connection_id: str, _ids: Any, _now: Any) -> None:
        return None

    patch.put(StoredAskers, "note", unnoted)


@FEED_BUGS.bug(test_candidates_out_of_scope.test_the_answer_ends_the_row_that_led_to_whoever_asked)
def askers_never_dropped(patch: Patch) -> None:
    """What leads to a question outlives it."""

    async def kept(_self: Any, _connection_id: str, _ids: Any) -> None:
        return None

    patch.put(StoredAskers, "drop", kept)
