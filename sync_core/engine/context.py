"""What the parts of one pass share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sync_core.domain.connection import Connection
from sync_core.domain.contact import LinkId, OutlookId, PipelinerId
from sync_core.domain.records import RunCounts
from sync_core.engine.ports import Clock, OutlookFolderPort, PipelinerContactsPort
from sync_core.engine.state_port import ConnectionState, Cursor, Intent, Unit
from sync_core.engine.watching import UNWATCHED, PassWatch

BATCH = 192
"""Contacts carried together: a journal transaction and six commits of 32 new links."""


class PassInterrupted(Exception):
    """The pass stops at a checkpoint and is followed by another, no sooner than `retry_after_s`."""

    def __init__(self, why: str, retry_after_s: float = 0.0) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


@dataclass(slots=True)
class PassContext:
    """One pass: its connection, its ports, and what it has found so far."""

    run_id: str
    connection: Connection
    folder_id: str
    folder: OutlookFolderPort
    contacts: PipelinerContactsPort
    state: ConnectionState
    clock: Clock
    deadline: datetime
    cursor: Cursor = field(default_factory=Cursor)
    counts: RunCounts = field(default_factory=RunCounts)
    links: int = 0
    removals_approved: bool = False
    has_work: bool = False
    unresolved: tuple[Intent, ...] = ()
    seen_outlook: set[OutlookId] = field(default_factory=set)
    seen_pipeliner: set[PipelinerId] = field(default_factory=set)
    recovery_wait_s: float = 0.0
    pause_s: float = 0.0
    watch: PassWatch = UNWATCHED
    _minted: int = 0
    _checkpoints: int = 0

    def mint_link_id(self) -> LinkId:
        """Give a new link id; unique because run ids are."""
        self._minted += 1
        return LinkId(hashlib.sha256(f"{self.run_id}/{self._minted}".encode()).hexdigest()[:20])

    async def commit(
        self, units: Sequence[Unit], cursor: Cursor | None = None, resolved: Sequence[LinkId] = ()
    ) -> None:
        """Store units (those that hold anything) and remember the cursor."""
        await self.state.commit([unit for unit in units if unit != Unit()], cursor, resolved)
        if cursor is not None:
            self.cursor = cursor
        for unit in units:
            self.counts.attention += len(unit.attention)
            self.has_work = self.has_work or bool(unit.put_work)
            self.links += (unit.before is None and unit.after is not None) - (
                unit.before is not None and unit.after is None
            )
            if unit.after is not None and self.cursor.is_full:
                self.seen_outlook.add(unit.after.outlook_id)
                self.seen_pipeliner.add(unit.after.pipeliner_id)

    def checkpoint(self) -> None:
        """Stop here when time is up or a service asked for a pause; everything so far is stored.

        The first checkpoint lets time pass, so that even the shortest budget brings every pass one step on.
        """
        self._checkpoints += 1
        if self.pause_s:
            raise PassInterrupted("a service asked for a pause", self.pause_s)
        if self._checkpoints > 1 and self.clock.now() >= self.deadline:
            raise PassInterrupted("the time budget is used up")
