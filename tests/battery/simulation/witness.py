"""Who may do what in Pipeliner at each moment, read from the space itself; and what our writes there did.

It knows nothing of the product's own table: what a person can do by hand is written down here once more, from what the
vendor says. It takes every ground that may let somebody: it tells of what goes too far, never of too little.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from emulators.pipeliner import PipelinerModel
from emulators.pipeliner.records import Row
from emulators.wire import Answer, Reply, Request

WATCHER, EDITOR = 1, 2
"""Roles of a share."""
READS, EDITS_OWN, EDITS_MANAGED, EDITS_ALL = 1, 2, 3, 4
"""Levels of a role."""
STANDARD, PRIVATE, ALL_VIEW, ALL_EDIT = range(4)
"""Share modes."""
OWNED_ONLY, SHARED_ONLY, EVERYTHING = 1, 2, 6
"""Directions in which a role sees contacts; the others show the user's own units."""
MANAGES = 2
KNOWN_FOR_S = 15 * 60
"""So long the product may go by rights that it could not read again."""
TICK_S = 5 * 60


@dataclass(frozen=True, slots=True)
class Standing:
    """What a user is in the space."""

    is_active: bool
    level: int
    may_delete: bool
    opens_archive: bool
    direction: int
    units: frozenset[str]
    managed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lot:
    """Whose a contact is; `shares` are ids of users and units, each with the role of its share."""

    owner_id: str
    unit_id: str
    share_mode: int
    is_protected: bool
    is_archived: bool
    shares: frozenset[tuple[str, int]]


def sees(user_id: str, standing: Standing, lot: Lot) -> bool:
    """Whether a user finds a contact in Pipeliner."""
    if lot.owner_id == user_id or standing.direction == OWNED_ONLY:
        return lot.owner_id == user_id
    mine = {user_id, *standing.units}
    if any(whom in mine for whom, _ in lot.shares) or lot.share_mode in {ALL_VIEW, ALL_EDIT}:
        return True
    if lot.share_mode == PRIVATE:
        return False
    seen = standing.managed if standing.direction == SHARED_ONLY else standing.units | standing.managed
    return standing.direction == EVERYTHING or lot.unit_id in seen


def may_edit(user_id: str, standing: Standing, lot: Lot) -> bool:
    """Whether a user can edit a contact by hand."""
    if not may_create(standing) or (lot.is_archived and not standing.opens_archive):
        return False
    if not sees(user_id, standing, lot):
        return False
    is_editor = any((whom, EDITOR) in lot.shares for whom in (user_id, *standing.units))
    is_manager = standing.level >= EDITS_MANAGED and lot.unit_id in standing.managed
    is_anybodys = lot.share_mode == ALL_EDIT or standing.level >= EDITS_ALL
    return lot.owner_id == user_id or is_editor or is_manager or is_anybodys


def may_delete(user_id: str, standing: Standing, lot: Lot) -> bool:
    """Whether a user can delete a contact by hand."""
    is_own = lot.owner_id == user_id and standing.may_delete and not lot.is_protected
    return is_own and may_edit(user_id, standing, lot)


def may_create(standing: Standing) -> bool:
    """Whether a user can write anything by hand."""
    return standing.is_active and standing.level >= EDITS_OWN


_Known = TypeVar("_Known", bound=Hashable)


@dataclass(slots=True)
class _Line(Generic[_Known]):
    """What something was in the course of a story: what it is now, and each state before with when it ended."""

    now: _Known
    past: list[tuple[_Known, int, float]] = field(default_factory=list)

    def becomes(self, value: _Known, moment: int, at: float) -> None:
        if value != self.now:
            self.past.append((self.now, moment, at))
            self.now = value

    def since(self, look: tuple[int, float], lag_s: float, oldest: float = 0.0) -> list[_Known]:
        """Return every state that a look can have shown, or that came after it, but none that ended before `oldest`."""
        moment, at = look
        lagging = at - lag_s if lag_s else math.inf
        ended_late = [one for one in self.past if one[1] > moment or one[2] >= lagging]
        return [self.now, *(value for value, _, ended_at in ended_late if ended_at >= oldest)]


@dataclass(slots=True)
class _Run:
    """A run of ours: for whom, how old the rights are that it knows, and when it last looked at each contact."""

    user_id: str
    known_since: tuple[int, float]
    is_blind: bool
    looks: dict[str, tuple[int, float]] = field(default_factory=dict)


@dataclass(slots=True)
class Witness:
    """Watches every request of ours and holds each write against what the run's user could have done by hand.

    Nobody can know what changed after they looked: a contact counts as it was at any time since the run's last look at
    it, and a user as they were at any time since the users were last read before the run, for a quarter of an hour.
    """

    crm: PipelinerModel
    exceeded: list[str] = field(default_factory=list)
    blind: list[str] = field(default_factory=list)
    weighed: int = 0
    """Changes of contacts in Pipeliner that were held against somebody's rights."""
    _users: dict[str, _Line[Standing]] = field(default_factory=dict)
    _contacts: dict[str, _Line[Lot]] = field(default_factory=dict)
    _runs: list[_Run] = field(default_factory=list)
    _moment: int = 0
    _version: int = -1
    _read_at: tuple[int, float] = (0, 0.0)
    _known_since: tuple[int, float] = (0, 0.0)
    _blind_since: float | None = None

    @contextmanager
    def run_for(self, user_id: str) -> Iterator[None]:
        """Everything within is written for that user."""
        self.observe()
        self._runs.append(_Run(user_id, self._known_since, self._is_blind()))
        try:
            yield
        finally:
            self._runs.pop()

    @contextmanager
    def poll(self) -> Iterator[None]:
        """What is read of the users within counts when it is done."""
        before = self._read_at
        yield
        if self._read_at != before:
            self._known_since = self._read_at

    def observe(self) -> None:
        """Take down what has changed since the last request."""
        self._moment += 1
        space = self.crm.space
        if self.crm.switches.roles_readable:
            self._blind_since = None
        elif self._blind_since is None:
            self._blind_since = self._now()
        if space.version == self._version:
            return
        self._version = space.version
        for row in space.latest("Clients").rows.values():
            self._take(self._users, row.id, self._standing_of(row))
        for row in space.latest("Contacts").rows.values():
            self._take(self._contacts, row.id, self._lot_of(row))

    def looks(self, request: Request, reply: Reply) -> None:
        """Take down what an answer showed us: contacts, or all users with their roles."""
        if not isinstance(reply, Answer) or reply.status != 200 or reply.cut_at is not None:
            return
        if request.path.endswith("/Clients") and "master_right" in request.line:
            if self.crm.switches.roles_readable:
                self._read_at = self._moment, self._now()
        elif "/Contacts" in request.path and self._runs:
            data = reply.json().get("data")
            for record in data if isinstance(data, list) else [data]:
                if isinstance(record, dict) and record.get("id") in self._contacts:
                    self._runs[-1].looks[record["id"]] = self._moment, self._now()

    @contextmanager
    def writes(self) -> Iterator[None]:
        """Hold a write of ours against what the run's user could have done by hand."""
        contacts, relations = (dict(self.crm.space.latest(name).rows) for name in _OF_CONTACTS)
        yield
        for kind, row in self._effects(contacts, relations):
            self._weigh(kind, row)

    def wrote(self, service: str) -> None:
        """Notice a write of ours that changed something although nobody knew who may do what."""
        if self._runs and self._runs[-1].is_blind and not self.crm.switches.roles_readable:
            self.blind.append(f"a write in {service} although nobody knew for a quarter of an hour who may do what")

    def may_see(self, user_id: str, contact_id: str) -> bool:
        """Whether a user finds a contact in Pipeliner now."""
        self.observe()
        return sees(user_id, self._users[user_id].now, self._contacts[contact_id].now)

    def _effects(self, contacts: dict[str, Row], relations: dict[str, Row]) -> Iterator[tuple[str, Row]]:
        """Return what a write did to which contact, as it was before; a created one as it is."""
        rows = self.crm.space.latest("Contacts").rows
        for row in list(rows.values()):
            before = contacts.get(row.id)
            if before is None:
                yield "create", row
            elif before is not row and not before.is_deleted:
                yield ("delete" if row.is_deleted else "edit"), before
        for relation in list(self.crm.space.latest("ContactAccountRelations").rows.values()):
            contact_id = relation.values.get("contact_id", "")
            if relations.get(relation.id) is not relation and contact_id in contacts:
                yield "edit", contacts[contact_id]

    def _weigh(self, kind: str, row: Row) -> None:
        self.weighed += 1
        if not self._runs:
            self.exceeded.append(f"{kind} of a contact in nobody's name")
            return
        run = self._runs[-1]
        lag_s, oldest = self.crm.switches.visible_after_s, self._now() - KNOWN_FOR_S - TICK_S
        standings = self._users[run.user_id].since(run.known_since, lag_s, oldest)
        if kind == "create":
            is_lawful = any(map(may_create, standings)) and row.values.get("owner_id") == run.user_id
        else:
            may = may_delete if kind == "delete" else may_edit
            look = run.looks.get(row.id, (self._moment, self._now()))
            lots = self._contacts[row.id].since(look, lag_s) if row.id in self._contacts else []
            is_lawful = any(may(run.user_id, standing, lot) for standing in standings for lot in lots)
        if not is_lawful:
            self.exceeded.append(f"{kind} of a contact that user {run.user_id} could not have done by hand")

    def _is_blind(self) -> bool:
        return self._blind_since is not None and self._now() - self._blind_since > KNOWN_FOR_S

    def _now(self) -> float:
        return self.crm.clock.peek().timestamp()

    def _take(self, lines: dict[str, _Line[Any]], key: str, value: Any) -> None:
        if key in lines:
            lines[key].becomes(value, self._moment, self._now())
        else:
            lines[key] = _Line(value)

    def _standing_of(self, user: Row) -> Standing:
        latest = self.crm.space.latest
        role = latest("MasterRights").rows[user.values["master_right_id"]].values
        members = list(latest("SalesUnitClientRelations").live("client_id", user.id))
        return Standing(
            is_active=not user.is_deleted,
            level=role["access_entity_contact"] if role["access_contacts"] else 0,
            may_delete=role["access_entity_contact_delete"],
            opens_archive=role["access_archive"],
            direction=role["access_entity_contact_direction"],
            units=frozenset(member.values["unit_id"] for member in members),
            managed=frozenset(one.values["unit_id"] for one in members if one.values["unit_role"] == MANAGES),
        )

    def _lot_of(self, contact: Row) -> Lot:
        latest, values = self.crm.space.latest, contact.values
        people = latest("ContactSharingClientRelations").live("contact_id", contact.id)
        units = latest("ContactSharingSalesUnitRelations").live("contact_id", contact.id)
        shares = [(share.values["client_id"], share.values["role"]) for share in people]
        shares += [(share.values["unit_id"], share.values["role"]) for share in units]
        return Lot(
            owner_id=values.get("owner_id", ""),
            unit_id=values.get("unit_id") or self.crm.space.default_unit_id or "",
            share_mode=values.get("share_mode", STANDARD),
            is_protected=contact.is_delete_protected,
            is_archived=bool(values.get("is_archived")),
            shares=frozenset(shares),
        )


_OF_CONTACTS = ("Contacts", "ContactAccountRelations")
