"""Reading and writing contacts."""

from __future__ import annotations

import re
from typing import Any

from emulators.graph.call import Call, whole_number
from emulators.graph.contact import Contact
from emulators.graph.contact_fields import Strictness
from emulators.graph.contact_view import View, read_select
from emulators.graph.contact_write import read_write
from emulators.graph.errors import GraphError, bad_request, item_not_found
from emulators.graph.extended_properties import read_any_filter, read_expand
from emulators.graph.folders import Folder
from emulators.graph.mailbox import Mailbox
from emulators.wire import Answer

PAGE_SIZE = 10
PAGE_LIMIT = 1000
_ADDRESS_FILTER = re.compile(
    r"emailAddresses/any\(\s*(\w+)\s*:\s*\1/address\s+eq\s+'((?:[^']|'')*)'\s*\)", re.IGNORECASE
)


def list_contacts(call: Call) -> Answer:
    """One page of a folder's contacts, of the default folder without a folder in the path."""
    given = call.parameters("$top", "$skip", "$select", "$filter", "$expand", "$count")
    mailbox, folder = _place(call)
    view = _view(call, given)
    size = min(whole_number(given, "$top", call.preferred_page_size or PAGE_SIZE), PAGE_LIMIT)
    start = whole_number(given, "$skip", 0)
    found = _matching(mailbox, folder, given.get("$filter"))
    page = found[start : start + size]
    name = call.collection_name + ("" if view.selected is None else f"({','.join(view.selected)})")
    body: dict[str, Any] = {"@odata.context": call.metadata(name)}
    if given.get("$count", "").lower() == "true":
        lists = 0 if "$filter" in given else len(folder.contact_lists)
        body["@odata.count"] = len(found) + lists
    body["value"] = [view.show(contact) for contact in page]
    if start + size < len(found):
        body["@odata.nextLink"] = call.next_page_link(given, start + size)
    return call.answer(200, body)


def count_contacts(call: Call) -> Answer:
    """How many contacts and contact lists a folder holds."""
    _, folder = _place(call)
    count = len(folder.contacts) + len(folder.contact_lists)
    return Answer(200, {"Content-Type": "text/plain"}, str(count).encode())


def get_contact(call: Call) -> Answer:
    """One contact."""
    view = _view(call, call.parameters("$select", "$expand"))
    return call.answer(200, _entity(call, _find(call, deleted_too=True), view))


def create_contact(call: Call) -> Answer:
    """Add a contact to the folder of the path."""
    mailbox, folder = _place(call)
    contact = mailbox.create(folder, read_write(call.json_body(), strictness_of(call)))
    return call.answer(201, _entity(call, contact, View(call.immutable)))


def update_contact(call: Call) -> Answer:
    """Change what the body names."""
    contact = _find(call)
    call.check_precondition(contact.etag)
    write = read_write(call.json_body(), strictness_of(call))
    changed = _place(call)[0].update(contact, write)
    return call.answer(200, _entity(call, changed, View(call.immutable)))


def delete_contact(call: Call) -> Answer:
    """Move a contact to Deleted Items."""
    contact = _find(call)
    call.check_precondition(contact.etag)
    _place(call)[0].delete(contact)
    return Answer(204)


def permanently_delete_contact(call: Call) -> Answer:
    """Delete a contact for good."""
    _place(call)[0].delete(_find(call), for_good=True)
    return Answer(204)


def strictness_of(call: Call) -> Strictness:
    """How this service judges bodies just now."""
    return Strictness(call.switches.strict_properties, call.switches.length_limits)


def _place(call: Call) -> tuple[Mailbox, Folder]:
    mailbox = call.tenant.reachable_mailbox(call.route.user)
    return mailbox, mailbox.folders.find(call.route.folder_id)


def _view(call: Call, given: dict[str, str]) -> View:
    expanded = read_expand(given["$expand"]) if "$expand" in given else ()
    return View(call.immutable, read_select(given.get("$select")), expanded)


def _find(call: Call, *, deleted_too: bool = False) -> Contact:
    mailbox, folder = _place(call)
    contact_id = call.route.contact_id
    try:
        contact = mailbox.find(contact_id)
    except GraphError:
        if deleted_too and call.switches.deleted_items_readable and call.route.folder_id is None:
            return mailbox.find_deleted(contact_id)
        raise
    anywhere = call.route.folder_id is None and call.switches.contact_found_anywhere
    if not anywhere and contact.folder_id != folder.id:
        raise item_not_found()
    return contact


def _entity(call: Call, contact: Contact, view: View) -> dict[str, Any]:
    return {"@odata.context": call.metadata(f"{call.collection_name}/$entity"), **view.show(contact)}


def _matching(mailbox: Mailbox, folder: Folder, condition: str | None) -> tuple[Contact, ...] | list[Contact]:
    if condition is None:
        return folder.listing
    extended = read_any_filter(condition)
    if extended is not None:
        return mailbox.select(folder, mailbox.index.by_extended(*extended))
    address = _ADDRESS_FILTER.fullmatch(condition.strip())
    if address is not None:
        return mailbox.select(folder, mailbox.index.by_address(address[2].replace("''", "'")))
    raise bad_request("The filter is not supported on contacts.", "ErrorInvalidUrlQueryFilter")
