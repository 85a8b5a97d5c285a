"""The all-knowing record: what every person did and meant, and what became of it at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from emulators.wire import Request
from tests.battery.simulation.sight import LISTS, Sight, Sighting, Token

NAMING = frozenset({"given_name", "surname", "emails", "company"})
"""Fields that matching looks at."""
ADDRESS = ("street", "city", "state", "postal_code", "country")
"""Parts of one value: who disagrees about one of them disagrees about all."""
LOOK_TO_WRITE_S = 2.0
"""Longest time between a look at a contact and the write that follows from it, while nothing fails."""
Place = tuple[str, str]
"""A side and the id of a contact on it."""


@dataclass(frozen=True, slots=True)
class Meant:
    """The last thing that a person did to a field while nobody disagreed: `essence` "" is a cleared field.

    `folder_id` is where they did it, "" in Pipeliner.
    """

    essence: str
    side: str
    folder_id: str


@dataclass(frozen=True, slots=True)
class Farewell:
    """A delete of a contact about which both sides agreed, at `place` of an Outlook folder or "" in Pipeliner."""

    side: str
    folder_id: str


@dataclass(slots=True)
class Being:
    """One person of the story, however many contacts they have.

    `extra` are copies that people made themselves, `causes` what people did that may take a contact away,
    `is_disturbed` says that somebody moved, deleted, copied or handed over one of their contacts, `is_asked_about` that
    somebody has answered a question about one of them, `is_left_out` that they left one out, by its id and name.
    """

    name: str
    extra: int = 0
    causes: set[str] = field(default_factory=set)
    is_disturbed: bool = False
    is_blurred: bool = False
    is_asked_about: bool = False
    is_left_out: bool = False
    farewell: Farewell | None = None
    meant: dict[str, Meant] = field(default_factory=dict)
    places: dict[Place, str] = field(default_factory=dict)
    deleted: dict[Place, tuple[str, str, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Chronicle:
    """Everything that people did.

    `fresh` was typed since our last look in a running run, `late` is not yet in Pipeliner's lists, `unseen` was
    covered by a write of ours for one of the two; `linked` are the Outlook contacts whose links are stored,
    `unfinished` the connections whose last run broke off: what it wrote may not be stored.
    `is_taken_over` says that the running run has lost its lease and does not know it yet.
    """

    sight: Sight
    now: Callable[[], float]
    lag_s: Callable[[], float]
    beings: dict[str, Being] = field(default_factory=dict)
    typed: dict[Token, str] = field(default_factory=dict)
    dropped: set[Token] = field(default_factory=set)
    unseen: set[Token] = field(default_factory=set)
    fresh: dict[Token, Place] = field(default_factory=dict)
    late: dict[Token, tuple[Place, float]] = field(default_factory=dict)
    linked: set[str] = field(default_factory=set)
    unfinished: set[str] = field(default_factory=set)
    is_taken_over: bool = False
    actions: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    is_run_running: bool = False
    canaries: set[str] = field(default_factory=set)

    def being(self, name: str) -> Being:
        """Return the person of that name, known or new."""
        return self.beings.setdefault(name, Being(name))

    def contacts(self, name: str) -> list[Sighting]:
        """Show all contacts of a person."""
        return [item for item in self.sight.all() if item.name == name]

    def note_places(self) -> None:
        """Remember which contacts there are, so that none can go unnoticed."""
        for item in self.sight.all():
            if item.name:
                self.being(item.name).places.setdefault((item.side, item.id), item.place)

    @contextmanager
    def person_acts(self, action: str, *, is_typing: bool = True) -> Iterator[None]:
        """Compare all contacts before and after a person's action: what they typed, and what they let go of."""
        before = _by_place(self.sight)
        yield
        after = _by_place(self.sight)
        self.actions[action] += 1
        for place in before.keys() | after.keys():
            old, new = before.get(place), after.get(place)
            had = old.tokens() if old else frozenset()
            has = new.tokens() if new else frozenset()
            self.dropped |= had - has
            if new is not None:
                self._note_typed(new, has - had if is_typing else frozenset(), place)
                self.being(new.name).places.setdefault(place, new.place)

    def _note_typed(self, shown: Sighting, tokens: frozenset[Token], place: Place) -> None:
        for token in tokens:
            if not token[1]:
                continue
            self.typed.setdefault(token, shown.name)
            if self.is_run_running:
                self.fresh[token] = place
            if place[0] == "pipeliner" and self.lag_s():
                self.late[token] = (place, self.now() + self.lag_s() + LOOK_TO_WRITE_S)

    def is_calm(self, name: str, field_name: str) -> bool:
        """Whether all contacts of a person show the same in a field and nobody ever moved any of them."""
        if self.being(name).is_disturbed:
            return False
        parts = ADDRESS if field_name in ADDRESS else (field_name,)
        return all(len({item.essences(part) for item in self.contacts(name)}) <= 1 for part in parts)

    def means(self, name: str, field_name: str, meant: Meant | None) -> None:
        """Remember what a person wants a field to be; None when others disagree."""
        being = self.being(name)
        being.farewell = None
        if meant is None:
            for part in ADDRESS if field_name in ADDRESS else (field_name,):
                being.meant.pop(part, None)
        else:
            being.meant[field_name] = meant

    def disturb(self, name: str, *causes: str) -> Being:
        """Remember that a contact of a person was moved, deleted, copied or handed over."""
        being = self.being(name)
        being.is_disturbed = True
        being.farewell = None
        being.causes.update(causes)
        being.meant.clear()
        return being

    def is_settled(self, name: str) -> bool:
        """Whether a person has exactly one contact in Pipeliner, their others carry its id, and all show the same."""
        items = self.contacts(name)
        ids = {item.id for item in items if item.side == "pipeliner"}
        outlook = [item for item in items if item.side == "outlook"]
        is_linked = all(item.counterpart_id in ids and item.id in self.linked for item in outlook)
        if len(ids) != 1 or not outlook or not is_linked or self.unfinished:
            return False
        shown = defaultdict(set)
        for item in items:
            for field_name in item.values:
                essences = item.essences(field_name)
                shown[field_name].add(frozenset(essences) if field_name in LISTS else essences)
        return all(len(forms) == 1 for forms in shown.values())

    # What the sync does

    def sync_reads(self, request: Request) -> None:
        """A request of ours that names a contact, not its relations, shows what a person typed there meanwhile."""
        if not self.fresh:
            return
        line = request.line
        if "Relations" in line:
            return
        for token, (_, contact_id) in list(self.fresh.items()):
            if contact_id in line:
                del self.fresh[token]

    @contextmanager
    def sync_writes(self, *, is_guarded: bool) -> Iterator[None]:
        """Notice what a write of ours covers that was typed after our last look: the window that nobody can close.

        A service that honours If-Match closes it (`is_guarded`); lists that lag behind writes widen it. And notice
        what a run creates after it was taken over, which the fence cannot hold back any more.
        """
        open_to_loss = {token: place for token, (place, until) in self.late.items() if until >= self.now()}
        open_to_loss |= {} if is_guarded else self.fresh
        before = _all_tokens(self.sight) if open_to_loss else {}
        names = Counter(item.name for item in self.sight.all()) if self.is_taken_over else Counter()
        yield
        if before:
            after = _all_tokens(self.sight)
            covered = {
                token
                for token, place in open_to_loss.items()
                if token in before.get(place, frozenset()) - after.get(place, frozenset())
            }
            self.unseen |= covered
        if names:
            for name in Counter(item.name for item in self.sight.all()) - names:
                self.being(name).extra += 1


def _by_place(sight: Sight) -> dict[Place, Sighting]:
    return {(item.side, item.id): item for item in sight.all()}


def _all_tokens(sight: Sight) -> dict[Place, frozenset[Token]]:
    return {(item.side, item.id): item.tokens() for item in sight.all()}
