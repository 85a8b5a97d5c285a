from __future__ import annotations

from typing import Any

import pytest

from tests.emulators.pipeliner.pipeliner_scenarios import Crm, crm

NAMES = {"Anna": "Ahlers", "bela": "ahlers-Brandow", "Cora": ""}


def _three() -> Crm:
    space = crm()
    for first, last in NAMES.items():
        space.create(first_name=first, last_name=last, email1=f"{first}@People.example" if last else "")
    return space


def _found(space: Crm, **filters: tuple[str, str]) -> set[str]:
    return {row["first_name"] for row in space.listed(filters=filters)["data"]}


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("eq", "Ahlers", {"Anna"}),
        ("eq", "ahlers", set()),
        ("ieq", "ahlers", {"Anna"}),
        ("not-eq", "Ahlers", {"bela", "Cora"}),
        ("not-ieq", "AHLERS", {"bela", "Cora"}),
        ("contains", "hlers", {"Anna", "bela"}),
        ("contains", "brandow", set()),
        ("icontains", "brandow", {"bela"}),
        ("starts", "Ah", {"Anna"}),
        ("istarts", "ah", {"Anna", "bela"}),
        ("ends", "lers", {"Anna"}),
        ("iends", "BRANDOW", {"bela"}),
        ("empty", "", {"Cora"}),
        ("not-empty", "", {"Anna", "bela"}),
        ("gt", "Ahlers", {"bela"}),
        ("gte", "Ahlers", {"Anna", "bela"}),
        ("lt", "Ahlers", {"Cora"}),
        ("lte", "Ahlers", {"Anna", "Cora"}),
        ("between", "A,B", {"Anna"}),
    ],
)
def test_each_operator_compares_text_its_own_way(operator: str, value: str, expected: set[str]) -> None:
    """The operators select by case, part, order and emptiness."""
    assert _found(_three(), last_name=(operator, value)) == expected


def test_null_operators_see_ids_that_were_never_set() -> None:
    """`null` finds unset ids, `not-null` the others."""
    space = _three()

    assert _found(space, picture_id=("null", "")) == set(NAMES)
    assert _found(space, owner_id=("not-null", "")) == set(NAMES)
    assert _found(space, picture_id=("not-null", "")) == set()


def test_all_filters_hold_at_once_and_default_to_equality() -> None:
    """Several fields are combined with AND; without filter-op a filter means eq."""
    space = _three()

    assert _found(space, last_name=("icontains", "ahlers"), email1=("ieq", "ANNA@people.example")) == {"Anna"}
    assert _found(space, email1=("eq", "anna@people.example")) == set()
    without_operator: dict[str, Any] = {"filter[first_name]": "Anna"}
    assert [row["first_name"] for row in space.listed(**without_operator)["data"]] == ["Anna"]


def test_the_filters_a_sync_uses_find_their_records() -> None:
    """Owner, id and e-mail select by index, deleted records included when asked for."""
    space = _three()
    other = space.model.people.add_user("otto@sales.example")
    theirs = space.create(first_name="Dario", owner_id=other)
    space.model.people.delete_contact(theirs["id"])

    assert _found(space, owner_id=("eq", space.owner)) == set(NAMES)
    assert space.ids(filters={"id": ("eq", theirs["id"])}) == []
    assert space.ids(filters={"id": ("eq", theirs["id"])}, include_deleted="true") == [theirs["id"]]
    assert space.ids(filters={"owner_id": ("eq", other)}, include_deleted="true") == [theirs["id"]]
    assert space.ids("Clients", filters={"email": ("ieq", "OTTO@sales.example")}) == [other]


@pytest.mark.parametrize("form", ["{}T{}Z", "{} {}", "{} {}+00:00", "{}T{}+00:00"])
def test_times_are_compared_to_the_microsecond_in_every_written_form(form: str) -> None:
    """`gte` includes the exact microsecond and `gt` excludes it, whether written with T, space, Z or offset."""
    space = _three()
    moment = space.listed(order_by="modified")["data"][1]["modified"]
    text = form.format(moment[:10], moment[11:].removesuffix("+00:00"))

    assert _found(space, modified=("gte", text)) == {"bela", "Cora"}
    assert _found(space, modified=("gt", text)) == {"Cora"}
    assert _found(space, modified=("lt", text)) == {"Anna"}
    assert _found(space, modified=("lte", text)) == {"Anna", "bela"}


def test_changed_since_lists_deletions_and_counts_what_it_lists() -> None:
    """The delta query of a sync shows updates and deletions since a time, oldest first, with their number."""
    space = _three()
    ids = space.ids()
    since = space.listed(order_by="-modified")["data"][0]["modified"]
    space.patch(ids[0], city="Kiel")
    space.send("DELETE", f"Contacts/{ids[1]}")

    changed = {"modified": ("gt", since)}
    with_deleted = space.listed(filters=changed, order_by="modified", include_deleted="true")
    without = space.listed(filters=changed, order_by="modified")

    assert [row["id"] for row in with_deleted["data"]] == [ids[0], ids[1]]
    assert (with_deleted["total"], without["total"]) == (2, 1)


@pytest.mark.parametrize(
    "query",
    [
        {"filter[dragon]": "1"},
        {"filter[owner]": "x"},
        {"filter[owner.email]": "x"},
        {"filter[city]": "x", "filter-op[city]": "like"},
        {"filter-op[city]": "gt"},
        {"filter[modified]": "yesterday"},
        {"filter[modified]": "2026-01-05 08:00:00 00:00"},
        {"filter[gender]": "x"},
        {"filter[is_archived]": "perhaps"},
        {"filter[modified]": "2026-01-05", "filter-op[modified]": "between"},
        {"include-deleted": "perhaps"},
    ],
)
def test_filters_that_make_no_sense_are_parameter_errors(query: dict[str, Any]) -> None:
    """Unknown fields and operators, and values of the wrong kind, are a 400 with code 117."""
    answer = crm().send("GET", "Contacts", **query)

    assert (answer.status, answer.json()["code"]) == (400, 117)
