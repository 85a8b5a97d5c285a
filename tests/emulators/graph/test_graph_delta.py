"""Change tracking: rounds, links, tokens and what a round tells."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.emulators.graph.graph_client import IMMUTABLE, GraphCaller, a_caller, error_of, message_of, token_of


def ids_of(entries: list[dict[str, Any]]) -> list[str]:
    """Ids in the order told."""
    return [entry["id"] for entry in entries]


def removed(entries: list[dict[str, Any]]) -> list[str]:
    """Ids told as removed."""
    return [entry["id"] for entry in entries if "@removed" in entry]


def tracked(caller: GraphCaller, count: int = 0, folder: str | None = None) -> tuple[list[str], str]:
    """Immutable ids of new contacts and the delta link of a round that told them."""
    ids = [caller.model.create_contact(caller.user, {"surname": f"N{n}"}, folder) for n in range(count)]
    return ids, caller.round(caller.delta(folder, IMMUTABLE), IMMUTABLE)[1]


def test_first_round_tells_every_contact_in_pages_of_ten() -> None:
    """A round is followed by next links to its delta link; an empty folder has one right away."""
    caller = a_caller()
    empty, _ = caller.round(caller.delta())
    ids = [caller.create(IMMUTABLE)["id"] for _ in range(25)]

    first = caller.delta(prefer=IMMUTABLE)
    entries, _ = caller.round(first, IMMUTABLE)

    assert empty == []
    assert len(first.json()["value"]) == 10
    assert ids_of(entries) == ids
    assert first.json()["@odata.context"] == "http://graph.test:81/v1.0/$metadata#Collection(contact)"


@pytest.mark.parametrize(("wanted", "given"), [(4, 4), (500, 200)])
def test_page_size_is_a_preference_with_an_upper_bound(wanted: int, given: int) -> None:
    """`odata.maxpagesize` counts up to the service's own limit."""
    caller = a_caller()
    for _ in range(201):
        caller.create()

    page = caller.delta(prefer=f"odata.maxpagesize={wanted}, {IMMUTABLE}")

    assert len(page.json()["value"]) == given
    assert f"odata.maxpagesize={wanted}" in page.headers["Preference-Applied"]


def test_links_are_absolute_with_keys_in_parentheses_on_the_host_of_the_request() -> None:
    """Next and delta links go back to where the caller came from, tokens are opaque."""
    caller = a_caller()
    _, link = caller.round(caller.delta())

    parts = urlsplit(link)
    folder = quote(caller.model.default_folder(caller.user), safe="")
    assert (parts.scheme, parts.netloc) == ("http", "graph.test:81")
    assert parts.path == f"/v1.0/users('ann.archer%40example.test')/contactFolders('{folder}')/contacts/delta"
    assert parts.query.startswith("$deltatoken=")
    assert caller.user not in token_of(link)


@pytest.mark.parametrize("call", ["delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()", "DELTA"])
def test_delta_is_called_in_every_spelling(call: str) -> None:
    """The function's name may be qualified and carry parentheses, and needs no folder."""
    assert caller_answer(call).json()["value"] == []


def caller_answer(call: str) -> Any:
    """Answer to a delta call on the default folder."""
    return a_caller().call("GET", f"contacts/{call}")


def test_changed_contact_is_told_as_the_full_selected_entity() -> None:
    """Contacts come whole, not as a patch; what is not selected is absent, the select is in the token."""
    caller = a_caller()
    contact = caller.create(surname="Best", jobTitle="Smith")
    _, link = caller.round(caller.delta(select="surname,jobTitle"))
    caller.patch(contact["id"], jobTitle="Baker")

    entry = caller.follow(link).json()["value"][0]

    assert entry.keys() == {"@odata.type", "@odata.etag", "id", "surname", "jobTitle"}
    assert (entry["surname"], entry["jobTitle"]) == ("Best", "Baker")
    assert entry["@odata.type"] == "#microsoft.graph.contact"


def test_own_writes_echo_once_each_round_with_the_version_the_write_answered() -> None:
    """A caller's own change comes back with the same etag, several changes as one entry."""
    caller = a_caller()
    (contact,), link = tracked(caller, 1)
    caller.patch(contact, surname="A")
    answered = caller.patch(contact, surname="B").json()

    entries, link = caller.round(caller.follow(link, IMMUTABLE))

    assert [entry["@odata.etag"] for entry in entries] == [answered["@odata.etag"]]
    assert caller.follow(link).json()["value"] == []


def test_removal_is_bare() -> None:
    """A removed contact is told with id and reason only."""
    caller = a_caller()
    (contact,), link = tracked(caller, 1)
    caller.model.delete_contact(caller.user, contact)

    assert caller.follow(link, IMMUTABLE).json()["value"] == [
        {"@odata.type": "#microsoft.graph.contact", "id": contact, "@removed": {"reason": "deleted"}}
    ]


def test_restored_contact_comes_back_under_its_immutable_id() -> None:
    """A contact taken back out of Deleted Items is told again."""
    caller = a_caller()
    (contact,), link = tracked(caller, 1)
    caller.model.delete_contact(caller.user, contact)
    _, link = caller.round(caller.follow(link, IMMUTABLE))
    caller.model.restore_contact(caller.user, contact)

    entries, _ = caller.round(caller.follow(link, IMMUTABLE))

    assert ids_of(entries) == [contact]
    assert removed(entries) == []


@pytest.mark.parametrize("option", ["top", "filter", "expand", "orderby", "search", "count", "skip"])
def test_anything_but_select_is_refused_in_the_services_words(option: str) -> None:
    """Query options on contacts delta are a 400."""
    answer = a_caller().delta(**{option: "1"})

    assert error_of(answer) == (400, "ErrorInvalidUrlQuery")
    assert message_of(answer) == (
        "The following parameters are not supported with change tracking over the 'Contacts' resource: "
        "'$orderby, $filter, $select, $expand, $search, $top'."
    )


def test_changes_while_paging_appear_in_the_next_round_at_the_latest() -> None:
    """A round shows the state at its start; nothing done meanwhile is lost."""
    caller = a_caller()
    ids = [caller.create(IMMUTABLE, surname="old")["id"] for _ in range(15)]
    first = caller.delta(prefer=IMMUTABLE)
    caller.patch(ids[14], surname="new")
    caller.model.delete_contact(caller.user, ids[13])
    added = caller.create(IMMUTABLE)["id"]

    entries, link = caller.round(first, IMMUTABLE)
    later, _ = caller.round(caller.follow(link, IMMUTABLE))

    assert ids_of(entries) == ids
    assert entries[14]["surname"] == "old"
    assert ids_of(later) == [ids[14], ids[13], added]
    assert removed(later) == [ids[13]]


def test_without_snapshots_pages_show_the_moment_they_are_read() -> None:
    """By switch a page shows present values, and the next round tells them again."""
    caller = a_caller(delta_snapshot=False)
    ids = [caller.create(IMMUTABLE, surname="old")["id"] for _ in range(12)]
    first = caller.delta(prefer=IMMUTABLE)
    caller.patch(ids[11], surname="new")
    caller.model.delete_contact(caller.user, ids[10])

    entries, link = caller.round(first, IMMUTABLE)

    assert ids_of(entries) == [*ids[:10], ids[11]]
    assert entries[10]["surname"] == "new"
    assert len(caller.follow(link).json()["value"]) == 2


def test_move_is_a_removal_here_and_an_entry_there() -> None:
    """With default ids the target tells a new id, with immutable ids the same."""
    caller = a_caller()
    other = caller.model.add_folder(caller.user, "Clients")
    (contact,), link = tracked(caller, 1)
    _, other_link = tracked(caller, 0, other)
    before = caller.model.contact(caller.user, contact)["default_id"]
    caller.model.move_contact(caller.user, contact, other)

    here = [caller.follow(link, prefer).json()["value"] for prefer in (IMMUTABLE, None)]
    there = [caller.follow(other_link, prefer).json()["value"] for prefer in (IMMUTABLE, None)]

    assert [removed(entries) for entries in here] == [[contact], [before]]
    assert ids_of(there[0]) == [contact]
    assert ids_of(there[1]) != [before]
    assert removed(there[0]) == removed(there[1]) == []


@pytest.mark.parametrize(("loses", "prefer", "told_removed"), [(True, IMMUTABLE, 1), (False, IMMUTABLE, 0)])
def test_return_of_a_moved_contact_is_lost_with_immutable_ids(loses: bool, prefer: str, told_removed: int) -> None:
    """Away and back between two rounds is told as removed only, unless the switch is off."""
    caller = a_caller(delta_loses_returned=loses)
    other = caller.model.add_folder(caller.user, "Clients")
    (contact,), link = tracked(caller, 1)
    caller.model.move_contact(caller.user, contact, other)
    caller.model.move_contact(caller.user, contact, None)

    entries = caller.follow(link, prefer).json()["value"]

    assert ids_of(entries) == [contact]
    assert len(removed(entries)) == told_removed


def test_return_of_a_moved_contact_is_told_with_default_ids_and_over_two_rounds() -> None:
    """The loss needs immutable ids and both moves within one round."""
    caller = a_caller()
    other = caller.model.add_folder(caller.user, "Clients")
    (contact,), link = tracked(caller, 1)
    caller.model.move_contact(caller.user, contact, other)
    _, after_leaving = caller.round(caller.follow(link, IMMUTABLE))
    caller.model.move_contact(caller.user, contact, None)

    assert removed(caller.follow(after_leaving, IMMUTABLE).json()["value"]) == []
    assert len(caller.follow(link).json()["value"]) == 2


def test_only_the_last_three_generations_of_a_chain_can_be_replayed() -> None:
    """Older links answer 410 with the generations the service still has; the last link can be repeated."""
    caller = a_caller()
    links = [tracked(caller)[1]]
    for _ in range(3):
        links.append(caller.follow(links[-1]).json()["@odata.deltaLink"])

    gone = caller.follow(links[0])
    newest = int(message_of(gone).split("highest=")[1].split("]")[0])

    assert error_of(gone) == (410, "SyncStateNotFound")
    assert message_of(gone) == (
        f"The sync state generation is not found; generation={newest - 3};"
        f"[highest={newest}][{newest}][{newest - 2}][{newest - 1}]."
    )
    assert [caller.follow(link).status for link in (links[1], links[2], links[1])] == [200, 200, 410]


def test_last_link_can_be_repeated_after_a_crash() -> None:
    """Reading one link twice tells the same twice."""
    caller = a_caller()
    (contact,), link = tracked(caller, 1)
    caller.patch(contact, surname="B")

    tellings = [caller.follow(link, IMMUTABLE).json()["value"] for _ in range(2)]

    assert tellings[0] == tellings[1]
    assert ids_of(tellings[0]) == [contact]


@pytest.mark.parametrize("change", ["cut", "scrambled", "other_kind", "other_folder"])
def test_malformed_token_is_a_400(change: str) -> None:
    """A token that is not the service's own for this folder is badly formed, not expired."""
    caller = a_caller()
    _, link = tracked(caller)
    other = caller.model.add_folder(caller.user, "Clients")
    changed = {
        "cut": link[:-9],
        "scrambled": link.replace("deltatoken=", "deltatoken=%C3%A4"),
        "other_kind": link.replace("$deltatoken", "$skiptoken"),
        "other_folder": link.replace(quote(caller.model.default_folder(caller.user)), quote(other)),
    }[change]

    answer = caller.follow(changed)

    assert changed != link
    assert error_of(answer) == (400, "BadRequest")
    assert message_of(answer) == "Badly formed token."


def test_sync_state_can_be_expired_at_any_time() -> None:
    """Expiry of one mailbox leaves the others alone; a fresh round works."""
    caller = a_caller()
    caller.model.add_user("bob@example.test")
    bob = GraphCaller(caller.model, "bob@example.test")
    _, anns = tracked(caller)
    _, bobs = tracked(bob)

    caller.model.expire_delta_tokens(caller.user)

    assert error_of(caller.follow(anns)) == (410, "SyncStateNotFound")
    assert bob.follow(bobs).status == 200
    assert caller.delta().status == 200


def test_expiry_may_be_spelled_resync_required_with_a_place_to_start_over() -> None:
    """The documented spelling carries a Location that begins a first round."""
    caller = a_caller(delta_expired_code="resyncRequired")
    (contact,), link = tracked(caller, 1)
    caller.model.expire_delta_tokens()

    gone = caller.follow(link)

    assert error_of(gone) == (410, "resyncRequired")
    assert ids_of(caller.follow(gone.headers["Location"], IMMUTABLE).json()["value"]) == [contact]


def test_links_of_a_deleted_folder_are_not_found() -> None:
    """Change tracking on a folder that is gone answers 404."""
    caller = a_caller()
    folder = caller.model.add_folder(caller.user, "Clients")
    _, link = tracked(caller, 1, folder)
    caller.model.delete_folder(caller.user, folder)

    assert error_of(caller.follow(link)) == (404, "ErrorItemNotFound")
