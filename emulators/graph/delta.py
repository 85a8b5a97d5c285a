"""Change tracking over the contacts of one folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from emulators.graph.call import API_PREFIX, Call
from emulators.graph.contact_view import View, read_select
from emulators.graph.delta_round import Round, current, first_round, later_round
from emulators.graph.delta_tokens import DELTA, SKIP, Chain, Cursor, TokenRegister
from emulators.graph.errors import GraphError, bad_request
from emulators.graph.folders import Folder, FolderChange
from emulators.graph.mailbox import Mailbox
from emulators.wire import Answer

PAGE_SIZE = 10
_TYPE = "#microsoft.graph.contact"
_REFUSAL = (
    "The following parameters are not supported with change tracking over the 'Contacts' resource: "
    "'$orderby, $filter, $select, $expand, $search, $top'."
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One read of one chain."""

    call: Call
    mailbox: Mailbox
    folder: Folder
    chain: Chain

    def entries(self, told: Sequence[FolderChange]) -> Sequence[FolderChange]:
        """Entries of a page as the service shows them at this moment."""
        if self.call.switches.delta_snapshot:
            return told
        seen = (current(self.mailbox, self.folder, entry) for entry in told)
        return [entry for entry in seen if entry is not None]


class DeltaFeed:
    """Answers `delta` calls; remembers the chains of links it gave out."""

    def __init__(self, tokens: TokenRegister) -> None:
        self.tokens = tokens

    def page(self, call: Call) -> Answer:
        """One page of a round, with the link that goes on from it."""
        mailbox = call.tenant.reachable_mailbox(call.route.user)
        folder = mailbox.folders.find(call.route.folder_id)
        given = call.request.parameters
        if any(name not in ("$select", SKIP, DELTA) for name in given):
            raise bad_request(_REFUSAL, "ErrorInvalidUrlQuery")
        chain, cursor = self._place(call, folder, given)
        if cursor is None:
            told = first_round(call.tenant, mailbox, folder)
        else:
            told = cursor.round or later_round(call.tenant, mailbox, folder, cursor.position, immutable=call.immutable)
        reading = Reading(call, mailbox, folder, chain)
        return self._tell(reading, told, cursor or Cursor())

    def _place(self, call: Call, folder: Folder, given: dict[str, str]) -> tuple[Chain, Cursor | None]:
        for name in (SKIP, DELTA):
            if given.get(name):
                try:
                    return self.tokens.redeem(folder.id, name, given[name])
                except GraphError as refusal:
                    raise _with_location(call, folder, refusal) from None
        return self.tokens.start(folder.id, read_select(given.get("$select"))), None

    def _tell(self, reading: Reading, told: Round, cursor: Cursor) -> Answer:
        call = reading.call
        pausing = call.switches.delta_empty_pages and not cursor.paused
        wanted = min(call.preferred_page_size or PAGE_SIZE, call.switches.delta_page_limit)
        size = 0 if pausing else wanted
        entries = reading.entries(told.entries[cursor.offset : cursor.offset + size])
        view = View(call.immutable, reading.chain.selected)
        after = Cursor(round=told, offset=cursor.offset + size, paused=pausing)
        body = {
            "@odata.context": call.metadata("Collection(contact)"),
            "value": [_shown(entry, view) for entry in entries],
        }
        return call.answer(200, body | self._link(reading, after, told))

    def _link(self, reading: Reading, after: Cursor, told: Round) -> dict[str, str]:
        address = _address(reading.call, reading.folder)
        if after.paused or after.offset < len(told.entries):
            return {"@odata.nextLink": f"{address}?{SKIP}={self.tokens.issue(reading.chain, after)}"}
        token = self.tokens.issue(reading.chain, Cursor(position=told.end))
        return {"@odata.deltaLink": f"{address}?{DELTA}={token}"}


def _address(call: Call, folder: Folder) -> str:
    user = quote(call.route.user, safe="")
    return f"{call.origin}{API_PREFIX}/users('{user}')/contactFolders('{quote(folder.id, safe='')}')/contacts/delta"


def _shown(entry: FolderChange, view: View) -> dict[str, Any]:
    if entry.gone:
        contact_id = entry.contact.id_as(immutable=view.immutable)
        return {"@odata.type": _TYPE, "id": contact_id, "@removed": {"reason": "deleted"}}
    return {"@odata.type": _TYPE, **view.show(entry.contact)}


def _with_location(call: Call, folder: Folder, refusal: GraphError) -> GraphError:
    if refusal.code == "resyncRequired":
        refusal.headers = {"Location": f"{_address(call, folder)}?{DELTA}="}
    return refusal
