from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.emulators.pipeliner.pipeliner_scenarios import Crm, crm


def _filled(count: int, **switches: Any) -> tuple[Crm, list[str]]:
    space = crm(**switches)
    return space, sorted(space.model.generate_contacts(count, [space.owner]))


def _walk(space: Crm, **query: Any) -> list[str]:
    """Return the ids of all pages."""
    found: list[str] = []
    page = space.listed(**query)
    while True:
        found += [record["id"] for record in page["data"]]
        if not page["page_info"]["has_next_page"]:
            return found
        page = space.listed(**query, after=page["page_info"]["end_cursor"])


def test_a_list_has_exactly_the_envelope_of_the_service() -> None:
    """A list carries success, total, page_info and data, in id order, thirty by default."""
    space, ids = _filled(31)

    body = space.listed()

    assert set(body) == {"success", "total", "page_info", "data"}
    assert set(body["page_info"]) == {"start_cursor", "end_cursor", "has_previous_page", "has_next_page"}
    assert (body["success"], body["total"]) == (True, 31)
    assert [record["id"] for record in body["data"]] == ids[:30]


def test_an_empty_page_has_no_cursors() -> None:
    """Nothing found means null cursors and both flags false."""
    body = crm().listed()

    assert body["data"] == []
    assert body["page_info"] == {
        "start_cursor": None,
        "end_cursor": None,
        "has_previous_page": False,
        "has_next_page": False,
    }


def test_cursors_are_the_sort_values_and_the_id() -> None:
    """A cursor decodes to a JSON array: the id alone by default, else the sort values before it."""
    space, ids = _filled(3)

    plain = space.listed(first="1")["page_info"]["end_cursor"]
    by_city = space.listed(first="1", order_by="city,-modified")

    assert json.loads(base64.b64decode(plain)) == [ids[0]]
    city, modified, row_id = json.loads(base64.b64decode(by_city["page_info"]["end_cursor"]))
    record = by_city["data"][0]
    assert [city, modified, row_id] == [record["city"], record["modified"], record["id"]]


@pytest.mark.parametrize("order", ["", "modified", "-modified", "city,-last_name", "-email1", "created", "id"])
def test_pages_give_every_record_once(order: str) -> None:
    """Walking by cursor meets each record exactly once in every order, and total never changes."""
    space, ids = _filled(23)

    walked = _walk(space, first="5", order_by=order)

    assert sorted(walked) == ids
    assert space.listed(first="5", order_by=order)["total"] == 23


def test_several_sort_keys_are_obeyed_with_the_id_last() -> None:
    """Later keys decide among equals, a hyphen turns a key round, the id settles ties."""
    space = crm()
    for city, name in (("B", "x"), ("A", "y"), ("A", "z"), ("A", "z")):
        space.create(city=city, last_name=name)

    rows = space.listed(order_by="city,-last_name")["data"]

    assert [(row["city"], row["last_name"]) for row in rows] == [("A", "z"), ("A", "z"), ("A", "y"), ("B", "x")]
    assert rows[0]["id"] < rows[1]["id"]


def test_a_walk_survives_writes_between_pages() -> None:
    """Cursors are positions, so nothing is skipped or repeated when records before them vanish or appear."""
    space, ids = _filled(10)
    page = space.listed(first="4")

    space.model.people.delete_contact(ids[1])
    space.model.people.create_contact(space.owner, last_name="Newcomer")
    rest = space.listed(first="100", after=page["page_info"]["end_cursor"])

    assert [record["id"] for record in rest["data"]][:6] == ids[4:]
    assert len(rest["data"]) == 7


def test_before_and_last_cut_from_the_other_end() -> None:
    """`last` takes the end of what `first` took, `before` ends the set before a cursor."""
    space, ids = _filled(10)
    seventh = space.listed(first="7")["page_info"]["end_cursor"]

    assert space.ids(last="2") == ids[8:]
    assert space.ids(first="5", last="2") == ids[3:5]
    assert space.ids(before=seventh, last="2") == ids[4:6]
    assert space.ids(before=seventh, first="2") == ids[:2]
    flags = space.listed(before=seventh, last="2")["page_info"]
    assert (flags["has_previous_page"], flags["has_next_page"]) == (True, True)


def test_the_page_size_is_capped_or_refused_by_switch() -> None:
    """More than a hundred is clamped by default and a 400 with the switch; nonsense is always a 400."""
    space, _ = _filled(120)

    assert len(space.listed(first="500")["data"]) == 100
    space.model.switches.first_over_cap = "reject"
    assert space.send("GET", "Contacts", first="500").status == 400
    assert space.send("GET", "Contacts", first="0").status == 400
    assert space.send("GET", "Contacts", first="some").status == 400


@pytest.mark.parametrize(
    "query", [{"after": "%%%"}, {"after": "WyJhIiwiYiJd"}, {"order_by": "nonsense"}, {"order_by": "owner"}]
)
def test_malformed_cursors_and_orders_are_parameter_errors(query: dict[str, Any]) -> None:
    """A cursor that is none of this order, or an unknown sort key, is a 400 with code 117."""
    space, _ = _filled(2)

    answer = space.send("GET", "Contacts", **query)

    assert (answer.status, answer.json()["code"]) == (400, 117)


def test_legacy_paging_leaves_out_page_info() -> None:
    """With limit and offset there are no cursors, and the total stays."""
    space, ids = _filled(7)

    body = space.listed(limit="3", offset="2")

    assert [record["id"] for record in body["data"]] == ids[2:5]
    assert "page_info" not in body
    assert body["total"] == 7


@pytest.mark.parametrize("order", ["", "modified", "-modified"])
def test_deleted_records_appear_only_when_asked_for(order: str) -> None:
    """Without include-deleted they are neither listed nor counted."""
    space, ids = _filled(6)
    space.model.people.delete_contact(ids[2])

    assert sorted(space.ids(order_by=order)) == [*ids[:2], *ids[3:]]
    assert space.listed(order_by=order)["total"] == 5
    shown = space.listed(order_by=order, include_deleted="true")
    assert shown["total"] == 6
    assert [record["id"] for record in shown["data"] if record["is_deleted"]] == [ids[2]]


def test_archived_records_are_listed_unless_the_switch_hides_them() -> None:
    """Whether lists show archived contacts is not documented, so both can be had."""
    space, ids = _filled(3)
    space.model.people.archive_contact(ids[0])

    assert space.ids() == ids
    space.model.switches.lists_show_archived = False
    assert space.ids() == ids[1:]
    assert space.ids(order_by="modified", first="1") != [ids[0]]


def test_a_listing_can_be_cut_short_honestly_or_not() -> None:
    """A short page may say that more follows, or claim to be the end; the total tells the truth."""
    space, ids = _filled(5, listing_cut=2)

    assert _walk(space) == ids
    space.model.switches.listing_cut_says_more = False
    assert _walk(space) == ids[:2]
    assert space.listed()["total"] == 5
    assert len(space.listed("Fields")["data"]) == 2
    space.model.switches.listing_cut_entity = "Contacts"
    assert len(space.listed("Fields")["data"]) == 30


def test_late_rows_keep_their_time_of_writing() -> None:
    """A write shows in lists only after some seconds, with a `modified` that lies before then."""
    space = crm()
    contact = space.create(last_name="Ahlers")
    space.model.switches.visible_after_s = 20.0
    changed = space.patch(contact["id"], last_name="Brandow")
    late = space.create(last_name="Corvin")

    assert [row["last_name"] for row in space.listed(order_by="modified")["data"]] == ["Ahlers"]
    assert space.get(contact["id"])["last_name"] == "Brandow"

    space.model.clock.advance(30)
    shown = space.listed(order_by="modified")["data"]
    assert [(row["id"], row["modified"]) for row in shown] == [
        (contact["id"], changed["modified"]),
        (late["id"], late["modified"]),
    ]


def test_hidden_rows_are_absent_without_being_deleted() -> None:
    """A record the application may not see is neither listed, counted nor found, and returns unchanged."""
    space, ids = _filled(3)
    space.model.people.hide(ids[1])

    assert space.ids(include_deleted="true") == [ids[0], ids[2]]
    assert space.listed()["total"] == 2
    assert space.send("GET", f"Contacts/{ids[1]}").status == 404
    space.model.people.hide(ids[1], hidden=False)
    assert space.ids() == ids


def test_a_hidden_relation_is_absent_from_its_contact() -> None:
    """What the application may not see is not shown under another record either."""
    space, ids = _filled(1)
    people = space.model.people
    relation = people.link_account(ids[0], people.add_account(space.owner, "Nordwerk"))

    people.hide(relation, plural="ContactAccountRelations")

    assert space.get(ids[0])["account_relations"] == []
    assert space.ids("ContactAccountRelations") == []
