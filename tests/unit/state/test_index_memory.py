"""A whole side in memory: small enough for two sides of 50,000, and as exact as the rows."""

from __future__ import annotations

import secrets
import tracemalloc

from sync_core.state import KeyedHash
from sync_core.state.index_memory import HeldSide
from sync_core.state.index_rows import MOST_HANDLES, Indexed, bucket_of, tokens_of

KEYED = KeyedHash(b"k" * 32, "space-1")
CONTACTS = 2000


def test_a_side_takes_less_than_540_bytes_a_contact() -> None:
    """With ids as long as Graph's and six handles each, peaks included: 360 when it lies there.

    So a folder and a space of 50,000, whose ids are a quarter as long, take less than 40 MB.
    """
    contacts = [
        (secrets.token_bytes(112), [f"handle{handle}:{number}" for handle in range(6)]) for number in range(CONTACTS)
    ]
    tracemalloc.start()
    try:
        held = HeldSide()
        for number, (raw, handles) in enumerate(contacts):
            held.add(Indexed(raw.hex()[:150], tokens_of(KEYED, f"name {number}", handles)))
        held.close()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak / CONTACTS < 540
    assert held.holders(KEYED.token("handle3:7")) == [(contacts[7][0].hex()[:150], KEYED.token("name 7"))]
    assert held.holders(KEYED.token("handle3:x")) == []


def test_a_card_has_a_bounded_number_of_handles() -> None:
    """Whatever somebody writes into a contact; which ones are kept depends on nothing but the handles themselves."""
    many = [f"phone:{number}" for number in range(5000)]

    tokens = tokens_of(KEYED, "", many)

    assert len(tokens.handles) == MOST_HANDLES
    assert tokens == tokens_of(KEYED, "", reversed(many))


def test_tokens_spread_over_all_buckets() -> None:
    """Of any number, and none lies outside."""
    tokens = [KEYED.token(str(number)) for number in range(20_000)]
    for buckets in (1, 2, 7, 167, 4096):
        found = {bucket_of(token, buckets) for token in tokens}
        assert found <= set(range(buckets))
        assert len(found) > buckets * 0.98
