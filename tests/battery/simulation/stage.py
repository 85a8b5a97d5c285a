"""What scenes are made of: who is there, and the single deeds with random arguments."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.battery.simulation.story import Json
from tests.battery.simulation.words import Words, some_list, some_text

TICK: Json = {"deed": "tick"}
SIDES = ("outlook", "pipeliner")
WRITES = {"graph": r"(PATCH|POST|DELETE) .*/contacts", "pipeliner": r"(PATCH|POST|DELETE) .*/Contacts"}
"""Requests that write, by service."""
_DEEDS = (
    ("edit", 30), ("clear", 6), ("list", 14), ("delete", 8), ("create", 8), ("copy", 3), ("move", 4),
    ("restore", 3), ("merge", 3), ("hand over", 5), ("archive", 2), ("account", 5), ("third tool", 4), ("wait", 6),
)  # fmt: skip


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
        return {"deed": "edit", "who": who, "side": side, "at": self.at(), "field": field, "value": value}

    def clear(self, who: str, side: str, field: str = "") -> Json:
        """Clear a text field."""
        field = field or some_text(self.rng)
        return {"deed": "edit", "who": who, "side": side, "at": self.at(), "field": field, "value": ""}

    def entry(self, who: str, side: str, field: str = "") -> Json:
        """Add an entry to a list."""
        field = field or some_list(self.rng)
        added = {"deed": "add_entry", "who": who, "side": side, "at": self.at(), "field": field}
        return {**added, "value": self.words.value(field), "first": self.rng.random() < 0.3}

    def drop(self, who: str, side: str) -> Json:
        """Take an entry out of a list."""
        field = some_list(self.rng)
        return {"deed": "drop_entry", "who": who, "side": side, "at": self.at(), "field": field, "which": 0}

    def delete(self, who: str, side: str) -> Json:
        """Delete a contact."""
        return {"deed": "delete", "who": who, "side": side, "at": self.at()}

    def newcomer(self, side: str = "") -> Json:
        """Create somebody new."""
        who = self.words.name()
        self.people.append(who)
        owner = 0 if self.rng.random() < 0.8 else 1
        birth = {"deed": "create", "who": who, "side": side or self.side(), "at": self.at(), "user": owner}
        return {**birth, "values": self.words.person(who)}

    def twin_of(self, birth: Json) -> Json:
        """Create the same person on the other side, with the same addresses and one field of its own."""
        side = "pipeliner" if birth["side"] == "outlook" else "outlook"
        return {**birth, "side": side, "values": {**birth["values"], "city": self.words.value("city")}}

    def reassign(self, who: str, user: int | None = None) -> Json:
        """Give a contact to a salesman."""
        return {"deed": "reassign", "who": who, "user": self.rng.randrange(2) if user is None else user}

    def any_deed(self) -> Json:
        """Choose any deed of any person."""
        kind = self.rng.choices([name for name, _ in _DEEDS], [weight for _, weight in _DEEDS])[0]
        who, side = self.who(), self.side()
        plain = {
            "edit": lambda: self.edit(who, side),
            "clear": lambda: self.clear(who, side),
            "list": lambda: self.entry(who, side) if self.rng.random() < 0.6 else self.drop(who, side),
            "delete": lambda: self.delete(who, side),
            "create": self.newcomer,
            "account": lambda: self._account_deed(who),
        }
        deed: Callable[[], Json] | None = plain.get(kind)
        return deed() if deed is not None else self._odd_deed(kind, who, side)

    def _odd_deed(self, kind: str, who: str, side: str) -> Json:
        at = {"who": who, "at": self.at()}
        user = {"who": who, "user": self.rng.randrange(2), "role": self.rng.choice((1, 2))}
        field = some_text(self.rng)
        odd: dict[str, Json] = {
            "copy": {"deed": "copy", **at},
            "move": {"deed": self.rng.choice(("move_away", "move_back")), **at},
            "restore": {"deed": "restore", **at, "side": side},
            "merge": {"deed": "merge", "who": who, "into": self.who()},
            "hand over": {"deed": self.rng.choice(("reassign", "share", "unshare")), **user},
            "archive": {"deed": "archive", "who": who, "archived": self.rng.random() < 0.7},
            "third tool": {"deed": "copy_field", **at, "from": side, "field": field},
            "wait": {"deed": "wait", "seconds": self.rng.choice((1, 30, 130, 400, 4000))},
        }
        return odd[kind]

    def _account_deed(self, who: str) -> Json:
        account = self.rng.randrange(2)
        if self.rng.random() < 0.6:
            return {"deed": "link_account", "who": who, "account": account}
        return {"deed": "rename_account", "account": account, "value": self.words.value("company")}

    def interrupt(self, where: str, nth: int, then: Json, *, after: bool = False, pattern: str = "") -> Json:
        """Let something happen at the n-th request or transaction from now."""
        armed = {"deed": "interrupt", "where": where, "nth": nth, "after": after, "then": then}
        return {**armed, "pattern": pattern} if pattern else armed


def some_writes(stage: Stage) -> list[Json]:
    """Give the sync something to write on both sides."""
    who, other = stage.who(), stage.who()
    some = [stage.newcomer(), stage.edit(who, "outlook"), stage.edit(other, "pipeliner")]
    return [*some, stage.delete(stage.who(), stage.side())] if stage.rng.random() < 0.4 else some
