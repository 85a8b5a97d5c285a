"""What people do with whole contacts: delete, restore, move, copy."""

from __future__ import annotations

from tests.battery.simulation.actions_of_values import create, may_meet, write_values
from tests.battery.simulation.chronicle import Farewell
from tests.battery.simulation.finding import find, folder_of, mailbox_of
from tests.battery.simulation.office import Office
from tests.battery.simulation.sight import LISTS
from tests.battery.simulation.story import Json


def delete(office: Office, given: Json) -> None:
    """Delete a contact."""
    shown = find(office, given)
    if shown is None:
        return
    chronicle = office.chronicle
    is_plain = chronicle.is_settled(given["who"]) and not chronicle.being(given["who"]).is_disturbed
    being = chronicle.disturb(given["who"], f"deleted in {shown.side}")
    with chronicle.person_acts(f"delete in {shown.side}"):
        if shown.side == "outlook":
            office.graph.delete_contact(shown.mailbox, shown.id)
        else:
            office.crm.people.delete_contact(shown.id)
    being.deleted[shown.side, shown.id] = (shown.mailbox, shown.place, chronicle.runs)
    if is_plain and not chronicle.is_run_running:
        being.farewell = Farewell(shown.side, shown.place)


def restore(office: Office, given: Json) -> None:
    """Bring the contact back that was deleted last, by a person or, in Outlook, by the sync."""
    being = office.chronicle.being(given["who"])
    place = next((place for place in reversed(being.deleted) if place[0] == given["side"]), None)
    if place is not None:
        mailbox, folder_id, runs = being.deleted.pop(place)
    elif given["side"] == "outlook" and (found := _in_deleted_items(office, given)):
        place, mailbox, folder_id, runs = ("outlook", found), mailbox_of(office, given), folder_of(office, given), -1
    else:
        return
    office.chronicle.disturb(given["who"])
    is_there = any(item.side == given["side"] for item in office.chronicle.contacts(given["who"]))
    if is_there or runs != office.chronicle.runs or office.chronicle.is_run_running:
        being.extra += 1
    with office.chronicle.person_acts(f"restore in {given['side']}", is_typing=False):
        if place[0] == "outlook":
            office.graph.restore_contact(mailbox, place[1], folder_id)
        else:
            office.crm.people.restore_contact(place[1])


def _in_deleted_items(office: Office, given: Json) -> str:
    """Id of the contact of that person that lies in the mailbox's Deleted Items; "" when none does."""
    deleted = office.graph.tenant.user(mailbox_of(office, given)).mailbox.deleted()
    ids = [item.ids.immutable for item in deleted if str(item.fields["surname"]).casefold().startswith(given["who"])]
    return ids[-1] if ids else ""


def move_away(office: Office, given: Json) -> None:
    """Move a contact to the mailbox's own folder."""
    shown = find(office, given, "outlook")
    if shown is None:
        return
    office.chronicle.disturb(given["who"])
    with office.chronicle.person_acts("move away", is_typing=False):
        office.graph.move_contact(shown.mailbox, shown.id, None)


def move_back(office: Office, given: Json) -> None:
    """Move a contact from the mailbox's own folder into the connection's folder."""
    mailbox = mailbox_of(office, given)
    outside = office.graph.default_folder(mailbox)
    found = [item for item in office.chronicle.contacts(given["who"]) if item.place == outside]
    if not found:
        return
    being = office.chronicle.disturb(given["who"])
    folder_id = folder_of(office, given)
    if being.places.get(("outlook", found[0].id)) != folder_id or "deleted in pipeliner" in being.causes:
        being.extra += 1
    with office.chronicle.person_acts("move back", is_typing=False):
        office.graph.move_contact(mailbox, found[0].id, folder_id)


def copy(office: Office, given: Json) -> None:
    """Copy a contact within its folder."""
    shown = find(office, given, "outlook")
    if shown is None:
        return
    office.chronicle.disturb(given["who"]).extra += 1
    with office.chronicle.person_acts("copy", is_typing=False):
        office.graph.copy_contact(shown.mailbox, shown.id)


def type_again(office: Office, given: Json) -> None:
    """Delete a contact, and type the same person anew, with less."""
    shown = find(office, given)
    if shown is None:
        return
    typed = {name: list(shown.values[name]) for name in LISTS if shown.values[name]}
    kept = ("surname", "given_name", "middle_name", "company")
    texts = {name: shown.values[name][0] for name in kept if shown.values[name]}
    delete(office, given)
    create(office, {**given, "side": shown.side, "user": given.get("user", 0), "values": {**texts, **typed}})
    office.chronicle.actions["type again"] += 1


def migrate(office: Office, given: Json) -> None:
    """Copy all cards of a folder and delete the originals."""
    folder_id, mailbox = folder_of(office, given), mailbox_of(office, given)
    for shown in [item for item in office.chronicle.sight.all() if item.place == folder_id]:
        is_known = may_meet(office, shown.name, {"emails": shown.values["emails"]})
        being = office.chronicle.disturb(shown.name, "deleted in outlook")
        being.extra += not is_known
        with office.chronicle.person_acts("migrate", is_typing=False):
            office.graph.copy_contact(mailbox, shown.id)
            office.graph.delete_contact(mailbox, shown.id)


def type_over(office: Office, given: Json) -> None:
    """Type another person over a contact: their name and addresses."""
    shown = find(office, given)
    if shown is None:
        return
    office.chronicle.disturb(given["who"], "typed over")
    office.chronicle.disturb(given["other"])
    is_late = bool(office.crm.switches.visible_after_s or office.graph.switches.delta_visibility_delay_s)
    for who in (given["who"], given["other"]):
        office.chronicle.being(who).is_blurred = True
        office.chronicle.being(who).extra += is_late
    with office.chronicle.person_acts("type over"):
        write_values(office, shown, given["values"])
