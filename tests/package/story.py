"""What a packaged app has to live through: every kind of request to Graph and to storage that the sync makes."""

from __future__ import annotations

from typing import Any

from tests.functions.surroundings import Surroundings


def folder_of(around: Surroundings, connection_id: str) -> str:
    """Id of the connected folder."""
    return str(around.call("read_connection", route=connection_id).content["folder"]["id"])


def in_outlook(around: Surroundings, folder_id: str) -> dict[str, dict[str, Any]]:
    """Contacts in the folder, by last name."""
    return {item["surname"]: item for item in around.graph.contacts(around.mailbox, folder_id)}


def in_crm(around: Surroundings) -> dict[str, dict[str, Any]]:
    """The salesman's contacts in Pipeliner, by last name."""
    rows = around.crm.state("Contacts")["entities"]["Contacts"]
    return {row["last_name"]: row for row in rows if row["owner_id"] == around.user_id and not row["is_deleted"]}


def round_of(around: Surroundings) -> None:
    """Let the timer fire and work off what it asked for: one message at least."""
    around.tick()
    assert around.drain() > 0


def live_through(around: Surroundings) -> str:
    """Create, change and delete on both sides, each carried by timer, queue and run; returns the connection's id."""
    connection_id = around.connected()
    folder_id = folder_of(around, connection_id)
    lovelace = around.crm.people.create_contact(around.user_id, last_name="Lovelace", first_name="Ada")
    around.crm.people.create_contact(around.user_id, last_name="Noether", first_name="Emmy")
    hopper = around.graph.create_contact(around.mailbox, {"surname": "Hopper", "givenName": "Grace"}, folder_id)
    round_of(around)
    everybody = ["Hopper", "Lovelace", "Noether"]
    assert sorted(in_outlook(around, folder_id)) == sorted(in_crm(around)) == everybody

    around.graph.edit_contact(around.mailbox, hopper, {"jobTitle": "Rear Admiral"})
    around.crm.people.edit_contact(lovelace, position="Countess")
    round_of(around)
    assert in_crm(around)["Hopper"]["position"] == "Rear Admiral"
    assert in_outlook(around, folder_id)["Lovelace"]["jobTitle"] == "Countess"

    around.crm.people.delete_contact(lovelace)
    around.graph.delete_contact(around.mailbox, in_outlook(around, folder_id)["Noether"]["id"])
    round_of(around)
    assert "Lovelace" not in in_outlook(around, folder_id)
    return connection_id
