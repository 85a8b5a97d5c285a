"""What every store promises, over SQLite and over Azure tables (Azurite)."""

from __future__ import annotations

import json

import pytest

from sync_core.errors import RowConflict
from sync_core.storage import (
    AFTER_ALL_KEYS,
    MAX_BODY_BYTES,
    MAX_TRANSACTION_BYTES,
    Insert,
    Operation,
    Put,
    Remove,
    Row,
    Store,
    Table,
    operation_bytes,
    prefix_end,
)
from sync_core.storage.store import MAX_OPERATIONS

PARTITION = "connection-7"
GRAPH_ID = "AAMkAGI2/TG93+AAA_x-Y~z==AAAAAAEOAAA="
LARGE_REQUEST = pytest.mark.filterwarnings(
    "ignore:Sending a large body directly:ResourceWarning"  # aiohttp, about the way azure-core hands it over 1 MiB
)


async def transact(store: Store, *operations: Operation, partition: str = PARTITION) -> list[str]:
    """Do the operations in the table and partition of these tests."""
    return await store.transact(Table.SYNC, partition, operations)


async def get(store: Store, key: str) -> Row | None:
    """Read a row of these tests."""
    return await store.get(Table.SYNC, PARTITION, key)


async def keys_between(store: Store, start: str, end: str, limit: int = 1000) -> list[str]:
    """Read a range's keys."""
    return [row.key for row in await store.read(Table.SYNC, PARTITION, start, end, limit)]


async def all_rows(store: Store) -> list[Row]:
    """Read what the partition holds."""
    return await store.read(Table.SYNC, PARTITION, "", AFTER_ALL_KEYS)


async def test_nothing_is_found_before_anything_was_stored(store: Store) -> None:
    """A store that was never written to reads as empty."""
    assert await get(store, "a") is None
    assert await store.get_many(Table.SYNC, PARTITION, ["a", "b"]) == {}
    assert await all_rows(store) == []


async def test_what_was_stored_is_read_back_with_the_etag_that_was_answered(store: Store) -> None:
    """Body and etag are the same in the answer to the write, a point read, many point reads and a range."""
    etags = await transact(store, Insert("a", '{"n": 1}'), Put("b", ""))
    expected = [Row("a", '{"n": 1}', etags[0]), Row("b", "", etags[1])]
    assert [await get(store, "a"), await get(store, "b")] == expected
    assert await store.get_many(Table.SYNC, PARTITION, ["b", "missing", "a", "b"]) == dict(
        zip("ab", expected, strict=True)
    )
    assert await all_rows(store) == expected


async def test_each_write_gives_a_row_a_new_etag(store: Store) -> None:
    """No two versions of a row share an etag, not even with the same body or after a delete."""
    etags = []
    for _ in range(5):
        etags += await transact(store, Put("a", "same"))
    await transact(store, Remove("a"))
    etags += await transact(store, Insert("a", "same"))
    assert len(set(etags)) == 6
    assert "" not in etags


async def test_a_put_replaces_the_whole_body(store: Store) -> None:
    """Nothing of a longer body survives a shorter one."""
    await transact(store, Put("a", "x" * 100_000))
    await transact(store, Put("a", "y"))
    row = await get(store, "a")
    assert row is not None
    assert row.body == "y"


async def test_a_put_with_the_current_etag_goes_through_and_answers_the_next(store: Store) -> None:
    """Etags chain from write to write."""
    (first,) = await transact(store, Insert("a", "1"))
    (second,) = await transact(store, Put("a", "2", first))
    await transact(store, Put("a", "3", second))
    row = await get(store, "a")
    assert row is not None
    assert row.body == "3"


async def test_a_remove_answers_an_empty_etag_and_the_row_is_gone(store: Store) -> None:
    """With the current etag or without any, a row that is there can be removed."""
    etags = await transact(store, Insert("a", "1"), Insert("b", "2"))
    assert await transact(store, Remove("a", etags[0]), Remove("b")) == ["", ""]
    assert await all_rows(store) == []


@pytest.mark.parametrize("kind", ["insert", "put", "remove", "put missing", "remove missing", "remove any missing"])
async def test_a_row_not_as_demanded_refuses_the_whole_transaction(store: Store, kind: str) -> None:
    """RowConflict names the position and the key, and nothing of the transaction is stored."""
    (stale,) = await transact(store, Insert("taken", "first"))
    await transact(store, Put("taken", "second"))
    before = await all_rows(store)
    refused: dict[str, Operation] = {
        "insert": Insert("taken", "x"),
        "put": Put("taken", "x", stale),
        "remove": Remove("taken", stale),
        "put missing": Put("missing", "x", stale),
        "remove missing": Remove("missing", stale),
        "remove any missing": Remove("missing"),
    }
    operation = refused[kind]
    with pytest.raises(RowConflict) as conflict:
        await transact(store, Insert("a", "1"), Put("b", "2"), operation, Insert("c", "3"))
    assert (conflict.value.index, conflict.value.key) == (2, operation.key)
    assert await all_rows(store) == before


async def test_a_conflict_far_into_a_transaction_is_named_by_its_position(store: Store) -> None:
    """Positions of two digits are told as well."""
    await transact(store, Insert("row-87", "there"))
    with pytest.raises(RowConflict) as conflict:
        await transact(store, *(Insert(f"row-{number}", "x") for number in range(100)))
    assert (conflict.value.index, conflict.value.key) == (87, "row-87")


async def test_a_transaction_takes_100_operations(store: Store) -> None:
    """The greatest number goes through at once and answers as many etags in order."""
    operations = [Insert(f"row-{number:03}", str(number)) for number in range(MAX_OPERATIONS)]
    etags = await transact(store, *operations)
    assert [(row.key, row.etag) for row in await all_rows(store)] == [
        (operation.key, etag) for operation, etag in zip(operations, etags, strict=True)
    ]


@pytest.mark.parametrize(
    ("expected", "operations"),
    [
        ("at least one", []),
        ("at most 100", [Insert(f"row-{number}", "x") for number in range(MAX_OPERATIONS + 1)]),
        ("at most once", [Insert("a", "x"), Remove("a")]),
        ("over 900000 bytes", [Insert("a", "x" * (MAX_BODY_BYTES // 2 + 1))]),
        ("operation_bytes", [Insert(f"row-{number}", "x" * 420_000) for number in range(10)]),
        ("surrogate", [Insert("a", "\ud800")]),
        ("at most 512", [Insert("k" * 513, "x")]),
        ("etag", [Put("a", "x", "")]),
    ],
)
async def test_a_transaction_out_of_bounds_is_refused_unsent(
    store: Store, expected: str, operations: list[Operation]
) -> None:
    """The limits of Table Storage hold everywhere, before anything is stored."""
    with pytest.raises(ValueError, match=expected):
        await transact(store, *operations)
    assert await all_rows(store) == []


async def test_other_bounds_are_refused(store: Store) -> None:
    """A limit beyond 1000, half a surrogate pair in a bound and a partition too long are errors of the caller."""
    with pytest.raises(ValueError, match="limit"):
        await store.read(Table.SYNC, PARTITION, "a", "b", 1001)
    with pytest.raises(ValueError, match="surrogate"):
        await store.read(Table.SYNC, PARTITION, "a", "\udfff")
    with pytest.raises(ValueError, match="at most 512"):
        await transact(store, Insert("a", "x"), partition="p" * 513)


@LARGE_REQUEST
@pytest.mark.parametrize(
    "body",
    [
        "x" * 200_000,
        "\N{GRINNING FACE}" * 50_000,
        "x" + "\N{GRINNING FACE}" * 50_000,
        "\u6f22" * (MAX_BODY_BYTES // 2),
        "x" * (MAX_BODY_BYTES // 2),
        json.dumps({"quotes": '"\\\n\t' * 5000}),
        "line\r\nends \u2028 \x00 \x1f \x7f \ufeff and ' quotes ",
    ],
    ids=["200 kB", "non-BMP", "non-BMP from an odd place", "largest beyond ASCII", "largest", "escapes", "controls"],
)
async def test_any_text_survives_as_body(store: Store, body: str) -> None:
    """Large bodies, pairs at every seam and characters that need escaping come back as they went in."""
    await transact(store, Insert("a", body))
    row = await get(store, "a")
    assert row is not None
    assert row.body == body


@LARGE_REQUEST
async def test_a_transaction_of_the_greatest_size_goes_through(store: Store) -> None:
    """What the size check lets through, the service takes, escapes and long keys included."""
    partition = "%" * 170
    body = '"' * 20_000
    size = operation_bytes(Insert("k" * 500 + "00", body))
    operations = [Insert("k" * 500 + f"{number:02}", body) for number in range(MAX_TRANSACTION_BYTES // size)]
    assert len(operations) > 80
    assert len(await transact(store, *operations, partition=partition)) == len(operations)


async def test_a_range_takes_its_start_and_leaves_its_end(store: Store) -> None:
    """Ranges are half open and ascending, whatever the order of writing."""
    await transact(store, *(Insert(key, "x") for key in ["d", "b", "a", "c", "bb"]))
    assert await keys_between(store, "b", "d") == ["b", "bb", "c"]
    assert await keys_between(store, "b", "d", limit=2) == ["b", "bb"]
    assert await keys_between(store, "c", "c") == []
    assert await keys_between(store, "d", "b") == []


async def test_a_prefix_is_a_range(store: Store) -> None:
    """From the prefix to `prefix_end` lie exactly the keys that start with it."""
    await transact(
        store, *(Insert(key, "x") for key in ["link", "link:", "link:a", "link:~\U0010ffff", "link;", "lin"])
    )
    assert await keys_between(store, "link:", prefix_end("link:")) == ["link:", "link:a", "link:~\U0010ffff"]


async def test_keys_are_in_code_point_order(store: Store) -> None:
    """Punctuation, upper and lower case and characters beyond the BMP sort the same in every store."""
    ascii_keys = [chr(code) for code in range(128)]
    wide_keys = ["\u00e9", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff"]
    keys = ["", *ascii_keys, *wide_keys, "a!", "a-", "a=", "a_", "a~", "aA", "aa"]
    for start in range(0, len(keys), MAX_OPERATIONS):
        await transact(store, *(Insert(key, "x") for key in keys[start : start + MAX_OPERATIONS]))
    assert await keys_between(store, "", AFTER_ALL_KEYS) == sorted(keys)


async def test_each_key_is_found_again_on_its_own(store: Store) -> None:
    """Ids of Graph and characters that table keys forbid work in point reads, conditional puts and removes."""
    keys = [
        GRAPH_ID,
        "a/b\\c#d?e%f",
        "it's",
        " ",
        "..",
        "%2F",
        "\u6f22 \N{GRINNING FACE}",
        "\x00\x1f\x7f\x85",
        "+&;:@[]{}|^`<>",
    ]
    etags = await transact(store, *(Insert(key, key) for key in keys))
    found = await store.get_many(Table.SYNC, PARTITION, keys)
    assert [found[key].body for key in keys] == keys
    etags = await transact(store, *(Put(key, "2", etag) for key, etag in zip(keys, etags, strict=True)))
    await transact(store, *(Remove(key, etag) for key, etag in zip(keys, etags, strict=True)))
    assert await all_rows(store) == []


async def test_more_than_1000_rows_are_read_in_steps(store: Store) -> None:
    """A range gives at most 1000 rows; the next begins after the last key."""
    for hundred in range(11):
        await transact(store, *(Insert(f"{hundred:02}-{number:02}", "x") for number in range(100)))
    first = await all_rows(store)
    rest = await store.read(Table.SYNC, PARTITION, first[-1].key + "\0", AFTER_ALL_KEYS)
    assert (len(first), len(rest)) == (1000, 100)
    assert [row.key for row in first + rest] == [
        f"{hundred:02}-{number:02}" for hundred in range(11) for number in range(100)
    ]


async def test_tables_and_partitions_are_apart(store: Store) -> None:
    """The same key in another table or partition is another row; partitions take any text, too."""
    places = [(Table.SYNC, "a"), (Table.SYNC, "a/b=="), (Table.SPACES, "a"), (Table.CONNECTIONS, "a"), (Table.SYNC, "")]
    for number, (table, partition) in enumerate(places):
        await store.transact(table, partition, [Insert("key", str(number))])
    for number, (table, partition) in enumerate(places):
        assert [row.body for row in await store.read(table, partition, "", AFTER_ALL_KEYS)] == [str(number)]
