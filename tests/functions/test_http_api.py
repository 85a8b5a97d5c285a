"""Every endpoint of the API does what its caller asked for, through Azure's own worker library."""

import json
from typing import Any

import pytest

from emulators.faults import Fault
from sync_core.domain import OutlookId, Reason, outlook_subject
from sync_core.engine.notices import question_notice
from sync_core.operations.questions import item_id
from sync_core.storage import Table
from tests.functions.surroundings import Surroundings

pytestmark = pytest.mark.functions


def test_connecting_answers_where_the_connection_is(around: Surroundings) -> None:
    """201, the connection with its settings in full, and a Location that reads the same again."""
    wanted = {"mailbox": around.mailbox, "user": around.mailbox, "settings": {"conflict_rule": "pipeliner"}}
    reply = around.call("connect", body=wanted)
    connection = reply.content
    assert (reply.status, reply.headers["location"]) == (201, f"/api/connections/{connection['id']}")
    assert reply.headers["cache-control"] == "no-store"
    assert (connection["mailbox"]["address"], connection["status"]) == (around.mailbox, "active")
    assert connection["user"] == {"id": around.user_id, "email": around.mailbox, "name": connection["user"]["name"]}
    assert connection["folder"]["name"] == "Pipeliner (Emulated)"
    assert (connection["settings"]["conflict_rule"], connection["settings"]["sync_type"]) == ("pipeliner", "two_way")
    read = around.call("read_connection", route=connection["id"])
    assert (read.status, {**read.content, "sync": None}) == (200, {**connection, "sync": None})
    assert [around.waiting()[0].count(connection["id"]), len(around.waiting())] == [1, 1]


def test_a_connection_shows_how_its_sync_stands(around: Surroundings) -> None:
    """After a run one sees what it did and what there is."""
    around.crm.people.create_contact(around.user_id, last_name="Lovelace", first_name="Ada")
    connection_id = around.connected()
    shown = around.call("read_connection", route=connection_id).content["sync"]
    assert (shown["links"], shown["attention"], shown["running"]) == (1, 0, None)
    assert (shown["last_run"]["state"], shown["last_run"]["counts"]["created_in_outlook"]) == ("done", 1)
    around.tick()
    around.drain()
    shown = around.call("read_connection", route=connection_id).content["sync"]
    assert (shown["waiting"], shown["removals_due"]) == ({"outlook": 0, "pipeliner": 0, "removals": 0}, None)


def test_connections_are_listed_in_pages(around: Surroundings) -> None:
    """Each connection comes once, in order, and the last page says that it is."""
    ids = sorted(around.connect(folder=folder) for folder in folders(around, "One", "Two", "Three"))
    first = around.call("list_connections", query={"limit": "2"}).content
    assert [item["id"] for item in first["items"]] == ids[:2]
    assert first["next"] == f"/api/connections?limit=2&after={ids[1]}"
    second = around.call("list_connections", query={"limit": "2", "after": ids[1]}).content
    assert ([item["id"] for item in second["items"]], second["next"]) == (ids[2:], None)


def folders(around: Surroundings, *names: str) -> list[str]:
    """Contact folders of the salesman, made by hand."""
    return [around.graph.add_folder(around.mailbox, name) for name in names]


def test_settings_change_one_by_one(around: Surroundings) -> None:
    """What is left out stays, and a change of rules is followed by a full sync."""
    connection_id = around.connected(settings={"conflict_rule": "outlook"})
    reply = around.call("change_connection", route=connection_id, body={"settings": {"delete_protection": False}})
    assert reply.status == 200
    assert (reply.content["settings"]["delete_protection"], reply.content["settings"]["conflict_rule"]) == (
        False,
        "outlook",
    )
    assert '"mode":"full"' in around.waiting()[0]


def test_pausing_rests_and_resuming_goes_on(around: Surroundings) -> None:
    """A paused connection says why; resumed, it syncs what has happened meanwhile."""
    connection_id = around.connected()
    paused = around.call("change_connection", route=connection_id, body={"status": "paused"}).content
    assert (paused["status"], paused["reason"]) == ("paused", "paused_by_person")
    around.crm.people.create_contact(around.user_id, last_name="Lovelace")
    around.tick()
    assert around.waiting() == []
    resumed = around.call("change_connection", route=connection_id, body={"status": "active"}).content
    assert (resumed["status"], resumed["reason"], resumed["message"]) == ("active", "", "")
    around.drain()
    assert names_in_outlook(around, resumed) == ["Lovelace"]


def names_in_outlook(around: Surroundings, connection: Any) -> list[str]:
    """Last names in the connected folder."""
    return sorted(item["surname"] for item in around.graph.contacts(around.mailbox, connection["folder"]["id"]))


def test_disconnecting_forgets_and_deletes_nothing(around: Surroundings) -> None:
    """204, no row is left of it, and the contacts stay where they are."""
    around.crm.people.create_contact(around.user_id, last_name="Lovelace")
    connection_id = around.connected()
    connection = around.call("read_connection", route=connection_id).content
    reply = around.call("disconnect", route=connection_id)
    assert (reply.status, reply.content) == (204, None)
    assert not [where for where, text in around.stored().items() if connection_id in (*where, text)]
    assert names_in_outlook(around, connection) == ["Lovelace"]
    assert around.call("read_connection", route=connection_id).status == 404


MODES = [(b"", "delta"), (b" \n", "delta"), ({}, "delta"), ({"mode": "full"}, "full")]


@pytest.mark.parametrize(("body", "mode"), MODES)
def test_a_sync_is_asked_for_and_followed(around: Surroundings, body: Any, mode: str) -> None:
    """202 with a run that is queued, and done once its message was worked off."""
    connection_id = around.connected()
    reply = around.call("request_sync", route=connection_id, body=body)
    run = reply.content
    assert (reply.status, reply.headers["location"]) == (202, f"/api/runs/{run['id']}")
    assert (run["state"], run["mode"], run["trigger"], run["connection_id"]) == ("queued", mode, "http", connection_id)
    assert around.call("read_run", route=run["id"]).content == run
    assert around.drain() == 1
    ended = around.call("read_run", route=run["id"]).content
    assert (ended["state"], ended["mode"], ended["counts"]["created_in_outlook"]) == ("done", mode, 0)
    assert ended["ended_at"] >= ended["started_at"]


def test_approving_lets_the_next_run_remove(around: Surroundings) -> None:
    """Held removals stand in the attention list with their remedy, and go through once approved."""
    contacts = [around.crm.people.create_contact(around.user_id, last_name=f"Number {n}") for n in range(3)]
    connection_id = around.connected(settings={"max_delete_count": 1, "max_delete_percent": 0})
    for contact in contacts:
        around.crm.people.delete_contact(contact)
    around.tick()
    around.drain()
    attention = around.call("read_attention", route=connection_id).content
    assert [item["reason"] for item in attention["items"]] == ["deletes_held"]
    assert "approve" in attention["items"][0]["remedy"]
    around.call("change_connection", route=connection_id, body={"status": "paused"})
    assert around.call("approve_removals", route=connection_id).content["type"].endswith(":paused")
    around.call("change_connection", route=connection_id, body={"status": "active"})
    reply = around.call("approve_removals", route=connection_id)
    assert (reply.status, reply.headers["location"]) == (202, f"/api/connections/{connection_id}")
    around.drain()
    assert names_in_outlook(around, around.call("read_connection", route=connection_id).content) == []
    assert around.call("read_attention", route=connection_id).content == {"items": [], "total": 0}


def test_attention_is_bounded_and_tells_how_much_there_is(around: Surroundings) -> None:
    """A long list is cut, and its length is told."""
    connection_id = around.connected()
    folder_id = around.call("read_connection", route=connection_id).content["folder"]["id"]
    for number in range(3):
        around.graph.create_contact(around.mailbox, {"companyName": f"Company {number}"}, folder_id)
    around.tick()
    around.drain()
    shown = around.call("read_attention", route=connection_id, query={"limit": "2"}).content
    assert ([item["reason"] for item in shown["items"]], shown["total"]) == (["name_missing"] * 2, 3)
    assert all(item["outlook_id"] and item["since"].endswith("Z") for item in shown["items"])


def asked(around: Surroundings, connection_id: str) -> tuple[str, str, str]:
    """Put up the question whether two contacts are one person; returns the item's id and both contacts'."""
    folder_id = around.call("read_connection", route=connection_id).content["folder"]["id"]
    jane = around.graph.create_contact(around.mailbox, {"surname": "Doe", "givenName": "Jane"}, folder_id)
    john = around.crm.people.create_contact(around.user_id, last_name="Doe", first_name="John")
    item = question_notice(
        Reason.COUNTERPART_UNCLEAR, outlook_subject(OutlookId(jane)), candidates=(john,), outlook_id=OutlookId(jane)
    )
    words = {"reason": item.reason, "message": item.message, "remedy": item.remedy}
    stored: dict[str, Any] = {**words, "outlook_id": jane}
    stored |= {"choices": item.choices, "candidates": item.candidates}
    around.put_row(Table.SYNC, connection_id, f"6.attention.{item.subject}", json.dumps(stored))
    return item_id(item), jane, john


def test_a_question_is_shown_answered_and_opened_again(around: Surroundings) -> None:
    """With names and choices; the ruling is listed, and a run is asked for each time."""
    connection_id = around.connected()
    item, jane, john = asked(around, connection_id)
    (shown,) = around.call("read_attention", route=connection_id).content["items"]
    assert (shown["id"], shown["contact"]) == (item, {"outlook": "Jane Doe", "pipeliner": ["John Doe"]})
    assert shown["choices"] == ["same", "different", "shared_identifier", "later"]
    answered = around.call("answer_item", route=connection_id, body={"item": item, "choice": "different"})
    assert (answered.status, answered.content["items"]) == (202, [item])
    listed = around.call("list_answers", route=connection_id).content
    (ruling,) = listed["items"]
    assert (ruling["kind"], ruling["outlook_ids"], ruling["pipeliner_ids"]) == ("apart", [jane], [john])
    assert [ruling["id"]] == answered.content["rulings"]
    assert '"trigger":"answer"' in around.waiting()[0]
    forgotten = around.call("forget_answer", route=f"{connection_id}/{ruling['id']}")
    assert (forgotten.status, forgotten.content["id"]) == (202, ruling["id"])
    assert around.call("list_answers", route=connection_id).content == {"items": [], "total": 0}
    assert around.call("forget_answer", route=f"{connection_id}/{ruling['id']}").status == 404
    assert len(around.waiting()) == 2


def test_two_contacts_are_linked_and_unlinked_by_hand(around: Surroundings) -> None:
    """Each is a ruling: one run links the two, another one parts them, and each gets a counterpart of its own."""
    connection_id = around.connected()
    _, jane, john = asked(around, connection_id)
    linked = around.call("link_contacts", route=connection_id, body={"outlook": jane, "pipeliner": john})
    assert (linked.status, list(linked.content)) == (202, ["ruling"])
    around.drain()
    assert around.call("read_connection", route=connection_id).content["sync"]["links"] == 1
    twice = around.call("link_contacts", route=connection_id, body={"outlook": jane, "pipeliner": john})
    assert (twice.status, "these two are linked already" in str(twice.content)) == (400, True)

    parted = around.call("unlink_contact", route=connection_id, body={"contact": john})

    assert parted.status == 202
    around.drain()
    assert around.call("read_connection", route=connection_id).content["sync"]["links"] == 2
    (ruling,) = around.call("list_answers", route=connection_id).content["items"]
    assert (ruling["id"], ruling["kind"]) == (parted.content["ruling"], "apart")
    assert around.call("unlink_contact", route=connection_id, body={"contact": "nobody"}).status == 404


def test_an_erased_person_is_listed_and_lifted(around: Surroundings) -> None:
    """By a row that names nobody; lifting it once more finds nothing."""
    around.crm.people.create_contact(around.user_id, last_name="Lovelace", email1="ada@example.test")
    around.connected()
    purged = around.call("purge", body={"person": "ada@example.test", "even_if_linked": True})
    assert purged.status == 200
    erased = purged.content["erased"]
    assert erased["row"] == f"erased.{erased['id']}"

    listed = around.call("list_erased").content
    assert (listed["items"], listed["total"]) == ([erased], 1)
    assert around.call("lift_erased", route=erased["id"]).content == erased
    assert around.call("list_erased").content == {"items": [], "total": 0}
    for unknown in (erased["id"], "no id at all"):
        assert around.call("lift_erased", route=unknown).status == 404


def test_duplicates_that_were_created_knowingly_are_listed(around: Surroundings) -> None:
    """There is none; and how many may be asked for is bounded."""
    assert around.call("list_duplicates").content == {"items": []}
    assert around.call("list_duplicates", query={"limit": "201"}).status == 400


def test_history_is_read_back_page_by_page(around: Surroundings) -> None:
    """Newest first, every entry once, and of one contact alone where one is asked for."""
    ids = [around.crm.people.create_contact(around.user_id, last_name=f"Number {n}") for n in range(3)]
    connection_id = around.connected()
    whole = around.call("read_history", route=connection_id).content
    assert ({item["pipeliner_id"] for item in whole["items"]}, whole["next"]) == (set(ids), None)
    assert {(item["deed"], item["side"]) for item in whole["items"]} == {("created", "outlook")}
    first = around.call("read_history", route=connection_id, query={"limit": "2"}).content
    last = around.call("read_history", route=connection_id, query={"limit": "2", "before": first["items"][-1]["id"]})
    assert first["next"].startswith(f"/api/connections/{connection_id}/history?limit=2&before=")
    assert (first["items"] + last.content["items"], last.content["next"]) == (whole["items"], None)
    of_one = around.call("read_history", route=connection_id, query={"contact": ids[1]}).content["items"]
    assert [item["pipeliner_id"] for item in of_one] == [ids[1]]


def test_health_is_good_when_everything_answers(around: Surroundings) -> None:
    """200 with each check by name."""
    reply = around.call("read_health")
    assert reply.status == 200
    assert reply.content["ok"] is True
    assert [(check["name"], check["ok"], check["problem"]) for check in reply.content["checks"]] == [
        ("state", True, ""),
        ("graph", True, ""),
        ("pipeliner", True, ""),
    ]


def test_health_names_what_does_not_answer(around: Surroundings) -> None:
    """503, and the problem stands with the service that has it."""
    around.crm.faults.plant(Fault(pattern="/Clients", status=401))
    reply = around.call("read_health")
    assert (reply.status, reply.content["ok"]) == (503, False)
    problems = {check["name"]: check["problem"] for check in reply.content["checks"]}
    assert problems == {
        "state": "",
        "graph": "",
        "pipeliner": "Pipeliner refused the API token and password of the space",
    }


def test_the_nightly_timer_reconciles_each_connection(around: Surroundings) -> None:
    """What it found stands in the run's message."""
    connection_id = around.connected()
    outcome = around.worker.timer("reconcile")
    assert outcome.succeeded
    around.drain()
    last = around.call("read_connection", route=connection_id).content["sync"]["last_run"]
    run = around.call("read_run", route=last["id"]).content
    assert (run["trigger"], run["state"], run["message"]) == ("reconcile", "done", "nothing was amiss")


def test_disconnecting_can_take_back_what_the_sync_created(around: Surroundings) -> None:
    """An unknown wish changes nothing; the contacts in Pipeliner stay."""
    around.crm.people.create_contact(around.user_id, last_name="Okafor")
    connection_id = around.connected()
    connection = around.call("read_connection", route=connection_id).content
    refused = around.call("disconnect", route=connection_id, query={"contacts": "burn"})
    assert (refused.status, refused.content["faults"]) == (400, ["contacts: must be keep or remove"])
    assert names_in_outlook(around, connection) == ["Okafor"]
    assert around.call("disconnect", route=connection_id, query={"contacts": "remove"}).status == 204
    assert names_in_outlook(around, connection) == []
    assert around.call("read_connection", route=connection_id).status == 404


def test_contacts_that_were_set_aside_are_retried_on_request(around: Surroundings) -> None:
    """None here; an unknown connection is a 404."""
    connection_id = around.connected()
    reply = around.call("retry_set_aside", route=connection_id)
    assert (reply.status, reply.content) == (202, {"retried": 0})
    assert around.call("retry_set_aside", route="unknown").status == 404


def test_what_counts_for_the_whole_space_is_read_and_changed(around: Surroundings) -> None:
    """Values and locks, and the stop of everything."""
    fresh = around.call("read_space")
    assert (fresh.status, fresh.content) == (
        200,
        {
            "settings": {},
            "locks": [],
            "rights": "roles",
            "status": "active",
            "stopped_at": None,
            "stopped_by": None,
        },
    )
    body = {"settings": {"max_delete_count": 3}, "lock": ["scope"], "status": "paused"}
    changed = around.call("change_space", body=body)
    assert changed.status == 200
    assert (changed.content["settings"], changed.content["locks"]) == ({"max_delete_count": 3}, ["scope"])
    assert (changed.content["status"], changed.content["stopped_by"]) == ("paused", "function key")
    assert around.call("read_space").content == changed.content
    assert around.call("change_space", body={"status": "active"}).content["status"] == "active"


def test_who_did_what_is_read_in_pages(around: Surroundings) -> None:
    """Newest first, with the way to the earlier entries."""
    connection_id = around.connected()
    around.call("change_connection", route=connection_id, body={"status": "paused"})
    first = around.call("read_audit", query={"limit": "1"}).content
    (entry,) = first["items"]
    assert (entry["act"], entry["result"], entry["who"], entry["from"]) == ("pause", "done", "function key", "http")
    assert (entry["connection_id"], entry["changed"], entry["why"]) == (connection_id, {}, "")
    before = first["next"].partition("before=")[2]
    assert [one["act"] for one in around.call("read_audit", query={"before": before}).content["items"]] == ["connect"]
