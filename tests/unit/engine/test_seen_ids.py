"""What a full sync remembers of whom it has seen: everybody, in little room."""

from __future__ import annotations

import secrets
import tracemalloc

from sync_core.engine.context import SeenIds


def test_whoever_was_seen_is_known_and_nobody_else() -> None:
    """Also seen twice, and in whatever portions."""
    ids = [secrets.token_hex(75) for _ in range(25_000)]
    seen = SeenIds()

    for start in range(0, len(ids), 700):
        seen.update(ids[start : start + 700])
    seen.update(ids[:100])

    assert all(one in seen for one in ids)
    assert not any(secrets.token_hex(75) in seen for _ in range(1000))
    seen.clear()
    assert ids[0] not in seen


def test_it_takes_less_than_30_bytes_each_when_it_lies_there() -> None:
    """Not the ids themselves, which take ten times as much: a folder and a space of 100,000 fit beside a run."""
    tracemalloc.start()
    try:
        seen = SeenIds()
        for _ in range(300):
            seen.update(secrets.token_hex(75) for _ in range(200))
        lies, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert lies / 60_000 < 30
