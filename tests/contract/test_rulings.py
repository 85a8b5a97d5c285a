"""What people decided is found again, binds whom it should, and can be taken back; over all stores."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import assert_never

import pytest

from emulators.counting import CountingStore
from sync_core.domain import (
    CardKey,
    Concerned,
    ContactKey,
    IdentifierKey,
    LinkId,
    PairKey,
    PairRuling,
    Ruling,
    RulingKey,
    RulingKind,
)
from sync_core.engine.ports import Rulings
from sync_core.errors import NotFound
from sync_core.state import KeyedHash, StoredRulings, erase_rulings
from sync_core.storage import SqliteStore, Store, Table

SPACE = "space_1"
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
KEYED = KeyedHash(b"a key of thirty-two characters..", SPACE)
JANE = PairKey("o-jane", "p-jane", "doe jane", "doe j", frozenset({"mail:doe@family.test"}))
SMITHS = PairKey("o-1", "p-1", "john smith", "john smith")


def of_mailbox(store: Store, mailbox: str = "ada") -> StoredRulings:
    """Return the rulings that bind a mailbox."""
    return StoredRulings(store, SPACE, mailbox, KEYED.token)


def as_the_engine_sees_it(rulings: StoredRulings) -> Rulings:
    """Be checked by mypy against the engine's port."""
    return rulings


async def decide(
    rulings: StoredRulings, kind: RulingKind, *keys: RulingKey, name: str = "r1", for_space: bool = False
) -> None:
    """Rule on keys."""
    ruling = Ruling(name, kind, "somebody", AT + timedelta(seconds=int(name[1:])), for_space)
    await rulings.rule([(key, replace(ruling, about=about(key))) for key in keys])


def about(key: RulingKey) -> Concerned:
    """Whom a key of these tests names."""
    match key:
        case PairKey(outlook_id=outlook_id, pipeliner_id=pipeliner_id):
            return Concerned((outlook_id,), (pipeliner_id,))
        case ContactKey(id=contact_id):
            return Concerned((contact_id,))
        case IdentifierKey():
            return Concerned(("o",), ("p",))
        case CardKey(link_id=link_id):
            return Concerned(("o",), ("p",), (link_id,))
        case _:
            assert_never(key)


async def ruled(rulings: StoredRulings, pair: PairKey) -> PairRuling | None:
    """What was decided about one pair."""
    return (await as_the_engine_sees_it(rulings).on_pairs([pair])).get(pair)


async def test_a_pair_is_found_by_its_ids_whatever_it_is_called(store: Store) -> None:
    """And no other pair is."""
    await decide(of_mailbox(store), RulingKind.SAME, JANE)

    assert await ruled(of_mailbox(store), replace(JANE, outlook_name="", pipeliner_name="")) is PairRuling.SAME
    assert await ruled(of_mailbox(store), PairKey("o-jane", "p-other")) is None
    assert await ruled(of_mailbox(store), PairKey("p-jane", "o-jane")) is None


@pytest.mark.parametrize(
    "pair",
    [
        replace(JANE, outlook_id="new"),
        replace(JANE, pipeliner_id="new"),
        replace(JANE, outlook_id="new", pipeliner_id="new2"),
    ],
)
async def test_a_pair_is_found_by_its_names_when_ids_are_new(store: Store, pair: PairKey) -> None:
    """Within the mailbox; another mailbox knows nothing of it."""
    await decide(of_mailbox(store), RulingKind.APART, JANE)

    assert await ruled(of_mailbox(store), pair) is PairRuling.APART
    assert await ruled(of_mailbox(store, "ben"), pair) is None
    assert await ruled(of_mailbox(store, "ben"), JANE) is None


async def test_equal_names_find_a_ruling_only_together_with_one_of_its_ids(store: Store) -> None:
    """Two further namesakes were never ruled on: deciding for them would be a guess."""
    await decide(of_mailbox(store), RulingKind.SAME, SMITHS)

    assert await ruled(of_mailbox(store), replace(SMITHS, outlook_id="new")) is PairRuling.SAME
    assert await ruled(of_mailbox(store), replace(SMITHS, outlook_id="new", pipeliner_id="new2")) is None


async def test_without_names_only_ids_find_a_ruling(store: Store) -> None:
    """Cards without a name are not all one person."""
    bare = PairKey("o", "p", "", "", frozenset({"mail:a@b.test"}))
    await decide(of_mailbox(store), RulingKind.SAME, bare, for_space=True)

    assert await ruled(of_mailbox(store), bare) is PairRuling.SAME
    assert await ruled(of_mailbox(store), replace(bare, outlook_id="new")) is None


async def test_a_ruling_for_the_space_is_found_elsewhere_by_names_with_a_strong_identifier(store: Store) -> None:
    """Never by names alone, and never by ids of another mailbox."""
    await decide(of_mailbox(store), RulingKind.APART, JANE, for_space=True)
    theirs = replace(JANE, outlook_id="o-ben", strong=JANE.strong | {"mail:other@family.test"})

    assert await ruled(of_mailbox(store, "ben"), theirs) is PairRuling.APART
    assert await ruled(of_mailbox(store, "ben"), replace(theirs, strong=frozenset())) is None
    assert await ruled(of_mailbox(store, "ben"), replace(theirs, outlook_name="another")) is None


async def test_of_two_rulings_on_one_pair_the_later_one_counts(store: Store) -> None:
    """By ids and by names alike; the earlier one is gone from the list."""
    await decide(of_mailbox(store), RulingKind.SAME, JANE, name="r1")
    await decide(of_mailbox(store), RulingKind.APART, JANE, name="r2")

    assert await ruled(of_mailbox(store), JANE) is PairRuling.APART
    assert await ruled(of_mailbox(store), replace(JANE, outlook_id="new")) is PairRuling.APART
    assert [ruling.id for ruling in await of_mailbox(store).rulings()] == ["r2"]


async def test_same_is_one_to_one_within_a_mailbox(store: Store) -> None:
    """A later one with another contact takes the place of the earlier; another mailbox has its own."""
    other = replace(JANE, pipeliner_id="p-other", pipeliner_name="doe jim")
    await decide(of_mailbox(store), RulingKind.SAME, JANE, name="r1")
    await decide(of_mailbox(store, "ben"), RulingKind.SAME, JANE, name="r2")
    await decide(of_mailbox(store), RulingKind.SAME, other, name="r3")

    assert (await ruled(of_mailbox(store), JANE), await ruled(of_mailbox(store), other)) == (None, PairRuling.SAME)
    assert await ruled(of_mailbox(store, "ben"), JANE) is PairRuling.SAME


async def test_names_that_were_ruled_on_both_ways_decide_nothing(store: Store) -> None:
    """One John Smith is this one and not that one: by name it is asked again, by id it is known."""
    other = replace(SMITHS, pipeliner_id="p-2")
    await decide(of_mailbox(store), RulingKind.SAME, SMITHS, name="r1")
    await decide(of_mailbox(store), RulingKind.APART, other, name="r2")

    assert await ruled(of_mailbox(store), SMITHS) is PairRuling.SAME
    assert await ruled(of_mailbox(store), other) is PairRuling.APART
    assert await ruled(of_mailbox(store), replace(SMITHS, pipeliner_id="p-3")) is None


async def test_contacts_left_out_are_found_by_id_and_by_name(store: Store) -> None:
    """Within the mailbox."""
    await decide(of_mailbox(store), RulingKind.ALONE, ContactKey("o-1", "doe jane"))

    found = await of_mailbox(store).left_out({"o-1": "renamed", "o-2": "doe jane", "o-3": "other", "o-4": ""})
    assert found == {"o-1", "o-2"}
    assert await of_mailbox(store, "ben").left_out({"o-1": "doe jane"}) == frozenset()


async def test_a_shared_identifier_binds_the_mailbox_or_the_space(store: Store) -> None:
    """As it was ruled."""
    await decide(of_mailbox(store), RulingKind.SHARED, IdentifierKey("mail:a@b.test"), name="r1")
    await decide(of_mailbox(store), RulingKind.SHARED, IdentifierKey("tel:+4930"), name="r2", for_space=True)

    assert await of_mailbox(store).shared(["mail:a@b.test", "tel:+4930", "x"]) == {"mail:a@b.test", "tel:+4930"}
    assert await of_mailbox(store, "ben").shared(["mail:a@b.test", "tel:+4930"]) == {"tel:+4930"}


async def test_a_renamed_card_is_known_by_its_link_and_that_name(store: Store) -> None:
    """Typed over once more it is asked about again."""
    await decide(of_mailbox(store), RulingKind.RENAMED, CardKey("l1", "mary miller"))

    assert await of_mailbox(store).renamed(LinkId("l1"), "mary miller")
    assert not await of_mailbox(store).renamed(LinkId("l1"), "eva novak")
    assert not await of_mailbox(store).renamed(LinkId("l2"), "mary miller")


async def test_a_ruling_that_is_forgotten_leaves_the_others(store: Store) -> None:
    """All its rows go; another mailbox cannot forget it."""
    await decide(of_mailbox(store), RulingKind.SAME, JANE, name="r1", for_space=True)
    await decide(of_mailbox(store), RulingKind.APART, SMITHS, replace(SMITHS, pipeliner_id="p-2"), name="r2")
    (later, earlier) = await of_mailbox(store).rulings()
    assert (later.id, later.about.ids, earlier.about) == ("r2", frozenset({"o-1", "p-1", "p-2"}), about(JANE))
    assert (earlier.kind, earlier.by, earlier.at, earlier.for_space) == (
        RulingKind.SAME,
        "somebody",
        AT + timedelta(seconds=1),
        True,
    )

    with pytest.raises(NotFound):
        await of_mailbox(store, "ben").forget("r1")
    assert (await of_mailbox(store).forget("r1")).about == about(JANE)
    with pytest.raises(NotFound):
        await of_mailbox(store).forget("r1")

    assert await ruled(of_mailbox(store), JANE) is None
    assert await ruled(of_mailbox(store, "ben"), JANE) is None
    assert await ruled(of_mailbox(store), SMITHS) is PairRuling.APART


async def test_a_merge_in_the_crm_voids_what_was_ruled_on_its_ids(store: Store) -> None:
    """Under every handle, and in every mailbox; twice is fine."""
    await decide(of_mailbox(store), RulingKind.SAME, JANE, name="r1")
    await decide(of_mailbox(store), RulingKind.APART, SMITHS, name="r2")

    await as_the_engine_sees_it(of_mailbox(store, "ben")).void(["p-jane"])
    await of_mailbox(store).void(["p-jane"])
    await of_mailbox(store).void([])

    assert [ruling.id for ruling in await of_mailbox(store).rulings()] == ["r2"]
    assert await ruled(of_mailbox(store), replace(JANE, outlook_id="new", pipeliner_id="new")) is None


@pytest.mark.parametrize("ids", [{"o-jane"}, {"p-jane"}, set()])
async def test_a_person_is_erased_by_ids_or_by_hashes(store: Store, ids: set[str]) -> None:
    """Whatever the rows lie under; rulings about others stay."""
    await decide(of_mailbox(store), RulingKind.SAME, JANE, name="r1", for_space=True)
    await decide(of_mailbox(store), RulingKind.APART, SMITHS, name="r2")
    tokens = set() if ids else {KEYED.token("mail:doe@family.test")}

    assert await erase_rulings(store, ids, tokens) == 7

    assert [ruling.id for ruling in await of_mailbox(store).rulings()] == ["r2"]
    assert await erase_rulings(store, ids, tokens) == 0


async def test_rows_hold_no_word_of_a_person(store: Store) -> None:
    """Ids and hashes only."""
    await decide(of_mailbox(store), RulingKind.SAME, JANE, name="r1", for_space=True)
    await decide(of_mailbox(store), RulingKind.ALONE, ContactKey("o-9", "rare surname"), name="r2")
    await decide(of_mailbox(store), RulingKind.SHARED, IdentifierKey("mail:doe@family.test"), name="r3")

    rows = await store.read(Table.SPACES, SPACE, "", "zzz")
    told = " ".join(row.key + row.body for row in rows)
    assert rows
    assert [word for word in ("doe", "family", "rare", "surname", "ada") if word in told] == []


async def test_who_never_ruled_pays_one_read(store: Store) -> None:
    """For everything that a run asks."""
    counting = CountingStore(store)
    rulings = of_mailbox(counting)

    assert await rulings.on_pairs([JANE, SMITHS]) == {}
    assert await rulings.left_out({"a": "b"}) == frozenset()
    assert await rulings.shared(["a"]) == frozenset()
    assert not await rulings.renamed(LinkId("l"), "n")
    await rulings.void(["a"])
    assert (counting.counts.operations, counting.counts.transactions) == (1, 0)


async def test_many_pairs_are_looked_up_in_few_requests(store: Store) -> None:
    """As many as a full sync asks about at once."""
    await decide(of_mailbox(store), RulingKind.SAME, *(replace(JANE, outlook_id=f"o{one}") for one in range(150)))
    counting = CountingStore(store)
    pairs = [PairKey(f"o{one}", "p-jane") for one in range(1000)]

    found = await of_mailbox(counting).on_pairs(pairs)

    assert len(found) == 150
    assert counting.counts.operations <= 10


async def test_two_people_who_rule_at_once_are_both_heard(tmp_path_factory: pytest.TempPathFactory) -> None:
    """On the same names, so that they write one row."""
    store = SqliteStore(tmp_path_factory.mktemp("state") / "state.sqlite")
    try:
        await decide(of_mailbox(store), RulingKind.SAME, SMITHS, name="r0")
        others = [replace(SMITHS, outlook_id=f"o-{one}") for one in range(1, 5)]
        await asyncio.gather(
            *(decide(of_mailbox(store), RulingKind.APART, pair, name=f"r{one}") for one, pair in enumerate(others, 1))
        )
        assert len(await of_mailbox(store).rulings()) == 4
    finally:
        await store.close()
