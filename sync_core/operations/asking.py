"""Answers for people and programs: a manual resync, runs, health, approval of held removals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from sync_core.domain.records import Run, RunState
from sync_core.engine.feed_port import PassRequest
from sync_core.errors import InvalidRequest, NotFound, SyncError
from sync_core.operations.ports import Operator
from sync_core.operations.working import new_run_id
from sync_core.state.registry import Standing
from sync_core.state.store import Table

MODES = ("delta", "full")


class Paused(InvalidRequest):
    """The connection is paused and runs no pass on request."""


async def request_sync(operator: Operator, connection_id: str, mode: str, trigger: str) -> Run:
    """Queue a pass on request. Raises NotFound, InvalidRequest (unknown mode) or Paused."""
    if mode not in MODES:
        raise InvalidRequest([f"mode: must be one of {', '.join(MODES)}"])
    record = await operator.registry.get(connection_id)
    if record.status is Standing.PAUSED:
        raise Paused([f"connection {connection_id} is paused ({record.reason}): {record.message} Resume it first."])
    run = Run(
        new_run_id(operator, connection_id),
        connection_id,
        trigger,
        mode,
        RunState.QUEUED,
        queued_at=operator.clock.now(),
    )
    # In this order a lost queue leaves no run behind that never comes; the pass's own row of the run stays as it is.
    await operator.queue.put(PassRequest(connection_id, trigger, mode, run.id))
    await operator.reader(connection_id).queue_run(run)
    return run


async def find_run(operator: Operator, run_id: str) -> Run:
    """Find a run by its id, which begins with its connection's. Raises NotFound."""
    connection_id = run_id.partition("-")[0]
    try:
        await operator.registry.get(connection_id)
        run = await operator.reader(connection_id).run(run_id)
    except NotFound:
        raise NotFound(f"there is no run {run_id!r}; runs are kept for a limited time") from None
    if run.state is RunState.QUEUED and (await operator.reader(connection_id).status()).running == run_id:
        return replace(run, state=RunState.RUNNING)
    return run


async def approve_removals(operator: Operator, connection_id: str) -> None:
    """Let the next pass carry out the removals that the guard holds. Raises NotFound."""
    await operator.registry.get(connection_id)
    await operator.reader(connection_id).approve_removals()
    await operator.queue.put(PassRequest(connection_id, "approve"))


@dataclass(frozen=True, slots=True)
class Check:
    """Whether one thing that the sync depends on answers; `problem` says what is wrong."""

    name: str
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether it answers."""
        return not self.problem


async def check_health(operator: Operator) -> tuple[Check, ...]:
    """Ask the state store, Graph and Pipeliner for anything cheap."""

    async def ask_state() -> None:
        await operator.store.get(Table.CONNECTIONS, "connections", "health")

    return (
        await _check("state", ask_state),
        await _check("graph", operator.outlook.check),
        await _check("pipeliner", operator.pipeliner.check),
    )


async def _check(name: str, ask: Callable[[], Awaitable[None]]) -> Check:
    try:
        await ask()
    except SyncError as error:
        return Check(name, str(error))
    return Check(name)
