"""Ending a connection with its contacts: what the sync created in Outlook is removed there, and nothing else.

A contact with edits that Pipeliner has not got is sent first; where they cannot be sent it stays. Links rest before
their contacts are deleted, so that a run that comes in between never takes our delete for a person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum, auto

from sync_core.domain import (
    Absent,
    AbsentBy,
    Action,
    Connection,
    Decision,
    HistoryEntry,
    Level,
    Link,
    LinkId,
    OutlookId,
    Remove,
    Right,
    Run,
    RunState,
    Side,
    Update,
    UserRole,
    changed_fields,
    decide,
    right_on,
    with_pending_resolved,
)
from sync_core.engine.applying import apply
from sync_core.engine.context import RunContext
from sync_core.engine.deciding import Job, Seen, Touch, see
from sync_core.engine.ports import ChangeSet, Deleted, PipelinerLook, Refused, RightsUnknown, Unfinished
from sync_core.engine.recovery import recover
from sync_core.engine.run import UNWATCHED, RunPorts
from sync_core.errors import (
    ConnectionBroken,
    FolderGone,
    MailboxGone,
    RequestRejected,
    RetryLater,
    RunInterrupted,
    Stopped,
    StoreUnavailable,
)

CHUNK = 100
ROUNDS = 3
"""How often a contact that moves under us is looked at again."""
MOST_IDS = 100
"""Of contacts that stay, as many are named."""
_UNKNOWN_ROLE = UserRole(Level.UNKNOWN, may_delete=False, opens_archive=False)
WHY = "the connection ends, and the sync had created it"
_TOO_YOUNG = "a contact that may have been created just now cannot be found yet"


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was removed. `kept` counts contacts that the sync created but that hold what is nowhere else, or moved.

    Unless `is_finished`, contacts are left to remove, and `problem` says why; `again_s` is when to go on by itself.
    """

    removed: int = 0
    sent: int = 0
    kept: int = 0
    kept_ids: tuple[OutlookId, ...] = ()
    is_finished: bool = True
    problem: str = ""
    again_s: float | None = None


class _Ending(Enum):
    GONE = auto()
    KEEP = auto()
    SEND = auto()
    REMOVE = auto()


@dataclass(slots=True)
class _Clearing:
    context: RunContext
    removed: int = 0
    sent: int = 0
    kept: list[OutlookId] = field(default_factory=list)
    failed: int = 0
    _tried: set[LinkId] = field(default_factory=set)

    def cleared(self, problem: str = "", again_s: float | None = None) -> Cleared:
        """Sum up."""
        if self.failed and not problem:
            problem = f"{self.failed} contacts could not be removed"
            again_s = self.context.pause_s or None
        ids = tuple(self.kept[:MOST_IDS])
        return Cleared(self.removed, self.sent, len(self.kept), ids, not problem, problem, again_s)

    async def walk(self) -> None:
        """Go through all links, page by page."""
        after: LinkId | None = None
        while page := await self.context.state.links_page(after):
            after = page[-1].id
            ours = [link for link in page if link.created_on is Side.OUTLOOK]
            for start in range(0, len(ours), CHUNK):
                await self._clear(ours[start : start + CHUNK])

    async def _clear(self, links: Sequence[Link]) -> None:
        """Look at the contacts, send and remove; those that move under us meanwhile once more, a few times."""
        for _ in range(ROUNDS):
            if not links:
                return
            self.context.checkpoint()
            by_ending: dict[_Ending, list[Seen]] = {ending: [] for ending in _Ending}
            shown = await see(self.context, [Touch(link) for link in links])
            self.failed += len(links) - len(shown)
            for seen in shown:
                by_ending[self._judge(seen)].append(seen)
            await self.context.commit([ChangeSet(before=seen.touch.link) for seen in by_ending[_Ending.GONE]])
            self.kept.extend(seen.touch.link.outlook_id for seen in by_ending[_Ending.KEEP])
            again = {seen.touch.link.id for seen in by_ending[_Ending.SEND]}
            await self._send(by_ending[_Ending.SEND])
            again |= await self._remove(by_ending[_Ending.REMOVE])
            links = list((await self.context.state.links(sorted(again))).values()) if again else ()
        self.failed += len(links)

    def _judge(self, seen: Seen) -> _Ending:
        """Say what becomes of a contact. Only what holds nothing that is not in Pipeliner as well is removed."""
        context, outlook, field_map = self.context, seen.outlook, self.context.connection.field_map
        if outlook is None:
            return _Ending.GONE
        if outlook.folder_id != context.folder_id:
            return _Ending.KEEP
        link = with_pending_resolved(field_map, seen.touch.link, outlook, seen.pipeliner)
        edited = changed_fields(field_map, outlook.contact, link.baselines.outlook)
        decision = _decision(context, seen)
        if isinstance(decision, Remove) and decision.action is Action.REMOVED and seen.pipeliner is not None:
            edited &= changed_fields(field_map, outlook.contact, seen.pipeliner.contact)
        if not edited:
            return _Ending.KEEP if self._holds_unsent(seen) else _Ending.REMOVE
        unsent = edited & (decision.merge.not_agreed | decision.merge.withheld) if isinstance(decision, Update) else ()
        if not isinstance(decision, Update) or decision.merge.conflicts or unsent:
            return _Ending.KEEP
        if not decision.merge.to_pipeliner:
            return _Ending.REMOVE
        return _Ending.KEEP if link.id in self._tried else _Ending.SEND

    def _holds_unsent(self, seen: Seen) -> bool:
        """Whether edits of a card were not sent, by right or by a setting, so that it differs with both at rest."""
        if seen.pipeliner is None or seen.outlook is None or seen.touch.link.is_untouched:
            return False
        connection = self.context.connection
        differs = changed_fields(connection.field_map, seen.outlook.contact, seen.pipeliner.contact)
        may_edit = right_on(connection.user, seen.pipeliner) >= Right.EDIT
        return bool(differs if not may_edit else differs & connection.kept_fields(seen.pipeliner.ownership))

    async def _send(self, seen: Sequence[Seen]) -> None:
        """Send unsent edits to Pipeliner; nothing is written to Outlook."""
        jobs: list[Job] = []
        for decision in [_decision(self.context, one) for one in seen]:
            if isinstance(decision, Update):
                not_agreed = decision.merge.not_agreed | frozenset(decision.merge.to_outlook)
                merge = replace(decision.merge, to_outlook={}, not_agreed=not_agreed)
                jobs.append(Job(replace(decision, merge=merge), decision.link.id))
        if not jobs:
            return
        applied = await apply(self.context, jobs)
        for change_set in applied.change_sets:
            will_retry = any(isinstance(work, PipelinerLook) for work in change_set.put_work)
            if change_set.after is not None and not will_retry:
                self._tried.add(change_set.after.id)
                self.sent += any(entry.action is Action.UPDATED for entry in change_set.history)
        left_alone = [replace(change_set, put_work=()) for change_set in applied.change_sets]
        await self.context.commit(left_alone, None, applied.finished)

    async def _remove(self, seen: Sequence[Seen]) -> set[LinkId]:
        """Delete contacts in Outlook; return the links whose contacts are still there."""
        pairs = [(one.touch.link, one.outlook) for one in seen if one.outlook is not None]
        if not pairs:
            return set()
        dormant: list[tuple[Link, Link]] = []
        for link, _ in pairs:  # so that a run in between never takes our delete for a person's
            is_marked = link.absent is not None and link.absent.kept == WHY
            since = link.absent.since if link.absent is not None and is_marked else self.context.clock.now()
            dormant.append((link, replace(link, absent=Absent(Side.OUTLOOK, AbsentBy.US, since, WHY))))
        await self.context.commit([ChangeSet(before=link, after=after) for link, after in dormant if link != after])
        await self.context.look_at_stop_switch()
        outcomes = await self.context.folder.delete([contact for _, contact in pairs])
        change_sets = []
        left: set[LinkId] = set()
        for (_, link), outcome in zip(dormant, outcomes, strict=True):
            if isinstance(outcome, Deleted):
                ids = (link.id, link.outlook_id, link.pipeliner_id)
                entry = HistoryEntry(Action.REMOVED, Side.OUTLOOK, *ids, why=WHY)
                change_sets.append(ChangeSet(before=link, history=(entry,)))
            elif isinstance(outcome, Refused):
                self.kept.append(link.outlook_id)
            else:
                left.add(link.id)
                if isinstance(outcome, Unfinished):
                    self.context.pause_s = max(self.context.pause_s, outcome.retry_after_s or 1.0)
        self.removed += len(change_sets)
        self.context.counts.deleted_in_outlook += len(change_sets)
        await self.context.commit(change_sets)
        return left


async def clear_outlook(ports: RunPorts, connection: Connection, folder_id: str, run: Run, budget_s: float) -> Cleared:
    """Remove what the sync created, within `budget_s` seconds; what is already gone needs nothing.

    Raises LeaseTaken, LeaseLost, Stopped and StoreUnavailable; any other trouble is told in what comes back.
    """
    opening = await ports.state.open(run.id)
    known = await ports.read_rights(connection.user)
    if isinstance(known, RightsUnknown):  # then nothing is sent, and what was edited stays
        known = replace(connection.user, role=_UNKNOWN_ROLE)
    context = RunContext(
        run_id=run.id,
        connection=replace(connection, user=known),
        folder_id=folder_id,
        folder=ports.folder,
        contacts=ports.contacts,
        state=ports.state,
        clock=ports.clock,
        started=ports.clock.now(),
        index=ports.index,
        open_reservations=ports.reservations,
        folder_index=ports.folder_index,
        deadline=ports.clock.now() + timedelta(seconds=budget_s),
        watch=UNWATCHED,
        cursor=replace(opening.cursor, is_full=False),
        links=opening.cursor.links,
    )
    clearing = _Clearing(context)
    problem, again_s = "", None
    try:
        await recover(context, opening.intents)
        await clearing.walk()
        if any(intent.side is Side.OUTLOOK for intent in context.open_creates):
            problem, again_s = _TOO_YOUNG, context.recovery_wait_s
    except RunInterrupted as stop:
        problem, again_s = str(stop), max(stop.retry_after_s, 1.0)
    except Stopped as stop:
        problem = str(stop)
    except (FolderGone, MailboxGone):  # and all contacts with it
        pass
    except StoreUnavailable:
        raise
    except (RetryLater, ConnectionBroken, RequestRejected) as error:
        problem = str(error)
    cleared = clearing.cleared(problem, again_s)
    state = RunState.DONE if cleared.is_finished else RunState.FAILED
    ended = replace(run, state=state, ended_at=ports.clock.now(), counts=context.counts, message=cleared.problem)
    await ports.state.close(opening.cursor, ended)
    return cleared


def _decision(context: RunContext, seen: Seen) -> Decision:
    return decide(context.connection, context.folder_id, seen.touch.link, seen.outlook, seen.pipeliner)
