"""The journeys are counted as a reader would: files once entered, functions by name, real nesting of awaits."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Awaitable, Callable

import pytest

from emulators.bench import __main__ as bench
from emulators.bench.journeys import JOURNEYS, MESSAGE_TO_ROW, Bound, Journey, Walked, told, walk_all
from emulators.bench.tracing import ROOT, Tracer, Trail

HERE = "tests/bench/test_journeys.py"
FIRST = {"tick_to_inbox": "operations", "message_to_row": "operations", "patch_over_http": "web"}


def traced() -> Tracer:
    """Trace this file instead of the product."""
    return Tracer((__file__,))


async def outer(inner: Callable[[], Awaitable[None]]) -> None:
    """Await something, twice, with a pause between."""
    await inner()
    await asyncio.sleep(0)
    await inner()


async def inner() -> None:
    """Be suspended within, so that the whole chain is resumed."""
    await asyncio.sleep(0)
    innermost()


def innermost() -> None:
    """Call what belongs to its function: a lambda, a generator expression, a comprehension."""
    double: Callable[[int], int] = lambda number: 2 * number  # noqa: E731 - a lambda belongs to its function
    assert sum(double(len([one for one in range(number) if one])) for number in (1, 2)) == 2


def test_depth_is_the_nesting_of_awaits() -> None:
    """Three functions, one in the other, however often the loop comes between; the test itself is the fourth."""
    with traced() as tracer, asyncio.Runner() as runner:
        runner.run(outer(inner))
    assert tracer.trail == Trail({HERE: frozenset({"outer", "inner", "innermost"})}, depth=4)


def test_tasks_side_by_side_do_not_add_up() -> None:
    """Each task is a chain of its own."""

    async def at_once() -> None:
        await asyncio.gather(*(outer(inner) for _ in range(5)))

    with traced() as tracer, asyncio.Runner() as runner:
        runner.run(at_once())
    assert tracer.trail.depth == 4


def test_threads_started_meanwhile_are_seen() -> None:
    """Work that is handed to a thread belongs to the journey."""
    with traced() as tracer:
        thread = threading.Thread(target=innermost)
        thread.start()
        thread.join()
    assert tracer.trail.files == {HERE: frozenset({"innermost"})}


def test_what_is_not_traced_is_not_counted() -> None:
    """Neither the standard library nor the emulators are part of the product; who profiled before goes on."""

    def before(*_: object) -> None:
        """Profile nothing."""

    sys.setprofile(before)
    try:
        with Tracer() as tracer:
            json.loads("[1]")
        assert sys.getprofile() is before
    finally:
        sys.setprofile(None)
    assert tracer.trail == Trail()


def test_every_journey_is_walked() -> None:
    """They begin at the edge and end in the state, and the edit goes through the core."""
    walked = list(walk_all())
    assert [item.journey for item in walked] == list(JOURNEYS)
    for item in walked:
        files = list(item.trail.files)
        assert files[0].startswith(f"sync_core/{FIRST[item.journey.name]}/")
        assert any(name.startswith("sync_core/sto") or "/state/" in name for name in files)
        assert all((ROOT / name).is_file() for name in files)
    trail = next(item.trail for item in walked if item.journey is MESSAGE_TO_ROW)
    assert any("/domain/" in name for name in trail.files)
    assert trail.functions > len(trail.files) > trail.depth > 0


@pytest.mark.parametrize(
    ("bound", "is_kept"),
    [(None, True), (Bound(1, 2, 3), True), (Bound(0, 2, 3), False), (Bound(1, 1, 3), False), (Bound(1, 2, 2), False)],
)
def test_a_journey_beyond_its_bound_is_told(
    bound: Bound | None, is_kept: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each of the three numbers counts; without a bound there is nothing to keep."""
    trail = Trail({"sync_core/app.py": frozenset({"build", "close"})}, depth=3)
    walked = Walked(Journey("some_way", "some way", lambda *_: trail, bound), trail)
    monkeypatch.setattr(bench, "walk_all", lambda: [walked])
    assert bench.main(["--journeys", "--json"]) == (0 if is_kept else 1)
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {"ok", "journeys"}
    assert set(report["journeys"][0]) == {"name", "label", "files", "functions", "depth", "bound", "ok"}
    assert report["ok"] is is_kept
    assert told([walked]).splitlines()[1] == "    2  sync_core/app.py"
