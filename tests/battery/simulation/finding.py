"""Which contact, folder and mailbox an action speaks of."""

from __future__ import annotations

from tests.battery.simulation.office import Office
from tests.battery.simulation.sight import Sighting
from tests.battery.simulation.story import Json


def find(office: Office, given: Json, side: str = "") -> Sighting | None:
    """Find the contact that an action speaks of: in the folder of connection `at`, or in Pipeliner."""
    side = side or given.get("side", "outlook")
    found = [item for item in office.chronicle.contacts(given["who"]) if item.side == side]
    if side == "outlook":
        folder_id = folder_of(office, given)
        found = [item for item in found if item.place == folder_id]
    return found[given.get("which", 0) % len(found)] if found else None


def folder_of(office: Office, given: Json) -> str:
    """Folder of the connection that an action speaks of."""
    return str(office.records[int(given.get("at", 0)) % len(office.records)].folder_id)


def mailbox_of(office: Office, given: Json) -> str:
    """Mailbox of the connection that an action speaks of."""
    return str(office.records[int(given.get("at", 0)) % len(office.records)].mailbox)
