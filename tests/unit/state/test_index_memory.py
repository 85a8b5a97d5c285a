"""A whole side in memory: small enough for two sides of 50,000, and as exact as the rows."""

from __future__ import annotations

import secrets
import tracemalloc

from sync_core.state import KeyedHash
from sync_core.state.index_memory import HeldSide
from sync_core.state.index_rows import MOST_HANDLES, Indexed, bucket_of, tokens_of

KEYED = KeyedHash(b"k" * 32, "space-1")
CONTACTS = 2000


def test_a_side_takes_less_than_300_bytes_a_contact() -> None:
    """With ids as long as Graph's that have nothing in common, and six handles each; peaks included.

    So a folder and a space of 100,000, whose ids are a quarter as long, take less than 50 MB.
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

    assert peak / CONTACTS < 300
    assert held.holders(KEYED.token("handle3:7")) == [(contacts[7][0].hex()[:150], KEYED.token("name 7"))]
    assert held.holders(KEYED.token("handle3:x")) == []


def test_ids_that_begin_alike_are_given_back_whole() -> None:
    """Whatever they have in common with the first one: nothing, a part, all of it, or more than that."""
    ids = ["A" * 40 + "b" * 112, "A" * 40 + "c" * 112, "A" * 39, "z", "A" * 40 + "b" * 112 + "d" * 300, "ä" * 150]
    held = HeldSide()
    for number, contact_id in enumerate(ids):
        held.add(Indexed(contact_id, tokens_of(KEYED, f"name {number}", ["phone:1", f"mail:{number}"])))
    held.close()

    assert sorted(held.holders(KEYED.token("phone:1"))) == sorted(
        (contact_id, KEYED.token(f"name {number}")) for number, contact_id in enumerate(ids)
    )


def test_memory_tells_whether_a_contact_is_shown_just_so() -> None:
    """Another name, a handle more or less, or somebody else's, is something else; without handles it cannot tell."""
    held = HeldSide()
    shown = tokens_of(KEYED, "name", ["phone:1", "mail:1"])
    held.add(Indexed("id-1", shown))
    held.add(Indexed("id-2", tokens_of(KEYED, "name", ["phone:1", "mail:2"])))
    held.close()

    assert held.shows("id-1", shown)
    assert not held.shows("id-2", shown)
    assert not held.shows("id-3", shown)
    assert not held.shows("id-1", tokens_of(KEYED, "other", ["phone:1", "mail:1"]))
    assert not held.shows("id-1", tokens_of(KEYED, "name", ["phone:1"]))
    assert not held.shows("id-1", tokens_of(KEYED, "name", ["phone:1", "mail:1", "mail:2"]))
    assert not held.shows("id-1", tokens_of(KEYED, "name", []))


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
