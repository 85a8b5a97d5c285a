"""Whether anything was done in Pipeliner that its user could not have done by hand, or in ignorance of their rights."""

from __future__ import annotations

from collections.abc import Iterator

from tests.battery.simulation.evidence import Evidence


def nobody_borrows_rights(evidence: Evidence) -> Iterator[str]:
    """No write of ours in Pipeliner went further than its user may go there, as far as anybody could know.

    One window is left, because nobody can close it: what changes between our last look at a contact and our write to
    it, and what becomes of a user between two readings of the users.
    """
    yield from evidence.office.moments.witness.exceeded


def unknown_rights_remove_nothing(evidence: Evidence) -> Iterator[str]:
    """A run that began when roles had been unreadable for more than a quarter of an hour writes on neither side."""
    yield from evidence.office.moments.witness.blind
