"""Ending a connection with its contacts: what the sync created in Outlook is removed there, and nothing else.

A contact with edits that Pipeliner has not got is sent first; where they cannot be sent it stays. Links rest before
their contacts are deleted, so that a pass that comes in between never takes our delete for a person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum, auto

from sync_core.domain.connection import Connection
from sync_core.domain.contact import LinkId, OutlookId, Side
from sync_core.domain.link import Link, LinkState
from sync_core.domain.merge import changed_fields
from sync_core.domain.planning import LinkPlan
from sync_core.domain.records import Deed, HistoryEntry, Run, RunState
from sync_core.engine.carrying import Job, carry
from sync_core.engine.context import PassContext, PassInterrupted
from sync_core.engine.observing import Touch, plan_touches
from sync_core.engine.passes import PassPorts
from sync_core.engine.ports import Deleted, OutlookOutcome, Refused, Unfinished
from sync_core.engine.recovery import recover
from sync_core.engine.state_port import Opening, PipelinerWork, Unit
from sync_core.errors import ConnectionBroken, FolderGone, MailboxGone, RequestRejected, RetryLater, StoreUnavailable

CHUNK = 100
ROUNDS = 3
"""How often a contact that moves under us is looked at again."""
MOST_IDS = 100
"""Of contacts that stay, as many are named."""
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


class _Verdict(Enum):
    GONE = auto()
    KEEP = auto()
    SEND = auto()
    REMOVE = auto()


@dataclass(slots=True)
class _Clearing:
    context: PassContext
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
        left = links
        for _ in range(ROUNDS):
            if not left:
                return
            self.context.checkpoint()
            left = await self._round(left)
        self.failed += len(left)

    async def _round(self, links: Sequence[Link]) -> Sequence[Link]:
        """Look at the contacts, send and remove; gives the links to look at again."""
        jobs = await plan_touches(self.context, [Touch(link) for link in links])
        by_verdict: dict[_Verdict, list[Job]] = {verdict: [] for verdict in _Verdict}
        for item in jobs:
            by_verdict[self._judge(item)].append(item)
        await self.context.commit([Unit(before=item.plan.link) for item in by_verdict[_Verdict.GONE]])
        self.kept.extend(item.plan.outlook.id for item in by_verdict[_Verdict.KEEP] if item.plan.outlook is not None)
        again = {item.link_id for item in by_verdict[_Verdict.SEND]}
        await self._send(by_verdict[_Verdict.SEND])
        again |= await self._remove([item.plan for item in by_verdict[_Verdict.REMOVE]])
        return list((await self.context.state.links(sorted(again))).values()) if again else ()

    def _judge(self, item: Job) -> _Verdict:
        verdict = _judge(self.context, item.plan)
        return _Verdict.KEEP if verdict is _Verdict.SEND and item.link_id in self._tried else verdict

    async def _send(self, jobs: Sequence[Job]) -> None:
        """Send unsent edits to Pipeliner; nothing is written to Outlook."""
        if not jobs:
            return
        carried = await carry(self.context, [replace(item, plan=_only_to_pipeliner(item.plan)) for item in jobs])
        for unit in carried.units:
            if unit.after is not None and not any(isinstance(work, PipelinerWork) for work in unit.put_work):
                self._tried.add(unit.after.id)
                self.sent += any(entry.deed is Deed.UPDATED for entry in unit.history)
        await self.context.commit([replace(unit, put_work=()) for unit in carried.units], None, carried.resolved)

    async def _remove(self, plans: Sequence[LinkPlan]) -> set[LinkId]:
        """Delete contacts in Outlook; gives the links whose contacts are still there."""
        pairs = [(plan.link, plan.outlook) for plan in plans if plan.link is not None and plan.outlook is not None]
        if not pairs:
            return set()
        rested = [(link, replace(link, state=LinkState.RESTING, why_resting=WHY)) for link, _ in pairs]
        await self.context.commit([Unit(before=link, after=after) for link, after in rested if link != after])
        await self.context.state.hold()
        outcomes = await self.context.folder.delete([contact for _, contact in pairs])
        units = []
        left: set[LinkId] = set()
        for (_, link), outcome in zip(rested, outcomes, strict=True):
            if isinstance(outcome, Deleted):
                units.append(_removed_unit(link))
            elif isinstance(outcome, Refused):
                self.kept.append(link.outlook_id)
            else:
                left.add(link.id)
                self._note_pause(outcome)
        self.removed += len(units)
        self.context.counts.deleted_in_outlook += len(units)
        await self.context.commit(units)
        return left

    def _note_pause(self, outcome: OutlookOutcome) -> None:
        if isinstance(outcome, Unfinished):
            self.context.pause_s = max(self.context.pause_s, outcome.retry_after_s or 1.0)


async def clear_outlook(ports: PassPorts, connection: Connection, folder_id: str, run: Run, budget_s: float) -> Cleared:
    """Remove what the sync created, within `budget_s` seconds; what is already gone needs nothing.

    Raises LeaseTaken, LeaseLost and StoreUnavailable; any other trouble is told in what comes back.
    """
    opening = await ports.state.open(run.id)
    context = _context(ports, connection, folder_id, run, budget_s, opening)
    cleared = await _guarded(_Clearing(context), opening)
    state = RunState.DONE if cleared.is_finished else RunState.FAILED
    ended = replace(run, state=state, ended_at=ports.clock.now(), counts=context.counts, message=cleared.problem)
    await ports.state.close(opening.cursor, ended)
    return cleared


def _context(
    ports: PassPorts, connection: Connection, folder_id: str, run: Run, budget_s: float, opening: Opening
) -> PassContext:
    return PassContext(
        run_id=run.id,
        connection=connection,
        folder_id=folder_id,
        folder=ports.folder,
        contacts=ports.contacts,
        state=ports.state,
        clock=ports.clock,
        deadline=ports.clock.now() + timedelta(seconds=budget_s),
        cursor=replace(opening.cursor, is_full=False),
        links=opening.cursor.links,
    )


async def _guarded(clearing: _Clearing, opening: Opening) -> Cleared:
    context = clearing.context
    try:
        await recover(context, opening.intents)
        await clearing.walk()
    except PassInterrupted as stop:
        return clearing.cleared(str(stop), max(stop.retry_after_s, 1.0))
    except (FolderGone, MailboxGone):  # and all contacts with it
        return clearing.cleared()
    except StoreUnavailable:
        raise
    except (RetryLater, ConnectionBroken, RequestRejected) as error:
        return clearing.cleared(str(error))
    if any(intent.side is Side.OUTLOOK for intent in context.unresolved):
        return clearing.cleared(_TOO_YOUNG, context.recovery_wait_s)
    return clearing.cleared()


def _judge(context: PassContext, plan: LinkPlan) -> _Verdict:
    """Say what becomes of a contact. Only what holds nothing that is not in Pipeliner as well is removed."""
    link, outlook = plan.link, plan.outlook
    if link is None or outlook is None:
        return _Verdict.GONE
    if outlook.folder_id != context.folder_id:
        return _Verdict.KEEP
    edited = changed_fields(context.connection.field_map, outlook.contact, link.baselines.outlook)
    if not edited:
        return _Verdict.REMOVE
    merge = plan.merge if plan.create_on is None else None
    if merge is None or merge.conflicts or edited & merge.unsettled:
        return _Verdict.KEEP
    return _Verdict.SEND if merge.to_pipeliner else _Verdict.REMOVE


def _only_to_pipeliner(plan: LinkPlan) -> LinkPlan:
    if plan.merge is None:
        return plan
    unsettled = plan.merge.unsettled | frozenset(plan.merge.to_outlook)
    return replace(plan, merge=replace(plan.merge, to_outlook={}, unsettled=unsettled))


def _removed_unit(link: Link) -> Unit:
    entry = HistoryEntry(Deed.REMOVED, Side.OUTLOOK, link.id, link.outlook_id, link.pipeliner_id, why=WHY)
    return Unit(before=link, history=(entry,))
