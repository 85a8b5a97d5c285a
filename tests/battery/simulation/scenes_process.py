"""Scenes of our own process in trouble: crashes, a silent store, stolen leases, a disorderly queue."""

from __future__ import annotations

from tests.battery.simulation.stage import TICK, WRITES, Stage, some_writes
from tests.battery.simulation.story import Json


def trouble(stage: Stage) -> Json:
    """Return one thing that goes wrong in whatever happens next."""
    service = stage.rng.choice(("graph", "pipeliner"))
    nth, after = stage.rng.randint(1, 4), stage.rng.random() < 0.6
    kind = stage.rng.randrange(5)
    if kind == 0:
        pattern = stage.rng.choice(("", WRITES[service]))
        fault = {"action": "fault", "service": service, "pattern": pattern, "nth": stage.rng.randint(1, 2)}
        return {**fault, "drop": True, "after_effect": after}
    if kind == 1:
        return stage.interrupt(service, nth, {"action": "crash"}, after=after, pattern="(PATCH|POST|DELETE) ")
    if kind == 2:
        return stage.interrupt("store", stage.rng.randint(1, 8), {"action": "crash"}, after=after)
    if kind == 3:
        return stage.interrupt("store", stage.rng.randint(1, 8), {"action": "silence"}, after=after)
    return stage.interrupt(service, nth, stage.any_action(), after=after)


def crash(stage: Stage) -> list[Json]:
    """The process dies at any request or transaction."""
    where = stage.rng.choice(("graph", "pipeliner", "store", "store"))
    dies = stage.interrupt(where, stage.rng.randint(1, 9), {"action": "crash"}, after=stage.rng.random() < 0.5)
    later = [stage.any_action(), {"action": "wait", "seconds": stage.rng.choice((60, 310))}, TICK]
    return [*some_writes(stage), dies, TICK, *later]


def crash_after_the_journal(stage: Stage) -> list[Json]:
    """The process dies between writing a create down and doing it, or between doing it and storing that."""
    where, pattern = stage.rng.choice((("store", "2.journal"), ("graph", r"POST .*\$batch"), ("pipeliner", "POST ")))
    dies = stage.interrupt(where, 1, {"action": "crash"}, after=True, pattern=pattern)
    birth = stage.newcomer()
    meanwhile = [stage.edit(birth["who"], birth["side"])] if stage.rng.random() < 0.4 else []
    return [birth, dies, TICK, *meanwhile, {"action": "wait", "seconds": 310}, TICK]


def crash_twice(stage: Stage) -> list[Json]:
    """The recovery dies as well."""
    one = stage.interrupt("store", stage.rng.randint(2, 5), {"action": "crash"}, after=True)
    two = stage.interrupt("store", stage.rng.randint(2, 4), {"action": "crash"}, after=stage.rng.random() < 0.5)
    return [
        *some_writes(stage),
        one,
        TICK,
        {"action": "wait", "seconds": 310},
        two,
        TICK,
        {"action": "wait", "seconds": 310},
        TICK,
    ]


def silent_store(stage: Stage) -> list[Json]:
    """A transaction fails, or succeeds without an answer."""
    silence = stage.interrupt("store", stage.rng.randint(1, 8), {"action": "silence"}, after=stage.rng.random() < 0.6)
    return [*some_writes(stage), silence, TICK, TICK]


def lease_stolen(stage: Stage) -> list[Json]:
    """A run is so slow that another worker takes over in the middle of it."""
    where = stage.rng.choice(("graph", "pipeliner", "store"))
    thief = {"action": "steal", "at": stage.at(), "late": True}
    writes = [*some_writes(stage), stage.newcomer()]
    return [TICK, *writes, stage.interrupt(where, stage.rng.randint(3, 9), thief, after=stage.rng.random() < 0.5), TICK]


def runs_overlap(stage: Stage) -> list[Json]:
    """Another worker tries while a run runs."""
    where = stage.rng.choice(("graph", "pipeliner"))
    other = {"action": "steal", "at": stage.at(), "late": False, "mode": stage.rng.choice(("delta", "full"))}
    return [*some_writes(stage), stage.interrupt(where, stage.rng.randint(1, 5), other), TICK]


def tick_during_a_run(stage: Stage) -> list[Json]:
    """The feed fills the inbox while it is worked off."""
    edits = [stage.edit(stage.who(), "pipeliner"), {"action": "poll"}, stage.edit(stage.who(), "pipeliner")]
    armed = stage.interrupt("graph", stage.rng.randint(1, 5), {"action": "poll"}, after=stage.rng.random() < 0.5)
    return [TICK, *edits, armed, TICK]


def disorderly_queue(stage: Stage) -> list[Json]:
    """A message is lost, comes twice, or late."""
    habit = stage.rng.choice(("lose", "double", "late"))
    return [*some_writes(stage), {"action": "queue", "habit": habit}, TICK, stage.any_action(), TICK]


def daily_round(stage: Stage) -> list[Json]:
    """A full sync in the middle of things."""
    return [
        stage.any_action(),
        stage.any_action(),
        {"action": "sync", "at": stage.at(), "mode": "full"},
        stage.any_action(),
    ]
