"""The same laws through both adapters and their requests, against the emulated services."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from emulators.graph import GraphModel
from emulators.in_process import GRAPH_ROOT, InProcessGraph, InProcessPipeliner, PassingClock
from sync_core.domain import (
    COMPANY,
    AccountRule,
    Contact,
    FieldMap,
    Kind,
    LinkId,
    OutlookId,
    PipelinerId,
    UserId,
    Value,
    normal,
    same,
)
from sync_core.engine.ports import OutlookDraft, OutlookEdit, PipelinerDraft, PipelinerEdit, Refused, Written
from sync_core.outlook import GraphClient, OutlookFolder
from sync_core.pipeliner import PipelinerClient, PipelinerContacts
from tests.battery.mapping_laws.graph_shapes import readable, touched
from tests.battery.mapping_laws.people import MAPS, law, some_values, texts
from tests.battery.mapping_laws.pipeliner_shapes import with_custom_fields

ROWS: FieldMap = MAPS[0]
MAILBOX = "ada@example.test"
SPACE = "em_Emulated"
A_FULL_LIFE: dict[str, Any] = {
    "givenName": "Ada",
    "surname": "Berg",
    "displayName": "The Boss",
    "spouseName": "Ben",
    "children": ["Cleo", "Dan"],
    "imAddresses": ["im:ada"],
    "homePhones": ["+43 1 1", "+43 1 2"],
    "businessAddress": {"street": "Ring 1", "city": "Graz", "countryOrRegion": "Austria"},
    "homeAddress": {"city": "Linz", "state": "OÖ"},
    "emailAddresses": [{"name": "At work", "address": "ada@x.test"}],
}
UNMAPPED = ("spouseName", "children", "imAddresses")
ACCOUNT = 'Nordwind & Söhne 100% "AG" (O\'Hara)'
companies = st.one_of(st.sampled_from((ACCOUNT, ACCOUNT.upper(), "")), texts)
changes = some_values(tuple(row for row in ROWS if row.name != COMPANY))


@law(10)
@given(changes, changes)
def test_outlook_holds_what_it_was_sent_or_says_why_not(first: dict[str, Value], second: dict[str, Value]) -> None:
    """A create, then an update of a contact that a person filled: all arrives, or the contact is as it was."""
    graph = GraphModel()
    graph.add_user(MAILBOX)
    folder_id = graph.add_folder(MAILBOX, "Pipeliner")
    client = GraphClient(InProcessGraph(graph), GRAPH_ROOT, PassingClock(graph.clock), jitter=lambda: 0.0)
    folder = OutlookFolder(client, MAILBOX, folder_id, ROWS, SPACE)
    fitting = {name: value for name, value in first.items() if _fits_outlook(name, value)}

    (made,) = asyncio.run(folder.create([OutlookDraft(Contact().with_values(fitting), PipelinerId("p-1"))]))
    if isinstance(made, Written):
        assert_same_in_outlook({name: value for name, value in fitting.items() if value}, made.contact.contact)
    else:
        assert isinstance(made, Refused)
        assert graph.contacts(MAILBOX, folder_id) == []

    key = OutlookId(graph.create_contact(MAILBOX, A_FULL_LIFE, folder_id))
    before = asyncio.run(folder.read([key]))[key]
    stored = graph.contact(MAILBOX, key)
    (outcome,) = asyncio.run(folder.update([OutlookEdit(before, second)]))
    after = asyncio.run(folder.read([key]))[key]
    if not isinstance(outcome, Written):
        assert isinstance(outcome, Refused)
        assert graph.contact(MAILBOX, key) == stored
        return
    assert outcome.contact.contact == after.contact
    assert_same_in_outlook({name: value for name, value in second.items() if name != "home_phones"}, after.contact)
    kept = [name for name in UNMAPPED if name not in touched(ROWS, second)]
    assert {name: graph.contact(MAILBOX, key)[name] for name in kept} == {name: stored[name] for name in kept}


def assert_same_in_outlook(values: dict[str, Value], seen: Contact) -> None:
    """What was written is shown, as far as Graph can show it and there is room."""
    for name, value in values.items():
        row = ROWS.field(name)
        if _fits_outlook(name, value):
            assert same(row.kind, seen[name], readable(row, value)), name


def _fits_outlook(name: str, value: Value) -> bool:
    return isinstance(value, str) or len(value) <= ROWS.field(name).outlook_entries


@law(10)
@given(changes, changes, companies, companies)
def test_pipeliner_holds_what_it_was_sent_or_says_why_not(
    first: dict[str, Value], second: dict[str, Value], former: str, company: str
) -> None:
    """A create, then an update with a change of company: all arrives, or Pipeliner names the field."""
    crm = with_custom_fields()
    user = UserId(crm.people.add_user(MAILBOX))
    crm.people.add_account(user, ACCOUNT)
    client = PipelinerClient(InProcessPipeliner(crm), SPACE, PassingClock(crm.clock))
    port = PipelinerContacts(client, ROWS, AccountRule.FREE_TEXT, "", user)
    named: dict[str, Value] = {**first, "surname": "Berg", COMPANY: normal(Kind.LINE, former)}

    (made,) = asyncio.run(port.create([PipelinerDraft(LinkId("l"), Contact().with_values(named), user)]))
    if not isinstance(made, Written):
        assert isinstance(made, Refused)
        assert crm.state("Contacts")["entities"]["Contacts"] == []
        return
    assert_same_in_pipeliner({name: value for name, value in named.items() if value}, made.contact.contact)

    key, wanted = made.contact.id, {**second, "surname": "Berg", COMPANY: normal(Kind.LINE, company)}
    before = asyncio.run(port.read([key]))[key]
    (outcome,) = asyncio.run(port.update([PipelinerEdit(before, wanted)]))
    after = asyncio.run(port.read([key]))[key]
    if not isinstance(outcome, Written):
        assert isinstance(outcome, Refused)
        assert after.contact == before.contact
        return
    assert outcome.contact.contact == after.contact
    assert_same_in_pipeliner(wanted, after.contact)
    assert_untouched_in_pipeliner(wanted, before.contact, after.contact)


def assert_same_in_pipeliner(values: dict[str, Value], seen: Contact) -> None:
    """What was written is shown; a linked account's name may differ in case."""
    for name, value in values.items():
        shown = seen[name]
        if name == COMPANY:
            assert str(shown).casefold() == str(value).casefold()
        else:
            assert same(ROWS.field(name).kind, shown, value), name


def assert_untouched_in_pipeliner(values: dict[str, Value], before: Contact, after: Contact) -> None:
    """Fields that were not written are as before."""
    kept = [row.name for row in ROWS if row.name not in values]
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
