"""Answering on the command line: what is shown to choose from, what is decided, and what is taken back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sync_core.domain import AttentionItem, OutlookId, PipelinerId, Reason, outlook_subject
from sync_core.engine.notices import question_notice
from sync_core.operations.questions import item_id
from sync_core.queues import LocalQueue
from sync_core.settings import load_settings
from tests.cli.office import CONNECT, MAILBOX, NearOffice, Ran, rows_of

ADDRESS = "doe@family.test"


def put_up(office: NearOffice, connection: str, item: AttentionItem) -> str:
    """Put up an item as a run does; returns its id."""

    async def report() -> None:
        app = office._open(load_settings(office.surroundings()), LocalQueue())
        try:
            await app.deployment.reader(connection).report(item)
        finally:
            await app.close()

    asyncio.run(report())
    return item_id(item)


def does(office: NearOffice, connection: str) -> tuple[OutlookId, PipelinerId]:
    """Write Jane Doe into the connected folder and John Doe into Pipeliner."""
    (shown,) = office.run("status", connection, "--json").document["connections"]
    card = {"surname": "Doe", "givenName": "Jane", "emailAddresses": [{"address": ADDRESS}]}
    jane = office.graph.create_contact(MAILBOX, card, shown["folder"]["id"])
    john = office.crm.people.create_contact(office.user_id, last_name="Doe", first_name="John", email1=ADDRESS)
    return OutlookId(jane), PipelinerId(john)


def question(office: NearOffice, connection: str) -> tuple[str, OutlookId, PipelinerId]:
    """Ask whether Jane is John; returns the item's id and both contacts'."""
    jane, john = does(office, connection)
    item = question_notice(Reason.COUNTERPART_UNCLEAR, outlook_subject(jane), candidates=(john,), outlook_id=jane)
    return put_up(office, connection, item), jane, john


def test_duplicates_that_were_created_knowingly_are_shown_by_their_ids(office: NearOffice) -> None:
    """To whoever runs the sync; before there is one, that there is none."""
    assert "there is no possible duplicate" in office.run("duplicates").out
    people = office.crm.people
    colleague = people.add_user("ben@example.test")
    hidden = people.create_contact(colleague, last_name="Doe", first_name="Jane", email1=ADDRESS, share_mode=1)
    connection = office.run(*CONNECT, "--json").document["connection"]["id"]
    does(office, connection)
    office.run("sync")

    shown = office.run("duplicates")

    assert hidden in shown.out
    (found,) = office.run("duplicates", "--json").document["items"]
    assert (found["connection"], found["others"]) == (connection, [hidden])


def test_connecting_says_whom_notes_reach_unless_they_are_kept(office: NearOffice) -> None:
    """Before the first sync; and the setting keeps them."""
    told = office.run(*CONNECT, "--folder", "new")
    assert "reach everybody who has the contact there too" in told.err
    folder = office.graph.add_folder(MAILBOX, "Private")
    kept = office.run(*CONNECT, "--folder", folder, "--setting", 'kept_when_shared=["notes"]', "--json")
    assert "reach everybody" not in kept.err
    assert kept.document["connection"]["settings"]["kept_when_shared"] == ["notes"]


def refused(office: NearOffice, *typed: str, says: str) -> None:
    """Run a command that must be refused with these words, for people and for programs, and change nothing."""
    before = rows_of(office.state)
    ran, told = office.run(*typed), office.run(*typed, "--json")
    assert (ran.status, told.status) == (2, 2)
    assert says in ran.err
    assert says in told.document["error"]["message"]
    assert rows_of(office.state) == before


def shown_item(ran: Ran, item: str) -> dict[str, Any]:
    """The item of that id."""
    (found,) = [one for one in ran.document["items"] if one["id"] == item]
    return dict(found)


def test_attention_shows_who_it_is_about_and_what_may_be_answered(near: NearOffice) -> None:
    """Codes and ids for programs, names as they are now for people; none of the names is stored."""
    connection = near.connect()
    item, jane, john = question(near, connection)

    shown = shown_item(near.run("attention", "--json"), item)
    assert shown["choices"] == ["same", "different", "shared_identifier", "later"]
    assert shown["contact"] == {"outlook": "Jane Doe", "pipeliner": ["John Doe"]}
    assert shown["candidates"] == [{"id": john, "name": "John Doe"}]
    assert (shown["reason"], shown["outlook_id"]) == ("twin_unclear", jane)

    words = near.run("attention").out
    assert all(word in words for word in (item, f"Outlook {jane} Jane Doe", f"Pipeliner {john} John Doe", "same, diff"))
    assert not [row for row in rows_of(near.state) if "Jane" in row[3] or "John" in row[3]]


def test_an_answer_is_ruled_on_and_the_sync_follows(near: NearOffice) -> None:
    """What was decided is listed with who decided it, and can be taken back."""
    connection = near.connect()
    item, jane, john = question(near, connection)

    ran = near.run("answer", item[:6], "different", "--json")
    assert ran.document["answered"] == {
        "connection": connection,
        "choice": "different",
        "items": [item],
        "left": [],
        "rulings": [ran.document["answered"]["rulings"][0]],
    }
    assert ran.document["synced"][0]["runs"][0]["trigger"] == "answer"

    (ruling,) = near.run("answer", "--list", connection, "--json").document["rulings"]
    assert (ruling["kind"], ruling["by"], ruling["space"]) == ("apart", "command line", False)
    assert (ruling["outlook_ids"], ruling["pipeliner_ids"]) == ([jane], [john])
    table = near.run("answer", "--list").out
    assert all(word in table for word in (ruling["id"], "apart", "command line", jane, john))

    forgotten = near.run("answer", "--forget", ruling["id"][:8], "--json")
    assert forgotten.document["forgotten"]["id"] == ruling["id"]
    assert near.run("answer", "--list", "--json").document["rulings"] == []
    assert "nothing was decided yet" in near.run("answer", "--list").out


def test_equal_items_are_answered_in_one_command(near: NearOffice) -> None:
    """And it says how many."""
    connection = near.connect()
    items = []
    for number in range(2):
        card = OutlookId(f"o{number}")
        notice = question_notice(
            Reason.COUNTERPART_UNCLEAR, outlook_subject(card), candidates=(f"p{number}",), outlook_id=card
        )
        items.append(put_up(near, connection, notice))

    ran = near.run("answer", items[0], "later", "--all")

    assert "2 answered with later" in ran.out
    assert [bool(shown_item(near.run("attention", "--json"), item)["later"]) for item in items] == [True, True]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("answer",), "type ITEM and CHOICE"),
        (("answer", "ITEM"), "type ITEM and CHOICE"),
        (("answer", "ITEM", "maybe"), "takes one of same, different, shared_identifier, later"),
        (("answer", "ITEM", "same", "nobody"), "must be one of the item's candidates"),
        (("answer", "ITEM", "same", "--connection", "zzz"), "there is no connection 'zzz'"),
        (("answer", "ffffffffff", "same"), "no connection has an attention item"),
        (("answer", "BARE", "same"), "takes no answer"),
        (("answer", "ITEM", "same", "--list"), "stand alone"),
        (("answer", "--forget", "nothing"), "there is no ruling 'nothing'"),
        (("answer", "--list", "zzz"), "there is no connection 'zzz'"),
        (("link", "CONNECTION", "nobody", "nobody"), "outlook: the connected folder has no contact"),
        (("link", "CONNECTION", "nobody"), "the following arguments are required: PIPELINER"),
        (("unlink", "CONNECTION", "nobody"), "links no contact of this id"),
    ],
)
def test_what_is_typed_wrong_is_named(near: NearOffice, typed: tuple[str, ...], says: str) -> None:
    """With what to do instead; nothing is stored."""
    connection = near.connect()
    item, _, _ = question(near, connection)
    bare = put_up(near, connection, AttentionItem("outlook:bare", Reason.NAME_MISSING, "No name.", "Give it one."))
    words = {"ITEM": item, "BARE": bare, "CONNECTION": connection}

    refused(near, *(words.get(word, word) for word in typed), says=says)


def test_an_item_of_several_connections_needs_the_connection(near: NearOffice) -> None:
    """Items about whole connections have one id everywhere."""
    near.graph.add_folder(MAILBOX, "Second")
    first, second = near.connect(), near.connect("--folder", "Second")
    for connection in (first, second):
        item = put_up(near, connection, AttentionItem("held:removals", Reason.DELETES_AWAIT_APPROVAL, "m", "r"))

    refused(near, "answer", item, "same", says="add --connection")
    refused(near, "answer", item, "same", "--connection", second, says="takes no answer")


def test_linking_and_unlinking_tell_what_was_ruled(near: NearOffice) -> None:
    """The sync follows at once."""
    connection = near.connect()
    jane, john = does(near, connection)

    linked = near.run("link", connection, jane, john, "--json")
    (ruling,) = near.run("answer", "--list", "--json").document["rulings"]
    assert (ruling["id"], ruling["kind"]) == (linked.document["ruling"], "same")
    assert "they are the same person" in near.run(*_anew(near, connection)).out


def _anew(near: NearOffice, connection: str) -> tuple[str, ...]:
    card = near.graph.create_contact(MAILBOX, {"surname": "Novak"}, _folder(near, connection))
    return ("link", connection, card, near.crm.people.create_contact(near.user_id, last_name="Nowak"))


def _folder(near: NearOffice, connection: str) -> str:
    (shown,) = near.run("status", connection, "--json").document["connections"]
    return str(shown["folder"]["id"])


def test_a_pair_is_parted_by_hand(near: NearOffice) -> None:
    """By any of its ids."""
    near.people("Okafor")
    connection = near.run(*CONNECT, "--json").document["connection"]["id"]
    (entry,) = near.run("history", "--json").document["entries"]

    parted = near.run("unlink", connection, entry["pipeliner_id"], "--json")

    (ruling,) = near.run("answer", "--list", "--json").document["rulings"]
    assert (ruling["id"], ruling["kind"]) == (parted.document["ruling"], "apart")


def test_without_the_services_attention_still_shows_what_waits(near: NearOffice) -> None:
    """Of a service that does not answer no name is shown, and nothing fails."""
    connection = near.connect()
    item, _, john = question(near, connection)

    shown = shown_item(near.run("attention", "--json", PIPELINER_API_PASSWORD="wrong"), item)

    assert shown["contact"] == {"outlook": "Jane Doe"}
    assert shown["candidates"] == [{"id": john, "name": None}]


def test_who_may_not_be_seen_is_not_named(near: NearOffice) -> None:
    """A candidate that is a colleague's alone: the question stands, its name does not."""
    connection = near.connect()
    item, _, john = question(near, connection)
    colleague = near.crm.people.add_user("ben@example.test")
    near.crm.people.edit_contact(john, owner_id=colleague, share_mode=1)

    shown = shown_item(near.run("attention", "--json"), item)

    assert shown["contact"] == {"outlook": "Jane Doe", "pipeliner": []}
