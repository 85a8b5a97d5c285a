"""The catalogue of situations that histories must reach, and how each one is recognised in what really happened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping

from sync_core.domain import Action, Side
from sync_core.engine.withheld import NOT_SENT
from tests.battery.simulation.evidence import Evidence
from tests.battery.totals import rare_of


class Findings:
    """What one history shows, in the words of the recognisers below."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.noted = evidence.office.moments.noted + evidence.deployment.noted
        self.actions = evidence.chronicle.actions
        self.log = "\n".join(evidence.log_lines)
        self.entries = [recorded.entry for held in evidence.connections for recorded in held.history]
        self.told = Counter((entry.action, entry.side, entry.why) for entry in self.entries)
        self.whys = Counter(entry.why for entry in self.entries)
        self.counts = [result.run.counts for result in evidence.deployment.results]

    def has_told(self, action: Action, side: Side | None = None, why: str = "") -> bool:
        """Whether the history holds such an action."""
        return any(one is action and side in {None, on} and why in text for one, on, text in self.told)

    def has_noted(self, pattern: str) -> bool:
        """Whether a fault or moment of that kind came."""
        return any(re.search(pattern, name) for name in self.noted)


Sign = Callable[[Findings], bool]


def _action(name: str) -> Sign:
    return lambda found: found.actions[name] > 0


def _noted(pattern: str) -> Sign:
    return lambda found: found.has_noted(pattern)


def _told(action: Action, side: Side | None = None, why: str = "") -> Sign:
    return lambda found: found.has_told(action, side, why)


def _logged(words: str) -> Sign:
    return lambda found: words in found.log


def _habit(service: str, name: str, needs: str = "") -> Sign:
    def sign(found: Findings) -> bool:
        switches = found.evidence.office.graph.switches if service == "graph" else found.evidence.office.crm.switches
        plain = type(switches)()
        is_on = getattr(switches, name) != getattr(plain, name)
        return is_on and (not needs or found.actions[needs] > 0)

    return sign


def _people(found: Findings) -> set[str]:
    return {name for name, count in Counter(item.name for item in found.evidence.shown).items() if count > 2}


def _left_with_an_edit(found: Findings) -> bool:
    """Whether a card went whose edit the user could not send any more."""
    withheld = {entry.link_id for entry in found.entries if entry.why == NOT_SENT}
    return any(entry.action is Action.REMOVED and entry.link_id in withheld for entry in found.entries)


CATALOGUE: Mapping[str, Sign] = {
    # people on both sides
    "edit in Outlook": _action("edit in outlook"),
    "edit in Pipeliner": _action("edit in pipeliner"),
    "field cleared": _action("clear"),
    "list edited in Outlook": _action("edit list in outlook"),
    "list edited in Pipeliner": _action("edit list in pipeliner"),
    "double edit of one field": _told(Action.CONFLICT),
    "conflict, newest wins": _told(Action.CONFLICT, why="newest"),
    "conflict, Pipeliner wins": _told(Action.CONFLICT, why="rule: pipeliner"),
    "conflict, Outlook wins": _told(Action.CONFLICT, why="rule: outlook"),
    "edit in Pipeliner beats delete": _told(Action.CREATED, Side.OUTLOOK, "edited in Pipeliner meanwhile"),
    "edit in Outlook beats delete": _told(Action.CREATED, Side.PIPELINER, "edited in Outlook meanwhile"),
    "delete travels to Pipeliner": _told(Action.DELETED, Side.PIPELINER),
    "delete travels to Outlook": _told(Action.DELETED, Side.OUTLOOK),
    "delete protection": _told(Action.DORMANT, why="delete protection"),
    "deleted on both sides": _told(Action.ENDED),
    "restored in Outlook": _action("restore in outlook"),
    "restored in Pipeliner": _action("restore in pipeliner"),
    "created on one side": _action("create"),
    "created in Pipeliner by us": _told(Action.CREATED, Side.PIPELINER, "created in the folder"),
    "created in Outlook by us": _told(Action.CREATED, Side.OUTLOOK, "in the user's scope"),
    "create against create": _told(Action.LINKED),
    "moved away": _told(Action.DORMANT, why="moved to another folder"),
    "moved and returned": _action("move back"),
    "copied with our stored id": _action("copy"),
    "merged in Pipeliner": _action("merge"),
    "typed again": _action("type again"),
    "a folder migrated": _action("migrate"),
    "typed over": _action("type over"),
    "half of a pair replaced": _told(Action.LINKED, why="took the place"),
    "asked about a card typed over": _noted("item typed_over"),
    "double of a linked contact": _noted("item double"),
    "question answered": _noted("^answered (?!late)"),
    "questions answered late": _noted("answered late"),
    "handed over": _action("reassign"),
    "shared": _action("share"),
    "sharing taken back": _action("unshare"),
    "left scope": _told(Action.REMOVED),
    "left scope with an unsent edit": _left_with_an_edit,
    "archived": _action("archive"),
    "hidden by a lost permission": _action("hide"),
    "out of sight": _told(Action.DORMANT, why="does not show it"),
    "linked to an account": _action("link account"),
    "account renamed": _action("rename account"),
    "third tool copies a field": _action("third tool copies"),
    "one Pipeliner contact in two folders": lambda found: bool(_people(found)),
    "one-way to Outlook rests": _told(Action.DORMANT, why="do not travel in this direction"),
    # who may
    "shared to watch": _action("watch"),
    "contact in another unit": _action("move unit"),
    "user in another unit": _action("transfer"),
    "user deactivated": _action("deactivate"),
    "user activated again": _action("activate"),
    "stopped with its user": _logged("paused: user_deactivated"),
    "role that only reads": _action("role that only reads"),
    "role that edits all it sees": _action("role that edits all it sees"),
    "role that deletes nothing": _action("role that deletes nothing"),
    "roles unreadable": _noted("roles hidden"),
    "rights unknown": _noted("item rights_unknown"),
    "edit that may not travel": _noted("item read_only"),
    # what waits for a person
    "guard fired": _noted("held back and approved"),
    "counterpart unclear": _noted("item twin_unclear"),
    "counterpart out of scope": _noted("item twin_out_of_scope"),
    "stored id of a deleted contact": _noted("item twin_deleted"),
    "name missing or refused": _noted("item (name_missing|empty_contact|refused)"),
    "value too long": _noted("item too_long"),
    "too many entries": _noted("item too_many"),
    "mass change held": _noted("item changes_held"),
    "mass delete held": _noted("item deletes_held"),
    "set aside after failures and released": _noted("item keeps_failing"),
    "third tool circle broken": _noted("item keeps_changing"),
    "connection paused by a fault": _noted("item paused"),
    "connection paused by a person": _noted("paused by a person"),
    # services in trouble
    "lost reply on create in Outlook": _noted("dropped after create in graph|cut create in graph"),
    "lost reply on create in Pipeliner": _noted("dropped after create in pipeliner|cut create in pipeliner"),
    "lost reply on update": _noted("dropped after update"),
    "lost reply on delete": _noted("dropped after delete"),
    "connection broken before the effect": _noted("dropped before"),
    "whole batch lost": _noted("dropped after batch|cut batch"),
    "answer cut off": _noted("^cut "),
    "part of a batch failed": _noted(r"^graph \d+ (create|update|delete)"),
    "throttled on reads": _noted(r"429 (read|delta)"),
    "throttled on writes": _noted(r"429 (create|update|delete|batch)"),
    "Retry-After whole": _noted("retry-after whole"),
    "Retry-After fraction": _noted("retry-after fraction"),
    "Retry-After date": _noted("retry-after date"),
    "Retry-After long": _noted("retry-after long"),
    "Retry-After missing": _noted("retry-after missing"),
    "5xx": _noted("status 50[0-9]"),
    "delta link lost": _noted("delta links expired"),
    "410 with open intents": _noted("delta links expired with open intents"),
    "malformed delta token": _noted("graph 400 delta"),
    "short listing": _noted("listing cut"),
    "feed not read": _noted("feed not read"),
    "access lost and given back": _noted("access lost"),
    # our own process in trouble
    "crash at a request": _noted("crash (before|after) (graph|pipeliner)"),
    "crash at a transaction": _noted("crash (before|after) store"),
    "crash between intent and write": _noted("crash after the journal"),
    "orphan adopted by its stored id": _told(Action.CREATED, Side.OUTLOOK, "found again"),
    "orphan in Pipeliner found again": _told(Action.CREATED, Side.PIPELINER, "found again"),
    "lease stolen in mid-write": _logged("another run took over"),
    "run refused while another runs": _logged("a run is running"),
    "store silent before its effect": _noted("store silent before"),
    "store silent after its effect": _noted("store silent after"),
    "time budget used up": _noted("budget used up"),
    "message lost": _noted("message lose"),
    "message doubled": _noted("message double"),
    "message late": _noted("message late"),
    "edit in the middle of a run": _noted("at (graph|pipeliner|store): (edit|add_entry)"),
    "create in the middle of a run": _noted("at (graph|pipeliner|store): create"),
    "delete in the middle of a run": _noted("at (graph|pipeliner|store): delete"),
    "feed polled in the middle of a run": _noted("at graph: poll"),
    "write met a newer version": _noted("status 412"),
    "edit covered in the open window": lambda found: bool(found.evidence.chronicle.unseen),
    # habits of the services
    "echo dropped": lambda found: any(count.echoes for count in found.counts),
    "phones reformatted": _habit("crm", "reformats_phones", "edit list in outlook"),
    "text trimmed": _habit("crm", "trims_text", "edit in outlook"),
    "late visibility in Pipeliner": _habit("crm", "visible_after_s", "create"),
    "late visibility in Outlook": _habit("graph", "delta_visibility_delay_s", "create"),
    "delete that does not move the time": _habit("crm", "delete_bumps_modified", "delete in pipeliner"),
    "If-Match honoured": _habit("graph", "if_match_enforced", "edit in pipeliner"),
    "delta tells more than once": _habit("graph", "delta_duplicate_share", "edit in outlook"),
    "delta replays": _habit("graph", "delta_replays", "edit in outlook"),
    "phantom removals": _habit("graph", "delta_phantom_removals"),
    "empty delta pages": _habit("graph", "delta_empty_pages"),
    "lost return of a move": lambda found: (
        found.actions["move back"] > 0 and found.evidence.office.graph.switches.delta_loses_returned
    ),
}


def notice(evidence: Evidence) -> Counter[str]:
    """Count the situations of one history, each at most once."""
    found = Findings(evidence)
    return Counter(name for name, sign in CATALOGUE.items() if sign(found))


def missing(reached: Mapping[str, int], histories: int) -> dict[str, int]:
    """Return the situations that came too rarely, with how often they came."""
    return rare_of({name: reached.get(name, 0) for name in CATALOGUE}, histories)
