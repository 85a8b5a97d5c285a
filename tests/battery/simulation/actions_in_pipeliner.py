"""What people do in Pipeliner only: merge, hand over, share, archive, hide, link accounts."""

from __future__ import annotations

from tests.battery.simulation.chronicle import Being
from tests.battery.simulation.finding import find
from tests.battery.simulation.office import Office
from tests.battery.simulation.sight import Sighting
from tests.battery.simulation.story import Json


def _in_pipeliner(office: Office, given: Json, *causes: str) -> tuple[Sighting | None, Being | None]:
    shown = find(office, given, "pipeliner")
    return (shown, office.chronicle.disturb(given["who"], *causes)) if shown else (None, None)


def merge(office: Office, given: Json) -> None:
    """Merge a person's contact into another's; the master takes what it lacks."""
    master = find(office, {**given, "who": given["into"]}, "pipeliner")
    loser = find(office, given, "pipeliner")
    if master is None or loser is None or master.id == loser.id:
        return
    office.chronicle.disturb(given["who"], "merged")
    office.chronicle.disturb(given["into"])
    for name in (given["who"], given["into"]):
        office.chronicle.being(name).is_blurred = True
    with office.chronicle.person_acts("merge", is_typing=False):
        office.crm.people.merge_contacts(master.id, loser.id)


def reassign(office: Office, given: Json) -> None:
    """Return a contact to another salesman."""
    shown, _ = _in_pipeliner(office, given, "handed over")
    if shown is not None:
        with office.chronicle.person_acts("reassign"):
            office.crm.people.reassign_contact(shown.id, office.user_ids[given["user"]])


def share(office: Office, given: Json) -> None:
    """Let another salesman edit or watch a contact."""
    shown, _ = _in_pipeliner(office, given)
    if shown is not None:
        with office.chronicle.person_acts("share"):
            office.crm.people.share(shown.id, office.user_ids[given["user"]], given.get("role", 2))


def unshare(office: Office, given: Json) -> None:
    """Take the sharing back."""
    shown, _ = _in_pipeliner(office, given, "handed over")
    if shown is not None:
        with office.chronicle.person_acts("unshare"):
            office.crm.people.unshare(shown.id, office.user_ids[given["user"]])


def archive(office: Office, given: Json) -> None:
    """Put a contact into the archive."""
    shown = find(office, given, "pipeliner")
    if shown is not None:
        if not office.crm.switches.lists_show_archived:
            office.chronicle.being(given["who"]).is_blurred = True
        with office.chronicle.person_acts("archive"):
            office.crm.people.archive_contact(shown.id, archived=given.get("archived", True))


def hide(office: Office, given: Json) -> None:
    """Take the application's permission to see a contact, or give it back."""
    shown = find(office, given, "pipeliner")
    if shown is not None:
        being = office.chronicle.disturb(given["who"])
        counterparts = [item for item in office.chronicle.contacts(given["who"]) if item.side == "outlook"]
        # Nobody can find a counterpart that they must not see: the Outlook contact gets another one.
        being.extra += given.get("hidden", True) and any(
            item.id not in office.chronicle.linked for item in counterparts
        )
        with office.chronicle.person_acts("hide" if given.get("hidden", True) else "show"):
            office.crm.people.hide(shown.id, hidden=given.get("hidden", True))


def link_account(office: Office, given: Json) -> None:
    """Link a contact to an account as its company."""
    shown = find(office, given, "pipeliner")
    if shown is not None and office.accounts:
        _company_changes(office, given["who"])
        with office.chronicle.person_acts("link account"):
            office.crm.people.link_account(shown.id, office.accounts[given["account"] % len(office.accounts)])


def rename_account(office: Office, given: Json) -> None:
    """Rename an account, and so the company of all who are linked to it."""
    if not office.accounts:
        return
    for name in list(office.chronicle.beings):
        _company_changes(office, name)
    with office.chronicle.person_acts("rename account"):
        office.crm.people.rename_account(office.accounts[given["account"] % len(office.accounts)], given["value"])


def _company_changes(office: Office, name: str) -> None:
    office.chronicle.means(name, "company", None)
    office.chronicle.means(name, "job_title", None)
    office.chronicle.being(name).is_blurred = True
