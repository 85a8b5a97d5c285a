"""Contact folders and paths to them."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.emulators.graph.graph_client import ANN, IMMUTABLE, a_caller, error_of, message_of


def test_default_folder_is_readable_but_not_listed() -> None:
    """The folder "Contacts" exists under its id only."""
    caller = a_caller()
    default = caller.model.default_folder(caller.user)

    assert caller.call("GET", "contactFolders").json()["value"] == []
    assert caller.call("GET", f"contactFolders/{quote(default)}").json()["displayName"] == "Contacts"


def test_folder_is_created_read_renamed_and_deleted() -> None:
    """A folder answers 201, 200, 200 and 204 over its life, and takes its contacts along."""
    caller = a_caller()
    made = caller.call("POST", "contactFolders", {"displayName": "Clients"})
    folder = made.json()["id"]
    path = f"contactFolders/{quote(folder)}"
    contact = caller.call("POST", f"{path}/contacts", {"surname": "Best"}).json()

    renamed = caller.call("PATCH", path, {"displayName": "Customers"})
    deleted = caller.call("DELETE", path)

    assert (made.status, renamed.status, deleted.status) == (201, 200, 204)
    assert made.json().keys() >= {"id", "displayName", "parentFolderId"}
    assert renamed.json()["displayName"] == "Customers"
    assert error_of(caller.call("GET", path)) == (404, "ErrorItemNotFound")
    assert error_of(caller.call("GET", f"contacts/{quote(contact['id'])}")) == (404, "ErrorItemNotFound")


def test_folders_are_listed_in_pages_of_ten_and_found_by_name() -> None:
    """The list has a next link until all are told; `$filter` compares names in any case."""
    caller = a_caller()
    for number in range(12):
        caller.model.add_folder(caller.user, f"Folder {number}")

    first = caller.call("GET", "contactFolders").json()
    rest = caller.follow(first["@odata.nextLink"]).json()
    found = caller.call("GET", "contactFolders", filter="displayName eq 'folder 7'").json()

    assert (len(first["value"]), len(rest["value"])) == (10, 2)
    assert first["@odata.nextLink"].startswith(f"http://graph.test:81/v1.0/users/{ANN}/contactFolders?")
    assert "@odata.nextLink" not in rest
    assert [folder["displayName"] for folder in found["value"]] == ["Folder 7"]


def test_child_folders_are_listed_below_their_parent_only() -> None:
    """`childFolders` creates and lists one level."""
    caller = a_caller()
    parent = caller.model.add_folder(caller.user, "Clients")
    path = f"contactFolders/{quote(parent)}/childFolders"

    child = caller.call("POST", path, {"displayName": "Old"})
    by_body = caller.call("POST", "contactFolders", {"displayName": "New", "parentFolderId": parent})

    assert child.json()["parentFolderId"] == by_body.json()["parentFolderId"] == parent
    assert [folder["displayName"] for folder in caller.call("GET", path).json()["value"]] == ["Old", "New"]
    assert len(caller.call("GET", "contactFolders").json()["value"]) == 1


@pytest.mark.parametrize("status", [409, 400])
@pytest.mark.parametrize("name", ["clients", "Contacts", "GAL Contacts", "Secret"])
def test_second_folder_of_a_name_is_refused_even_when_the_first_is_hidden(name: str, status: int) -> None:
    """ErrorFolderExists comes with the status the switch names."""
    caller = a_caller(folder_exists_status=status)
    caller.model.add_folder(caller.user, "Clients")
    caller.model.add_folder(caller.user, "Secret", hidden=True)

    answer = caller.call("POST", "contactFolders", {"displayName": name})

    assert error_of(answer) == (status, "ErrorFolderExists")
    assert message_of(answer) == (
        f"A folder with the specified name already exists., Could not create folder '{name}'."
    )


def test_contact_lists_are_counted_but_never_listed() -> None:
    """`$count` includes groups; the values do not."""
    caller = a_caller()
    caller.create()
    caller.model.add_contact_list(caller.user, "Team")

    assert caller.call("GET", "contacts/$count").body == b"2"
    listed = caller.call("GET", "contacts", count="true").json()
    assert (listed["@odata.count"], len(listed["value"])) == (2, 1)


def test_contacts_are_listed_in_pages_and_selected() -> None:
    """Pages follow by link or `$skip`, and `$select` leaves id and etag."""
    caller = a_caller()
    ids = [caller.create(IMMUTABLE, surname=f"N{number}")["id"] for number in range(12)]

    first = caller.call("GET", "contacts", prefer=IMMUTABLE, select="surname", top="7").json()
    rest = caller.follow(first["@odata.nextLink"], IMMUTABLE).json()
    skipped = caller.call("GET", "contacts", skip="11").json()

    assert [entry["id"] for entry in first["value"] + rest["value"]] == ids
    assert first["value"][0].keys() == {"@odata.etag", "id", "surname"}
    assert [entry["surname"] for entry in skipped["value"]] == ["N11"]
    assert error_of(caller.call("GET", "contacts", select="shoeSize"))[0] == 400
    assert error_of(caller.call("GET", "contacts", search="x")) == (400, "ErrorInvalidUrlQuery")


@pytest.mark.parametrize(
    "path",
    [
        "/v1.0/users/{user}/contactFolders/{folder}/contacts/{contact}",
        "/v1.0/Users/{user}/ContactFolders/{folder}/CONTACTS/{contact}",
        "/v1.0/users('{user}')/contactFolders('{folder}')/contacts('{contact}')",
        "/v1.0/users/{user}/contactfolders(%27{folder}%27)/contacts/{contact}",
        "/v1.0/users/{user}/contacts/{contact}",
    ],
)
def test_every_form_of_a_path_leads_to_the_contact(path: str) -> None:
    """Case of segments, keys in parentheses and percent-encoding do not matter; case of ids does."""
    caller = a_caller()
    folder = caller.model.add_folder(caller.user, "Clients")
    contact = caller.model.create_contact(caller.user, {"surname": "Best"}, folder)
    names = {"user": "ANN.archer%40example.test", "folder": quote(folder), "contact": quote(contact)}

    assert caller.call("GET", path.format(**names)).json()["surname"] == "Best"


def test_contact_in_another_folder_is_found_directly_only_where_the_service_does() -> None:
    """Below a wrong folder a contact is not found; below the user it depends on the switch."""
    wide, narrow = a_caller(), a_caller(contact_found_anywhere=False)
    for caller, status in ((wide, 200), (narrow, 404)):
        folder = caller.model.add_folder(caller.user, "Clients")
        contact = quote(caller.model.create_contact(caller.user, {}, folder))
        default = quote(caller.model.default_folder(caller.user))

        assert caller.call("GET", f"contactFolders/{default}/contacts/{contact}").status == 404
        assert caller.call("GET", f"contacts/{contact}").status == status


@pytest.mark.parametrize("path", ["/v1.0/planets", "/v1.0/users/x/mail", "/beta/users", "/v1.0/users/x/contacts/y/z"])
def test_path_that_leads_nowhere_is_a_400(path: str) -> None:
    """Unknown segments are refused as such."""
    answer = a_caller().call("GET", path)

    assert error_of(answer) == (400, "BadRequest")
    assert message_of(answer).startswith("Resource not found for the segment")


def test_method_a_resource_does_not_know_is_a_405() -> None:
    """PUT is no method of contacts."""
    assert a_caller().call("PUT", "contacts", {}).status == 405


def test_user_is_found_by_id_or_name_and_unknown_ones_are_not() -> None:
    """Users have an id and a principal name in any case; the list shows them all."""
    caller = a_caller()
    user = caller.call("GET", "").json()

    assert user["userPrincipalName"] == user["mail"] == ANN
    assert user["displayName"] == "Ann Archer"
    assert caller.call("GET", f"/v1.0/users/{user['id']}").json()["id"] == user["id"]
    assert error_of(caller.call("GET", "/v1.0/users/x")) == (404, "Request_ResourceNotFound")
    assert error_of(caller.call("GET", "/v1.0/users/x/contacts")) == (404, "Request_ResourceNotFound")
    assert [entry["id"] for entry in caller.call("GET", "/v1.0/users", top="1").json()["value"]] == [user["id"]]


def test_mailbox_out_of_reach_or_removed_is_refused_while_its_user_stays() -> None:
    """Dropped access is 403, a removed mailbox 404, and both can be undone."""
    caller = a_caller()

    caller.model.drop_access(caller.user)
    assert error_of(caller.call("GET", "contacts")) == (403, "ErrorAccessDenied")
    caller.model.grant_access(caller.user)
    caller.model.remove_mailbox(caller.user)
    assert error_of(caller.call("GET", "contacts")) == (404, "MailboxNotEnabledForRESTAPI")
    assert caller.call("GET", "").status == 200
    caller.model.restore_mailbox(caller.user)
    assert caller.call("GET", "contacts").status == 200
    caller.model.remove_user(caller.user)
    assert caller.call("GET", "").status == 404


def test_refused_folder_writes_change_nothing() -> None:
    """A missing, empty or taken name and the end of the default folder are refused."""
    caller = a_caller()
    folder = quote(caller.model.add_folder(caller.user, "Clients"))
    caller.model.add_folder(caller.user, "Customers")
    default = quote(caller.model.default_folder(caller.user))

    refused = [
        caller.call("POST", "contactFolders", {}),
        caller.call("POST", "contactFolders", {"displayName": " "}),
        caller.call("PATCH", f"contactFolders/{folder}", {"displayName": "customers"}),
        caller.call("DELETE", f"contactFolders/{default}"),
        caller.call("GET", "contactFolders", filter="contains(displayName,'C')"),
    ]

    assert [answer.status for answer in refused] == [400, 400, 409, 400, 400]
    names = [
        entry["displayName"] for entry in caller.call("GET", "contactFolders", select="displayName").json()["value"]
    ]
    assert names == ["Clients", "Customers"]
    assert caller.call("PATCH", f"contactFolders/{folder}", {"displayName": "CLIENTS"}).status == 200


def test_folder_below_a_deleted_one_goes_with_it() -> None:
    """Deleting a folder takes the whole branch."""
    caller = a_caller()
    parent = caller.model.add_folder(caller.user, "Clients")
    child = caller.model.add_folder(caller.user, "Old", parent)
    caller.model.create_contact(caller.user, {}, child)

    caller.model.delete_folder(caller.user, parent)

    assert error_of(caller.call("GET", f"contactFolders/{quote(child)}")) == (404, "ErrorItemNotFound")
    assert len(caller.model.state()["mailboxes"][0]["deleted"]) == 1


def test_directory_is_listed_in_pages() -> None:
    """More users than asked for come behind a next link."""
    caller = a_caller()
    caller.model.add_user("bob@example.test")

    first = caller.call("GET", "/v1.0/users", top="1", select="mail").json()

    assert first["value"][0].keys() == {"id", "mail"}
    assert [user["mail"] for user in caller.follow(first["@odata.nextLink"]).json()["value"]] == ["bob@example.test"]
    assert caller.call("GET", "/v1.0/users", top="0").status == 400
