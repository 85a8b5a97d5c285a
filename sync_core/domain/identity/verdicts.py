"""The one function that decides whether two contacts are one person."""

from __future__ import annotations

from dataclasses import dataclass

from sync_core.domain.identity.comparing import Facts, facts_of
from sync_core.domain.identity.evidence import Evidence, Verdict, evidence_of
from sync_core.domain.identity.holding import Held
from sync_core.domain.identity.table import row_for
from sync_core.domain.identity.traits import Traits

NOTHING_HELD = Held()
NO_FACTS = facts_of(Traits(), Traits(), NOTHING_HELD, has_stored_id=False)
STORED = "stored"
"""Stands among the strong handles for a stored id that was believed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was decided on two contacts, and by which row of the table."""

    verdict: Verdict
    rule: str
    strong: frozenset[str] = frozenset()
    """The strong handles that both have, and nobody of another name; and the stored id."""
    facts: Facts = NO_FACTS

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What speaks for and against, for people to read."""
        return tuple(evidence_of(self.facts))

    @property
    def has_equal_name(self) -> bool:
        """Whether the names are equal, in any order."""
        return self.facts.is_equal


def compare(one: Traits, other: Traits, held: Held = NOTHING_HELD, *, has_stored_id: bool = False) -> Finding:
    """Decide whether two contacts are one person; the same from both sides."""
    facts = facts_of(one, other, held, has_stored_id=has_stored_id)
    row = row_for(facts)
    strong = facts.strong | {STORED} if row.verdict is Verdict.SAME and has_stored_id else facts.strong
    return Finding(row.verdict, row.id, strong, facts)
