"""What scenes are made of: who is there, and the single actions with random arguments."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.battery.simulation.story import Json
from tests.battery.simulation.words import Words, some_list, some_text

TICK: Json = {"action": "tick"}
SIDES = ("outlook", "pipeliner")
WRITES = {"graph": r"(PATCH|POST|DELETE) .*/contacts", "pipeliner": r"(PATCH|POST|DELETE) .*/Contacts"}
"""Requests that write, by service."""
_ACTIONS = (
    ("edit", 30), ("clear", 6), ("list", 14), ("delete", 8), ("create", 8), ("copy", 3), ("move", 4),
    ("restore", 3), ("merge", 3), ("hand over", 5), ("archive", 2), ("account", 5), ("third tool", 4), ("wait", 6),
    ("type again", 4), ("type over", 2), ("answer", 5), ("rights", 6),
)  # fmt: skip


_NAMED_BY = frozenset({"surname", "given_name", "emails"})


@dataclass(slots=True)
class Stage:
    """The people of a story so far, and its dice."""

    rng: random.Random
    words: Words
    people: list[str]
    world: Json

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return len(self.world["connections"])

    def at(self) -> int:
        """Choose a connection."""
        return self.rng.randrange(self.connections)

    def who(self) -> str:
        """Choose somebody."""
        return self.rng.choice(self.people)

    def side(self) -> str:
        """Choose a side."""
        return self.rng.choice(SIDES)

    def edit(self, who: str, side: str, field: str = "") -> Json:
        """Write a new value into a text field."""
        field = field or some_text(self.rng)
        value = self.words.value(field)
        return {"action": "edit", "who": who, "side": side, "at": self.at(), "field": field, "value": value}

    def clear(self, who: str, side: str, field: str = "") -> Json:
        """Clear a text field."""
        field = field or some_text(self.rng)
        return {"action": "edit", "who": who, "side": side, "at": self.at(), "field": field, "value": ""}

    def entry(self, who: str, side: str, field: str = "") -> Json:
        """Add an entry to a list."""
        field = field or some_list(self.rng)
        added = {"action": "add_entry", "who": who, "side": side, "at": self.at(), "field": field}
        return {**added, "value": self.words.value(field), "first": self.rng.random() < 0.3}

    def drop(self, who: str, side: str) -> Json:
        """Take an entry out of a list."""
        field = some_list(self.rng)
        return {"action": "drop_entry", "who": who, "side": side, "at": self.at(), "field": field, "which": 0}

    def delete(self, who: str, side: str) -> Json:
        """Delete a contact."""
        return {"action": "delete", "who": who, "side": side, "at": self.at()}

    def newcomer(self, side: str = "") -> Json:
        """Create somebody new."""
        who = self.words.name()
        self.people.append(who)
        owner = 0 if self.rng.random() < 0.8 else 1
        birth = {"action": "create", "who": who, "side": side or self.side(), "at": self.at(), "user": owner}
        return {**birth, "values": self.words.person(who)}

    def counterpart_of(self, birth: Json) -> Json:
        """Create the same person on the other side, with the same addresses and one field of its own."""
        side = "pipeliner" if birth["side"] == "outlook" else "outlook"
        return {**birth, "side": side, "values": {**birth["values"], "city": self.words.value("city")}}

    def type_over(self, who: str, side: str) -> Json:
        """Type another person over a contact."""
        other = self.words.name()
        self.people.append(other)
        values = {name: value for name, value in self.words.person(other).items() if name in _NAMED_BY}
        return {"action": "type_over", "who": who, "other": other, "side": side, "at": self.at(), "values": values}

    def reassign(self, who: str, user: int | None = None) -> Json:
        """Return a contact to a salesman."""
        return {"action": "reassign", "who": who, "user": self.rng.randrange(2) if user is None else user}

    def somebody(self) -> int:
        """Choose a user; most connections are the first one's."""
        return self.rng.choices((0, 1), (3, 1))[0]

    def role(self, level: int) -> Json:
        """Give a user another role."""
        deletes = level == 1 or self.rng.random() < 0.4
        return {"action": "give_role", "user": self.somebody(), "level": level, "deletes": deletes}

    def of_rights(self, who: str) -> Json:
        """Choose anything that changes what somebody may do."""
        actions: tuple[Json, ...] = (
            {"action": "watch", "who": who, "user": self.somebody()},
            {"action": "move_unit", "who": who, "unit": self.rng.randrange(2)},
            {"action": "transfer", "user": self.somebody(), "unit": self.rng.randrange(2)},
            {"action": "deactivate", "user": self.somebody(), "active": self.rng.random() < 0.5},
            self.role(self.rng.choice((1, 2, 4))),
        )
        return self.rng.choice(actions)

    def any_action(self) -> Json:
        """Choose any action of any person."""
        kind = self.rng.choices([name for name, _ in _ACTIONS], [weight for _, weight in _ACTIONS])[0]
        who, side = self.who(), self.side()
        plain = {
            "edit": lambda: self.edit(who, side),
            "clear": lambda: self.clear(who, side),
            "list": lambda: self.entry(who, side) if self.rng.random() < 0.6 else self.drop(who, side),
            "delete": lambda: self.delete(who, side),
            "create": self.newcomer,
            "account": lambda: self._account_action(who),
            "type over": lambda: self.type_over(who, side),
            "rights": lambda: self.of_rights(who),
        }
        action: Callable[[], Json] | None = plain.get(kind)
        return action() if action is not None else self._odd_action(kind, who, side)

    def _odd_action(self, kind: str, who: str, side: str) -> Json:
        at = {"who": who, "at": self.at()}
        user = {"who": who, "user": self.rng.randrange(2), "role": self.rng.choice((1, 2))}
        field = some_text(self.rng)
        odd: dict[str, Json] = {
            "copy": {"action": "copy", **at},
            "move": {"action": self.rng.choice(("move_away", "move_back")), **at},
            "restore": {"action": "restore", **at, "side": side},
            "merge": {"action": "merge", "who": who, "into": self.who()},
            "hand over": {"action": self.rng.choice(("reassign", "share", "unshare")), **user},
            "archive": {"action": "archive", "who": who, "archived": self.rng.random() < 0.7},
            "third tool": {"action": "copy_field", **at, "from": side, "field": field},
            "type again": {"action": "type_again", **at, "side": side},
            "answer": {"action": "answer", "at": at["at"], "which": self.rng.randrange(3)},
            "wait": {"action": "wait", "seconds": self.rng.choice((1, 30, 130, 400, 4000))},
        }
        return odd[kind]

    def _account_action(self, who: str) -> Json:
        account = self.rng.randrange(2)
        if self.rng.random() < 0.6:
            return {"action": "link_account", "who": who, "account": account}
        return {"action": "rename_account", "account": account, "value": self.words.value("company")}

    def interrupt(self, where: str, nth: int, then: Json, *, after: bool = False, pattern: str = "") -> Json:
        """Let something happen at the n-th request or transaction from now."""
        armed = {"action": "interrupt", "where": where, "nth": nth, "after": after, "then": then}
        return {**armed, "pattern": pattern} if pattern else armed


def some_writes(stage: Stage) -> list[Json]:
    """Return the sync something to write on both sides."""
    who, other = stage.who(), stage.who()
    some = [stage.newcomer(), stage.edit(who, "outlook"), stage.edit(other, "pipeliner")]
    return [*some, stage.delete(stage.who(), stage.side())] if stage.rng.random() < 0.4 else some
