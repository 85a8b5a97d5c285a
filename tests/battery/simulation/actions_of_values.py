"""What people write into contacts, on either side."""

from __future__ import annotations

from typing import Any

from emulators.pipeliner.reading import primary_relation
from tests.battery.simulation.chronicle import NAMING, Meant
from tests.battery.simulation.finding import find, folder_of, mailbox_of
from tests.battery.simulation.office import Office
from tests.battery.simulation.sight import LISTS, TEXTS, Sighting, essence
from tests.battery.simulation.story import Json


def create(office: Office, given: Json) -> None:
    """Write a contact anew."""
    being = office.chronicle.being(given["who"])
    side = given["side"]
    office.births.append(given)
    if any(item.side == side for item in office.chronicle.contacts(given["who"])):
        being.extra += 1
    if being.places:
        office.chronicle.disturb(given["who"])
        if not may_meet(office, given["who"], given["values"]):
            being.extra += 1
    with office.chronicle.person_acts("create"):
        if side == "outlook":
            body = outlook_body(given["values"])
            office.graph.create_contact(mailbox_of(office, given), body, folder_of(office, given))
        else:
            owner = office.user_ids[given.get("user", 0)]
            office.crm.people.create_contact(owner, **pipeliner_body(given["values"]))


def may_meet(office: Office, name: str, values: Json) -> bool:
    """Whether the sync must see that the new contact is the same person: nothing that it looks at was edited."""
    crm = office.crm.switches
    is_late = crm.visible_after_s or office.graph.switches.delta_visibility_delay_s
    theirs = [set(item.essences("emails")) for item in office.chronicle.contacts(name)]
    mine = {essence(text) for text in values.get("emails", ())}
    return (
        not is_late and not office.chronicle.is_run_running and bool(theirs) and all(mine & other for other in theirs)
    )


def outlook_body(values: Json) -> Json:
    """Write values as a person's new contact in Outlook."""
    body: Json = {}
    for name, value in values.items():
        if name in LISTS:
            path = LISTS[name][0]
            body[path] = [{"address": text} for text in value] if name == "emails" else list(value)
            continue
        top, _, member = TEXTS[name][0].partition(".")
        if member:
            body.setdefault(top, {})[member] = value
        else:
            body[top] = value
    return body


def pipeliner_body(values: Json) -> Json:
    """Write values as a person's new contact in Pipeliner."""
    body: Json = {}
    for name, value in values.items():
        if name in LISTS:
            slots = LISTS[name][1]
            body |= dict(zip(slots, [*value, *[""] * len(slots)], strict=False))
        else:
            body[TEXTS[name][1]] = value
    return body


def edit(office: Office, given: Json) -> None:
    """Write or clear a text field."""
    shown = find(office, given)
    if shown is None:
        return
    who, name, value = given["who"], given["field"], given["value"]
    meant = Meant(essence(value), shown.side, shown.place) if office.chronicle.is_calm(who, name) else None
    if name in NAMING:
        office.chronicle.being(who).is_blurred = True
    with office.chronicle.person_acts("clear" if not value else f"edit in {shown.side}"):
        _write(office, shown, name, value)
    now = next((item for item in office.chronicle.contacts(who) if item.id == shown.id), None)
    is_shown = now is not None and now.essences(name) == ((meant.essence,) if meant and meant.essence else ())
    office.chronicle.means(who, name, meant if is_shown else None)


def _write(office: Office, shown: Sighting, name: str, value: Any) -> None:
    if shown.side == "pipeliner":
        if name == "job_title" and primary_relation(office.crm.space.latest, shown.id) is not None:
            office.crm.people.change_position(shown.id, value)
        else:
            office.crm.people.edit_contact(shown.id, **pipeliner_body({name: value}))
        return
    body = outlook_body({name: value})
    address = body.get("businessAddress")
    if address is not None:
        held = office.graph.contact(shown.mailbox, shown.id)["businessAddress"] or {}
        body["businessAddress"] = {**held, **address}
    office.graph.edit_contact(shown.mailbox, shown.id, body)


def write_values(office: Office, shown: Sighting, values: Json) -> None:
    """Write several values at once."""
    if shown.side == "pipeliner":
        office.crm.people.edit_contact(shown.id, **pipeliner_body(values))
    else:
        office.graph.edit_contact(shown.mailbox, shown.id, outlook_body(values))


def add_entry(office: Office, given: Json) -> None:
    """Add an entry to a list, at its end or its start; a full list loses its last entry."""
    shown = find(office, given)
    if shown is None:
        return
    who, name = given["who"], given["field"]
    room = (len(LISTS[name][1]) if shown.side == "pipeliner" else {"emails": 3}.get(name, 2)) - 1
    held = list(shown.values[name])[:room]
    entries = [given["value"], *held] if given.get("first") else [*held, given["value"]]
    _edit_list(office, who, name, shown, entries)


def drop_entry(office: Office, given: Json) -> None:
    """Take an entry out of a list."""
    shown = find(office, given)
    if shown is None or not shown.values[given["field"]]:
        return
    entries = list(shown.values[given["field"]])
    del entries[given.get("which", 0) % len(entries)]
    _edit_list(office, given["who"], given["field"], shown, entries)


def _edit_list(office: Office, who: str, name: str, shown: Sighting, entries: list[str]) -> None:
    if name in NAMING:
        office.chronicle.being(who).is_blurred = True
    with office.chronicle.person_acts(f"edit list in {shown.side}"):
        _write(office, shown, name, entries)
    office.chronicle.means(who, name, None)


def copy_field(office: Office, given: Json) -> None:
    """A third tool copies a field from one side to the other."""
    source, name = given["from"], given["field"]
    target = "pipeliner" if source == "outlook" else "outlook"
    one, other = find(office, given, source), find(office, given, target)
    if one is None or other is None:
        return
    value: Any = list(one.values[name]) if name in LISTS else next(iter(one.values[name]), "")
    if name in NAMING:
        office.chronicle.being(given["who"]).is_blurred = True
    with office.chronicle.person_acts("third tool copies", is_typing=False):
        _write(office, other, name, value)
    office.chronicle.means(given["who"], name, None)
