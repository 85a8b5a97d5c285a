"""Real processes, real tables and queues: the worker is killed at random times while people work on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from threading import Event

import pytest

from emulators.faults import Fault
from sync_core.state.index_rows import INDEX_STATE
from sync_core.state.rows import ATTENTION, CREATES, CURSOR, LEASE, OPENING_END
from sync_core.storage import Table
from tests.azurite import Azurite
from tests.battery.figures import record
from tests.battery.kill.mortal import MortalApp, mortal_app
from tests.battery.kill.salesman import Salesman
from tests.battery.sizes import size
from tests.functions.surroundings import Surroundings, surroundings
from tests.left_out import reason_left_out

SEED = 20260105
MOST_ROUNDS = 3
"""Times the rounds of a layer's size, at most, until enough kills have met a run."""
SALESMEN = 3
TIMER_S = 300
TICK_S = 0.15
TICKS_SHARE = 0.2
GROWTH = 1.1
"""A process that has just started is slower than the one that was measured first."""
WRITES = (
    (True, r"POST /v1.0/\$batch"),
    (False, "POST .*/entities/Contacts"),
    (False, "POST .*/entities/Contacts"),
    (False, "PATCH .*/entities/Contacts/"),
)
"""Requests that write: whether in Outlook, and how they look."""
DIES_AFTER_S = 2.0
"""At least; on a slow machine twice as long as runs typically take, so that the write is reached."""
POLL = 7
"""Requests to Pipeliner with which one tick polls a space in which nothing moved."""
LONGEST_REST = 40
"""Rounds until rest, one a second and more: a lost create and a dead reader of the feed are waited for 30 s each."""

pytestmark = pytest.mark.skipif(bool(reason_left_out("functions")), reason=str(reason_left_out("functions")))


@pytest.fixture(scope="module")
def around(azurite: Azurite) -> Iterator[Surroundings]:
    """The deployed app with all around it, and empty storage."""
    with surroundings(azurite) as started:
        started.begin()
        yield started


def _hire(around: Surroundings, number: int) -> Salesman:
    mailbox = f"salesman{number}@example.test"
    around.graph.add_user(mailbox)
    user_id = around.crm.people.add_user(mailbox)
    around.mailbox = mailbox
    connection_id = around.connect(settings={"delete_protection": False, "deletion_delay_minutes": 0})
    folder_id = around.call("read_connection", route=connection_id).content["folder"]["id"]
    random = Random(f"{SEED}/{number}")  # noqa: S311 - seeded, not secret
    return Salesman(around.graph, around.crm, mailbox, user_id, connection_id, folder_id, random)


def _run_time(around: Surroundings) -> None:
    """Let the services' clocks go on; ours is the real one."""
    around.crm.clock.advance(TIMER_S)
    around.graph.clock.advance(TIMER_S)


def _left_behind(around: Surroundings, salesmen: list[Salesman]) -> list[str]:
    """Return the rows of journal, work and attention that are still there, and the turn of a reader that was killed."""
    ours = {salesman.connection_id for salesman in salesmen}
    stored = around.stored()
    keys = [key for _, partition, key in stored if partition in ours]
    standing = {LEASE, CURSOR, CREATES, INDEX_STATE}
    turns = [
        key for (table, _, key), row in stored.items() if table == Table.SPACES and key == LEASE and "holder" in row
    ]
    return turns + [key for key in keys if (key < OPENING_END and key not in standing) or key.startswith(ATTENTION)]


def _requests_beyond_idle(around: Surroundings) -> list[str]:
    """Return what was asked of the services beyond one delta a message and one poll of the space a tick."""
    beyond = [f"{name}: {count}" for name, count in sorted(around.graph.requests.items()) if name != "GET delta"]
    polled = around.crm.total_requests
    return beyond + ([f"Pipeliner: {polled} for {POLL}"] if polled != POLL else [])


def _come_to_rest(around: Surroundings, app: MortalApp, salesmen: list[Salesman]) -> list[str]:
    """Let the timer fire until a round has nothing more to do; returns what the last one found all the same.

    The round after one that wrote still reads what it wrote, for delta shows it.
    """
    left = ["nothing was looked at"]
    for _ in range(LONGEST_REST):
        _run_time(around)
        around.graph.reset_requests()
        around.crm.requests.clear()
        app.round()
        left = _left_behind(around, salesmen) + _requests_beyond_idle(around)
        if not left:
            break
        Event().wait(1)
    return left


def _round_killed_in_a_write(around: Surroundings, app: MortalApp, random: Random, typical_s: float) -> bool:
    """Let a service act but answer late, and kill the process that waits for it; returns whether that was so."""
    is_in_outlook, pattern = random.choice(WRITES)
    faults = around.graph.faults if is_in_outlook else around.crm.faults
    fired, deaths = faults.fired, app.deaths.in_run
    dies_after_s = max(DIES_AFTER_S, 2 * typical_s)
    faults.plant(Fault(pattern, nth=random.randint(1, 2), delay_s=2 * dies_after_s))
    app.round(runs_last_s=dies_after_s)
    faults.clear()
    return faults.fired > fired and app.deaths.in_run > deaths


def _round_killed_at_random(app: MortalApp, random: Random, typical_s: float) -> float:
    """Kill the process in the tick or, mostly, in the runs; returns what runs typically take."""
    before, share = app.deaths.all, random.random()
    if random.random() < TICKS_SHARE:
        app.round(tick_lasts_s=share * TICK_S)
        return typical_s
    took_s = app.round(runs_last_s=share * typical_s)
    return took_s if app.deaths.all == before else typical_s * GROWTH


def _has_met_enough(app: MortalApp, rounds: int, in_a_write: int) -> bool:
    """Whether kills fell into runs and into writes as often as they are meant to; a slow machine needs more rounds."""
    return app.deaths.in_run * 2 >= rounds and in_a_write * 5 >= rounds


def test_a_worker_killed_at_random_times_loses_and_doubles_nothing(around: Surroundings) -> None:
    """Both sides show what the people's book says, each contact once; the last round reads and writes nothing more."""
    random = Random(SEED)  # noqa: S311 - seeded, not secret
    rounds, in_a_write = size("killed_rounds"), 0
    with mortal_app(around, random) as app:
        salesmen = [_hire(around, number) for number in range(SALESMEN)]
        for salesman in salesmen:
            salesman.act()
        app.round()
        typical_s = app.round()
        for number in range(MOST_ROUNDS * rounds):
            if number >= rounds and _has_met_enough(app, rounds, in_a_write):
                break
            for salesman in salesmen:
                salesman.act()
            _run_time(around)
            if number % 2:
                in_a_write += _round_killed_in_a_write(around, app, random, typical_s)
            else:
                typical_s = _round_killed_at_random(app, random, typical_s)
        left = _come_to_rest(around, app, salesmen)
        deaths = app.deaths
    record(
        "killed processes",
        rounds=rounds,
        kills=deaths.all,
        kills_in_tick=deaths.in_tick,
        kills_in_run=deaths.in_run,
        kills_in_write=in_a_write,
        messages=deaths.messages,
        messages_delivered_again=deaths.twice,
        contacts=sum(len(salesman.book) for salesman in salesmen),
    )
    assert [line for salesman in salesmen for line in salesman.differences()] == []
    assert left == []
    assert around.graph.requests["GET delta"] >= SALESMEN
    assert _has_met_enough(app, rounds, in_a_write)
