"""One history: build the world, play the story, let everything come to rest, and judge."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from sync_core.domain import AWAITING_CHANGES_SUBJECT, AWAITING_REMOVALS_SUBJECT, RunMode, Trigger
from sync_core.engine.ports import Awaited, RunRequest
from sync_core.errors import StoreUnavailable
from sync_core.operations import ConnectionChange, change
from sync_core.state import ConnectionStatus
from tests.battery.simulation.actions import act
from tests.battery.simulation.actions_of_rights import restore_rights
from tests.battery.simulation.answering import answer_all
from tests.battery.simulation.evidence import Evidence, gather, rows_of
from tests.battery.simulation.faults import Crash
from tests.battery.simulation.office import Office, add_connection, open_office
from tests.battery.simulation.oracle import judge
from tests.battery.simulation.running import LogBook, SimulatedDeployment
from tests.battery.simulation.situations import notice
from tests.battery.simulation.story import Story

MOST_ROUNDS = 24
"""Rounds in which everything must come to rest; quarantines, probes and late answers take some each."""
MOST_ANSWERS = 3
"""How often people answer whatever is asked: an answer may lead to another question, but not to the same."""
SETTLE_S = 310.0
"""Longer than a lease, and than a lost create may stay hidden."""
FAR_S = 90_000.0


@dataclass(slots=True)
class Outcome:
    """What came of a history."""

    story: Story
    violations: list[str]
    trace: str
    situations: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)


Meddle = Callable[[SimulatedDeployment], Awaitable[None]]


async def play(story: Story, meddle: Meddle | None = None) -> Outcome:
    """Play a story to its end and judge it. Never raises for what the product does.

    `meddle` acts unseen by the chronicle once everything rests, so that tests can see whether the judge notices.
    """
    random.seed(story.seed)  # the product's jitter
    log, book = logging.getLogger("sync_core"), LogBook()
    before = log.level, log.propagate
    log.addHandler(book)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    office = await open_office(story.world)
    try:
        return await _play(story, office, book, meddle)
    finally:
        await office.store.close()
        log.removeHandler(book)
        log.setLevel(before[0])
        log.propagate = before[1]


async def _play(story: Story, office: Office, book: LogBook, meddle: Meddle | None) -> Outcome:
    deployment = SimulatedDeployment(office)
    office.moments.perform = deployment.perform
    violations: list[str] = []
    evidence: Evidence | None = None
    try:
        await _begin(story, office)
        for step in story.steps:
            await deployment.perform({"action": step.action, **step.given})
        violations += await _come_to_rest(deployment)
        if meddle is not None:
            await meddle(deployment)
        evidence = await gather(deployment, book)
        violations += judge(evidence)
    except (Crash, StoreUnavailable) as error:
        violations.append(f"a fault outlived the story: {type(error).__name__}")
    except Exception as error:  # noqa: BLE001 - anything else that the product lets out is a finding
        violations.append(f"an error got out: {type(error).__name__}: {error}")
    figures = Counter(
        steps=len(story.steps),
        runs=office.chronicle.runs,
        ticks=deployment.ticks,
        requests=office.moments.requests.total(),
        writes=office.moments.writes,
        weighed=office.moments.witness.weighed,
        faults=office.graph.faults.fired + office.crm.faults.fired,
    )
    situations = notice(evidence) if evidence is not None else Counter()
    office.moments.note(*sorted(map(str, office.chronicle.sight.all())))
    return Outcome(story, violations, office.moments.trace, situations, figures)


async def _begin(story: Story, office: Office) -> None:
    for number, name in enumerate(story.world.get("accounts", ())):
        office.accounts.append(office.crm.people.add_account(office.user_ids[number % 2], name=name))
    later = [person for person in story.world["people"] if person["side"] == "outlook"]
    for person in story.world["people"]:
        if person["side"] == "pipeliner":
            act(office, "create", person)
    for connection in story.world["connections"]:
        await add_connection(office, connection)
    for person in later:
        act(office, "create", person)


async def _come_to_rest(deployment: SimulatedDeployment) -> list[str]:
    """Stop all faults, and let ticks and rounds go on until two in a row change nothing; a full one is among them."""
    await _mend(deployment)
    office, silent, seen_by_full, answers = deployment.office, 0, -1, 0
    for number in range(MOST_ROUNDS):
        changes = office.moments.changes
        office.clock.advance(await _next_wait_s(office) if number else SETTLE_S)
        await _approve_what_is_held(deployment)
        if number == 1 or (silent and seen_by_full != changes):
            seen_by_full = changes
            for record in office.records:
                await office.queue.put(RunRequest(record.id, Trigger.TIMER, RunMode.FULL))
            await deployment.drain(FAR_S)
        else:
            await deployment.tick(FAR_S)
        is_silent = office.moments.changes == changes and await _is_idle(office)
        silent = silent + 1 if is_silent else 0
        if silent >= 2 and answers < MOST_ANSWERS and office.answers_questions:
            answers += 1
            if await answer_all(office, deployment.answered):
                deployment.noted["answered late"] += 1
                silent = 0
        if silent >= 2:
            return ["the queue never runs empty"] if deployment.never_rests else []
    return [f"not at rest after {MOST_ROUNDS} rounds: {await _unrest(office)}"]


async def _mend(deployment: SimulatedDeployment) -> None:
    office = deployment.office
    office.graph.faults.clear()
    office.crm.faults.clear()
    office.moments.disarm()
    office.queue.expect("")
    office.graph.switches.change({"delta_omitted_share": 0.0, "batch_throttled_share": 0.0})
    office.crm.switches.change({"listing_cut": None, "roles_readable": True})
    restore_rights(office)
    office.clock.advance(office.crm.switches.visible_after_s)  # who is back must be listed before anybody resumes
    for user in office.graph.tenant.users:
        user.accessible = user.enabled = True
    for contact_id in list(office.crm.space.tables["Contacts"].hidden):
        office.crm.people.hide(contact_id, hidden=False)
    for record in office.records:
        stored = await office.deployment.registry.get(record.id)
        if stored.status is ConnectionStatus.PAUSED and stored.not_before is None:
            await change(office.deployment, record.id, ConnectionChange(status=ConnectionStatus.ACTIVE))


async def _approve_what_is_held(deployment: SimulatedDeployment) -> None:
    for number, record in enumerate(deployment.office.records):
        items = await deployment.office.deployment.reader(record.id).attention()
        if {item.subject for item in items} & {AWAITING_REMOVALS_SUBJECT, AWAITING_CHANGES_SUBJECT}:
            deployment.noted["held back and approved"] += 1
            await deployment.perform({"action": "approve", "at": number})


async def _next_wait_s(office: Office) -> float:
    """Time until the next thing that waits: a quarantined contact, or the probe of a paused connection."""
    now = office.clock.peek()
    times: list[datetime] = []
    for record in office.records:
        stored = await office.deployment.registry.get(record.id)
        times.extend([stored.not_before] if stored.not_before else [])
        waiting = (item for item in (await rows_of(office, record.id)).work if not isinstance(item, Awaited))
        times.extend(item.not_before for item in waiting if item.not_before)
    future = [(at - now).total_seconds() for at in times if at > now]
    return max(SETTLE_S, min(future, default=0.0) + 1.0)


async def _is_idle(office: Office) -> bool:
    for record in office.records:
        stored = await office.deployment.registry.get(record.id)
        rows = await rows_of(office, record.id)
        if stored.status is not ConnectionStatus.ACTIVE or stored.failures or rows.unasked or rows.intents:
            return False
    return not office.queue.waiting


async def _unrest(office: Office) -> str:
    parts = []
    for record in office.records:
        stored = await office.deployment.registry.get(record.id)
        rows = await rows_of(office, record.id)
        parts.append(
            f"{record.id} {stored.status} {stored.reason} failures={stored.failures} "
            f"work={len(rows.unasked)} intents={len(rows.intents)}"
        )
    return "; ".join(parts) + f"; messages={len(office.queue.waiting)}"
