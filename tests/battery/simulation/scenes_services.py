"""Scenes of services in trouble: lost answers, throttling, outages, lost cursors, short listings, no access."""

from __future__ import annotations

from tests.battery.simulation.stage import TICK, WRITES, Stage, some_writes
from tests.battery.simulation.story import Json
from tests.battery.simulation.words import some_text

CREATES = {"graph": r"POST .*/contacts$", "pipeliner": r"POST .*/Contacts"}
RETRY_AFTER = ("7", "2.128", "Mon, 05 Jan 2026 09:00:00 GMT", "600", "")


def lost_reply(stage: Stage) -> list[Json]:
    """A write is done, or not, and no answer comes."""
    service = stage.rng.choice(("graph", "pipeliner"))
    path = "/contacts/" if service == "graph" else "/Contacts/"
    pattern = stage.rng.choice((CREATES[service], f"PATCH .*{path}", f"DELETE .*{path}"))
    fault = {"action": "fault", "service": service, "pattern": pattern, "drop": True}
    removal = [stage.delete(stage.who(), "pipeliner" if service == "graph" else "outlook")]
    wait = [{"action": "wait", "seconds": stage.rng.choice((5, 40, 150))}, TICK] if stage.rng.random() < 0.6 else []
    writes = [TICK, *some_writes(stage), *(removal if "DELETE" in pattern else [])]
    return [*writes, {**fault, "after_effect": stage.rng.random() < 0.75}, TICK, *wait]


def lost_delete(stage: Stage) -> list[Json]:
    """A delete is done, or not, and no answer comes."""
    service, side = stage.rng.choice((("graph", "pipeliner"), ("pipeliner", "outlook")))
    path = "/contacts/" if service == "graph" else "/Contacts/"
    fault = {"action": "fault", "service": service, "pattern": f"DELETE .*{path}", "drop": True}
    who = stage.who()
    back = [{"action": "restore", "who": who, "at": stage.at(), "side": side}]
    after = back if stage.rng.random() < 0.3 else []
    return [TICK, stage.delete(who, side), {**fault, "after_effect": stage.rng.random() < 0.75}, TICK, *after]


def second_thoughts(stage: Stage) -> list[Json]:
    """Nobody was told of a write, and the person who caused it edits again, or takes it back."""
    who, field = stage.who(), some_text(stage.rng)
    side, service = stage.rng.choice((("outlook", "pipeliner"), ("pipeliner", "graph")))
    crash = stage.interrupt(service, stage.rng.randint(1, 3), {"action": "crash"}, after=True, pattern="(PATCH|POST) ")
    lost = {"action": "fault", "service": service, "pattern": "PATCH", "drop": True, "after_effect": True}
    again = stage.rng.choice((stage.clear(who, side, field), stage.edit(who, side, field)))
    begun = [TICK, stage.clear(who, side, field), TICK] if stage.rng.random() < 0.5 else [TICK]
    return [*begun, stage.edit(who, side, field), stage.rng.choice((crash, lost)), TICK, again, TICK]


def lost_create(stage: Stage) -> list[Json]:
    """A create is done and no answer comes."""
    service = stage.rng.choice(("graph", "pipeliner"))
    birth = stage.newcomer("pipeliner" if service == "graph" else "outlook")
    fault = {"action": "fault", "service": service, "pattern": CREATES[service], "drop": True, "after_effect": True}
    meanwhile = [stage.edit(birth["who"], birth["side"])] if stage.rng.random() < 0.4 else []
    return [birth, fault, TICK, *meanwhile, {"action": "wait", "seconds": stage.rng.choice((5, 40, 150))}, TICK]


def whole_batch_lost(stage: Stage) -> list[Json]:
    """The answer to a whole batch does not come, or comes cut."""
    broken = stage.rng.choice(({"drop": True, "after_effect": True}, {"cut_at": 40}))
    fault = {"action": "fault", "service": "graph", "pattern": r"\$batch", "nth": stage.rng.randint(1, 4), **broken}
    return [*some_writes(stage), fault, TICK]


def throttled(stage: Stage) -> list[Json]:
    """429 in every form of Retry-After."""
    service = stage.rng.choice(("graph", "graph", "pipeliner"))
    wait = stage.rng.choice(RETRY_AFTER)
    line = stage.rng.choice(("", WRITES[service], r"contacts/delta" if service == "graph" else "modified"))
    fault = {
        "action": "fault",
        "service": service,
        "pattern": line,
        "times": stage.rng.choice((1, 2, 6)),
        "status": 429,
    }
    return [*some_writes(stage), {**fault, "headers": {"Retry-After": wait} if wait else {}}, TICK]


def broken_service(stage: Stage) -> list[Json]:
    """5xx, with a page of HTML, or an answer that is cut off."""
    service = stage.rng.choice(("graph", "pipeliner"))
    line = stage.rng.choice(("", WRITES[service], r"contacts/delta" if service == "graph" else "modified"))
    fault = {"action": "fault", "service": service, "pattern": line, "nth": stage.rng.randint(1, 3)}
    kind = stage.rng.choice(
        ({"status": 500}, {"status": 503}, {"status": 502, "body": "<html>busy</html>"}, {"cut_at": 30})
    )
    return [*some_writes(stage), {**fault, **kind, "times": stage.rng.choice((1, 5))}, TICK]


def long_outage(stage: Stage) -> list[Json]:
    """Writes of one service fail for several runs: contacts are set aside and released."""
    service = stage.rng.choice(("graph", "pipeliner"))
    fault = {"action": "fault", "service": service, "pattern": "PATCH", "times": None, "status": 503}
    side = "outlook" if service == "pipeliner" else "pipeliner"
    ticks = [step for _ in range(5) for step in (TICK, {"action": "wait", "seconds": 120})]
    return [TICK, stage.edit(stage.who(), side), stage.edit(stage.who(), side), fault, *ticks, {"action": "mend"}, TICK]


def delta_lost(stage: Stage) -> list[Json]:
    """410 or a malformed token, perhaps while creates are open."""
    if stage.rng.random() < 0.4:
        told = '{"error": {"code": "BadRequest", "message": "Badly formed token."}}'
        lost: Json = {"action": "fault", "service": "graph", "pattern": "deltatoken", "status": 400, "body": told}
        return [TICK, *some_writes(stage), lost, TICK]
    dies = stage.interrupt("store", 1, {"action": "crash"}, after=True, pattern="2.journal")
    births = [stage.newcomer("pipeliner"), stage.newcomer("outlook")]
    return [TICK, *births, dies, TICK, {"action": "expire_delta"}, {"action": "wait", "seconds": 320}, TICK]


def delta_lost_while_paging(stage: Stage) -> list[Json]:
    """410 in the middle of a round."""
    fault = {
        "action": "interrupt",
        "where": "graph",
        "nth": 1,
        "after": True,
        "pattern": "delta",
        "then": {"action": "expire_delta"},
    }
    return [*some_writes(stage), fault, TICK, TICK]


def short_listing(stage: Stage) -> list[Json]:
    """A listing is cut short, or leaves contacts out: a service that lies."""
    if stage.rng.random() < 0.5:
        cut = {"action": "switch", "service": "crm", "name": "listing_cut", "value": 1}
    else:
        cut = {"action": "switch", "service": "graph", "name": "delta_omitted_share", "value": 0.6}
    return [
        TICK,
        cut,
        {"action": "expire_delta"},
        {"action": "sync", "at": stage.at(), "mode": "full"},
        stage.any_action(),
        TICK,
    ]


def access_lost(stage: Stage) -> list[Json]:
    """The mailbox is out of reach for a while."""
    at = stage.at()
    back = [{"action": "access", "at": at, "granted": True}, TICK] if stage.rng.random() < 0.6 else []
    return [*some_writes(stage), {"action": "access", "at": at, "granted": False}, TICK, *back]


def paused_by_a_person(stage: Stage) -> list[Json]:
    """Nothing is missed meanwhile."""
    at = stage.at()
    pause = [{"action": "pause", "at": at, "paused": True}, *some_writes(stage), TICK, stage.any_action()]
    return [*pause, {"action": "pause", "at": at, "paused": False}, TICK]
