"""What administrators and owners in Pipeliner do to who may: watchers, units, roles, users who leave and come back."""

from __future__ import annotations

from tests.battery.simulation.finding import find
from tests.battery.simulation.office import Office
from tests.battery.simulation.story import Json
from tests.battery.simulation.witness import EDITS_ALL, EDITS_OWN, READS, WATCHER

_NAMES = {READS: "role that only reads", EDITS_OWN: "role that edits its own", EDITS_ALL: "role that edits all it sees"}


def watch(office: Office, given: Json) -> None:
    """Let another salesman look at a contact; who could edit it cannot any more."""
    shown = find(office, given, "pipeliner")
    if shown is not None:
        office.chronicle.disturb(given["who"], "handed over")
        with office.chronicle.person_acts("watch"):
            office.crm.people.share(shown.id, office.user_ids[given["user"]], WATCHER)


def move_unit(office: Office, given: Json) -> None:
    """Put a contact into one of the two sales units."""
    shown = find(office, given, "pipeliner")
    if shown is not None:
        _leaves_sight(office, given["who"])
        with office.chronicle.person_acts("move unit"):
            office.crm.people.edit_contact(shown.id, unit_id=office.unit_ids[given["unit"]])


def transfer(office: Office, given: Json) -> None:
    """Put a user into one of the two sales units, out of the other."""
    for name in list(office.chronicle.beings):
        _leaves_sight(office, name)
    with office.chronicle.person_acts("transfer"):
        put_into_unit(office, office.user_ids[given["user"]], given["unit"])


def deactivate(office: Office, given: Json) -> None:
    """Remove a user from Pipeliner, or bring them back."""
    _disturb_all(office)
    is_back = given.get("active", False)
    with office.chronicle.person_acts("activate" if is_back else "deactivate"):
        office.crm.people.deactivate_user(office.user_ids[given["user"]], active=is_back)


def give_role(office: Office, given: Json) -> None:
    """Give a user a role of some level, that deletes or does not."""
    _disturb_all(office)
    level, deletes = given["level"], given.get("deletes", True)
    with office.chronicle.person_acts(_NAMES[level]):
        rights = {"access_entity_contact": level, "access_entity_contact_delete": deletes}
        role_id = office.crm.people.add_role(f"Level {level}", **rights)
        office.crm.people.give_role(office.user_ids[given["user"]], role_id)
    office.chronicle.actions["role that deletes nothing"] += not deletes


def restore_rights(office: Office) -> None:
    """Give everybody back what they could do at first; contacts stay with whom and where they are."""
    for user_id in office.user_ids:
        office.crm.people.deactivate_user(user_id, active=True)
        office.crm.people.give_role(user_id, office.crm.space.default_role_id or "")
        put_into_unit(office, user_id, 0)


def put_into_unit(office: Office, user_id: str, number: int) -> None:
    """Let a user be a member of one unit alone."""
    office.crm.people.leave_unit(user_id, office.unit_ids[1 - number])
    office.crm.people.join_unit(user_id, office.unit_ids[number])


def _disturb_all(office: Office) -> None:
    for name in list(office.chronicle.beings):
        office.chronicle.disturb(name)


def _leaves_sight(office: Office, name: str) -> None:
    """Remember that somebody may not see a contact any more: an Outlook contact without a link gets another one."""
    being = office.chronicle.disturb(name, "handed over")
    cards = [item for item in office.chronicle.contacts(name) if item.side == "outlook"]
    being.extra += any(item.id not in office.chronicle.linked for item in cards)
