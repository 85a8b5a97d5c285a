"""From the timer to the contact: queue and tables in Azurite, both services over HTTP, Azure's own worker library."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync_core.queues import POISON_QUEUE, RUNS_QUEUE
from tests.functions.surroundings import Surroundings

pytestmark = pytest.mark.functions

LEASE_WITHOUT_TIME_ZONE = '{"serial": 1, "holder": "Lovelace", "expires_at": "2026-01-05T08:00:00"}'
"""What nobody foresaw: it can be read, but not be compared with the time."""


def folder_of(around: Surroundings, connection_id: str) -> str:
    """Id of the connected folder."""
    return str(around.call("read_connection", route=connection_id).content["folder"]["id"])


def in_outlook(around: Surroundings, connection_id: str) -> list[dict[str, Any]]:
    """Contacts in the connected folder."""
    return around.graph.contacts(around.mailbox, folder_of(around, connection_id))


def in_crm(around: Surroundings) -> dict[str, dict[str, Any]]:
    """The salesman's contacts in Pipeliner, by last name."""
    rows = around.crm.state("Contacts")["entities"]["Contacts"]
    return {row["last_name"]: row for row in rows if row["owner_id"] == around.user_id and not row["is_deleted"]}


def round_of(around: Surroundings) -> None:
    """Let the timer fire and work off what it asked for."""
    around.tick()
    around.drain()


def test_the_timer_brings_contacts_both_ways(around: Surroundings) -> None:
    """A tick puts one message of ids into the queue; after its run both sides and the tables know each other."""
    connection_id = around.connected()
    crm_id = around.crm.people.create_contact(around.user_id, last_name="Lovelace", first_name="Ada")
    around.graph.create_contact(
        around.mailbox, {"surname": "Hopper", "givenName": "Grace"}, folder_of(around, connection_id)
    )
    around.tick()
    assert [json.loads(text) for text in around.waiting()] == [
        {"connection_id": connection_id, "trigger": "timer", "mode": "delta", "run_id": ""}
    ]
    around.drain()
    found = {item["surname"]: item for item in in_outlook(around, connection_id)}
    assert sorted(found) == sorted(in_crm(around)) == ["Hopper", "Lovelace"]
    mine = {
        key: text
        for (table, partition, key), text in around.stored().items()
        if (table, partition) == ("sync", connection_id)
    }
    pairs = [(found["Lovelace"]["id"], crm_id), (found["Hopper"]["id"], in_crm(around)["Hopper"]["id"])]
    for outlook_id, pipeliner_id in pairs:
        assert [text for text in mine.values() if outlook_id in text and pipeliner_id in text]
    assert any("deltatoken" in text.lower() for text in mine.values())
    round_of(around)
    around.graph.edit_contact(around.mailbox, found["Hopper"]["id"], {"jobTitle": "Rear Admiral"})
    around.crm.people.edit_contact(crm_id, first_name="Adaline")
    round_of(around)
    assert in_crm(around)["Hopper"]["position"] == "Rear Admiral"
    assert {item["givenName"] for item in in_outlook(around, connection_id)} == {"Adaline", "Grace"}


def test_an_idle_tick_costs_one_request_to_graph(around: Surroundings) -> None:
    """However many contacts there are, and Pipeliner is asked by the feed and for rights alone."""
    for number in range(30):
        around.crm.people.create_contact(around.user_id, last_name=f"Number {number}")
    connection_id = around.connected()
    round_of(around)
    assert len(in_outlook(around, connection_id)) == 30
    around.graph.reset_requests()
    around.crm.requests.clear()
    round_of(around)
    assert dict(around.graph.requests) == {"GET delta": 1}
    assert around.crm.total_requests == 7


def test_a_manual_sync_is_followed_to_its_end(around: Surroundings) -> None:
    """202 says where to look; there it is queued, and after the queue was worked off done with what it did."""
    connection_id = around.connected()
    around.graph.create_contact(around.mailbox, {"surname": "Hopper"}, folder_of(around, connection_id))
    location = around.call("request_sync", route=connection_id).headers["location"]
    run_id = location.removeprefix("/api/runs/")
    assert around.call("read_run", route=run_id).content["state"] == "queued"
    around.drain()
    run = around.call("read_run", route=run_id).content
    assert (run["state"], run["counts"]["created_in_pipeliner"]) == ("done", 1)
    assert sorted(in_crm(around)) == ["Hopper"]


def test_nothing_private_reaches_queue_or_log(around: Surroundings) -> None:
    """Neither a contact's values nor a mailbox nor a secret, in all that the app has written."""
    around.crm.people.create_contact(around.user_id, last_name="Lovelace", email1="countess@example.test")
    connection_id = around.connected()
    around.graph.create_contact(around.mailbox, {"surname": "Hopper"}, folder_of(around, connection_id))
    around.tick()
    around.call("request_sync", route=connection_id)
    queued = "".join(around.waiting())
    around.drain()
    for private in ("Lovelace", "Hopper", "countess", around.mailbox, "AccountKey"):
        assert private not in queued + around.log()


@pytest.mark.parametrize("text", ["not json", "{}", '{"connection_id": "a", "trigger": "x", "mode": "quick"}', "[]"])
def test_a_malformed_message_ends_in_the_poison_queue_and_is_logged(around: Surroundings, text: str) -> None:
    """It is tried as often as any other, and does not stay in the poison queue either."""
    around.send(text)
    outcomes = around.host.drain("sync_connection")
    assert [outcome.succeeded for outcome in outcomes] == [False] * 5
    assert all(outcome.error.startswith("InvalidRequest: queue message: ") for outcome in outcomes)
    assert (around.waiting(RUNS_QUEUE), around.waiting(POISON_QUEUE)) == ([], [text])
    assert [outcome.succeeded for outcome in around.host.drain("poison")] == [True]
    assert around.waiting(POISON_QUEUE) == []
    assert "was given up and concerns no connection (InvalidRequest)" in around.log()


def test_a_message_of_a_connection_that_is_gone_is_dropped(around: Surroundings) -> None:
    """Whether it comes in time or after it was given up, there is nobody to tell."""
    connection_id = around.connect()
    around.call("disconnect", route=connection_id)
    [text] = around.waiting()
    assert around.drain() == 1
    before = around.stored()
    assert around.worker.queue("poison", text).succeeded
    assert "was given up and concerns no connection (NotFound)" in around.log()
    assert around.stored() == before


def test_a_run_that_fails_again_and_again_becomes_an_attention_item(around: Surroundings) -> None:
    """Each delivery takes its own lease over and fails by itself, until the fault becomes visible; no value is told."""
    connection_id = around.connected()
    around.overwrite("sync", connection_id, "1.lease", LEASE_WITHOUT_TIME_ZONE)
    run_id = around.call("request_sync", route=connection_id).content["id"]
    outcomes = around.host.drain("sync_connection")
    assert len(outcomes) == 5
    for outcome in outcomes:
        assert outcome.error.startswith(
            f"UnexpectedFailure: a run of connection {connection_id} failed: TypeError at state/lease.py:"
        )
        assert "Lovelace" not in outcome.stack_trace
    assert [outcome.succeeded for outcome in around.host.drain("poison")] == [True]
    [item] = around.call("read_attention", route=connection_id).content["items"]
    assert (item["reason"], item["subject"]) == ("poison", "connection")
    assert "start a sync by hand" in item["remedy"]
    run = around.call("read_run", route=run_id).content
    assert (run["state"], run["message"].partition(" and ")[0]) == ("failed", "The run failed several times")


def test_a_row_that_cannot_be_read_pauses_its_connection_alone(around: Surroundings) -> None:
    """The first run says so, no message is given up, and the other connection goes on; no value is told."""
    torn = around.connected()
    cursor = next(where for where, text in around.stored().items() if where[1] == torn and "deltatoken" in text.lower())
    around.overwrite(*cursor, '{"private":"Lovelace"')
    other = around.connected(folder=around.graph.add_folder(around.mailbox, "Other"))
    around.crm.people.create_contact(around.user_id, last_name="Okafor")
    around.tick()
    assert [outcome.succeeded for outcome in around.host.drain("sync_connection")] == [True, True]
    paused = around.call("read_connection", route=torn).content
    assert (paused["status"], paused["reason"], paused["sync"]) == ("paused", "unreadable", None)
    assert "1.cursor" in paused["message"]
    [item] = around.call("read_attention", route=torn).content["items"]
    assert (item["reason"], item["subject"]) == ("paused", "connection")
    assert around.call("read_connection", route=other).content["sync"]["links"] == 1
    assert "Lovelace" not in around.log() + str(paused) + str(item)
