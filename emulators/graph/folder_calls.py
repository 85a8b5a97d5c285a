"""Reading and writing contact folders, and looking up users."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from emulators.graph.call import Call, whole_number
from emulators.graph.errors import bad_body, bad_request
from emulators.graph.folders import Folder, FolderTree
from emulators.graph.tenant import User
from emulators.wire import Answer

PAGE_SIZE = 10
PAGE_LIMIT = 1000
_NAME_FILTER = re.compile(r"displayName\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE)


def list_folders(call: Call) -> Answer:
    """One page of the visible folders; the default folder is never among them (known-issues.md)."""
    given = call.parameters("$top", "$skip", "$select", "$filter", "$count")
    folders = _named(_tree(call).listed(call.route.folder_id), given.get("$filter"))
    size = min(whole_number(given, "$top", call.preferred_page_size or PAGE_SIZE), PAGE_LIMIT)
    start = whole_number(given, "$skip", 0)
    value = [_selected(_shown(folder), given) for folder in folders[start : start + size]]
    body: dict[str, Any] = {"@odata.context": _context(call)}
    body |= {"@odata.count": len(folders)} if given.get("$count", "").lower() == "true" else {}
    body["value"] = value
    if start + size < len(folders):
        body["@odata.nextLink"] = call.next_page_link(given, start + size)
    return call.answer(200, body)


def get_folder(call: Call) -> Answer:
    """One folder by id, also the default one."""
    given = call.parameters("$select")
    folder = _tree(call).find(call.route.folder_id)
    return call.answer(200, _entity(call, _selected(_shown(folder), given)))


def create_folder(call: Call) -> Answer:
    """Add a folder below the one of the path, the one the body names, or the default one."""
    body = call.json_body()
    tree = _tree(call)
    parent_id = call.route.folder_id or body.get("parentFolderId")
    if parent_id == tree.root_id:
        parent_id = None
    folder = tree.create(_name(body), parent_id, call.switches.folder_exists_status)
    return call.answer(201, _entity(call, _shown(folder)))


def rename_folder(call: Call) -> Answer:
    """Change a folder's name."""
    tree = _tree(call)
    folder = tree.find(call.route.folder_id)
    tree.rename(folder, _name(call.json_body()), call.switches.folder_exists_status)
    return call.answer(200, _entity(call, _shown(folder)))


def delete_folder(call: Call) -> Answer:
    """Take a folder away with its contacts."""
    mailbox = call.tenant.reachable_mailbox(call.route.user)
    mailbox.delete_folder(mailbox.folders.find(call.route.folder_id))
    return Answer(204)


def get_user(call: Call) -> Answer:
    """One user of the directory, with or without mailbox."""
    given = call.parameters("$select")
    user = _shown_user(call.tenant.user(call.route.user))
    return call.answer(200, {"@odata.context": call.metadata("users/$entity"), **_selected(user, given)})


def list_users(call: Call) -> Answer:
    """One page of the directory."""
    given = call.parameters("$top", "$skip", "$select")
    users = call.tenant.users
    size = min(whole_number(given, "$top", 100), 999)
    start = whole_number(given, "$skip", 0)
    page = [_selected(_shown_user(user), given) for user in users[start : start + size]]
    body: dict[str, Any] = {"@odata.context": call.metadata("users"), "value": page}
    if start + size < len(users):
        body["@odata.nextLink"] = call.next_page_link(given, start + size)
    return call.answer(200, body)


def _tree(call: Call) -> FolderTree:
    return call.tenant.reachable_mailbox(call.route.user).folders


def _named(folders: list[Folder], condition: str | None) -> list[Folder]:
    if condition is None:
        return folders
    found = _NAME_FILTER.fullmatch(condition.strip())
    if found is None:
        raise bad_request("The filter is not supported on contact folders.", "ErrorInvalidUrlQueryFilter")
    name = found[1].replace("''", "'").casefold()
    return [folder for folder in folders if folder.name.casefold() == name]


def _name(body: dict[str, Any]) -> str:
    name = body.get("displayName")
    if not isinstance(name, str):
        raise bad_body("The folder needs a displayName.")
    return name


def _shown(folder: Folder) -> dict[str, Any]:
    return {"id": folder.id, "parentFolderId": folder.parent_id, "displayName": folder.name}


def _shown_user(user: User) -> dict[str, Any]:
    mail = user.upn if user.enabled else None
    return {"id": user.id, "displayName": user.display_name, "mail": mail, "userPrincipalName": user.upn}


def _selected(entity: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    if "$select" not in given:
        return entity
    names = {"id", *(name.strip() for name in given["$select"].split(","))}
    return {name: value for name, value in entity.items() if name in names}


def _context(call: Call) -> str:
    return call.metadata(f"users('{quote(call.route.user, safe='')}')/contactFolders")


def _entity(call: Call, shown: dict[str, Any]) -> dict[str, Any]:
    return {"@odata.context": f"{_context(call)}/$entity", **shown}
