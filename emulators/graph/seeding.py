"""Fills a tenant from one JSON value."""

from __future__ import annotations

from typing import Any

from emulators.graph.people import People


def seed(people: People, body: dict[str, Any]) -> dict[str, Any]:
    """Add the mailboxes of `{"mailboxes": [...]}`; gives their ids in the same order.

    A mailbox is `{"upn", "display_name"?, "id"?, "folders"?: [...]}` plus what a folder may hold, meant for its
    default folder. A folder is `{"name", "hidden"?, "contacts"?: [...], "contact_lists"?: [names], "by_hand"?,
    "folders"?: [...]}`; contacts are as in API bodies. Raises KeyError, TypeError or GraphError when it is not so.
    """
    return {"mailboxes": [_add_mailbox(people, mailbox) for mailbox in body["mailboxes"]]}


def _add_mailbox(people: People, mailbox: dict[str, Any]) -> dict[str, Any]:
    user = people.add_user(mailbox["upn"], mailbox.get("display_name", ""), mailbox.get("id"))
    return {"id": user, "upn": mailbox["upn"], **_fill(people, user, people.default_folder(user), mailbox)}


def _fill(people: People, user: str, folder_id: str, content: dict[str, Any]) -> dict[str, Any]:
    by_hand = content.get("by_hand", True)
    for name in content.get("contact_lists", ()):
        people.add_contact_list(user, name, folder_id)
    contacts = [
        people.create_contact(user, fields, folder_id, by_hand=by_hand) for fields in content.get("contacts", ())
    ]
    folders = []
    for inner in content.get("folders", ()):
        inner_id = people.add_folder(user, inner["name"], folder_id, hidden=inner.get("hidden", False))
        folders.append({"name": inner["name"], **_fill(people, user, inner_id, inner)})
    return {"folder_id": folder_id, "contacts": contacts, "folders": folders}
