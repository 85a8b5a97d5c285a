"""What may be known of a contact without a link: who it is, that nobody is, or what a person must say first."""

from __future__ import annotations

from dataclasses import dataclass

from sync_core.domain import Link, PipelinerId, Reason


@dataclass(frozen=True, slots=True)
class Match:
    """The contact of the other side that is the same person; `link` is the one whose missing half the newcomer is."""

    id: str
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a person must say before anything happens to the contact.

    With `about_other` the contact and `candidates` of its own side are doubles: the question is the other contact's.
    """

    reason: Reason
    candidates: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    about_other: str = ""


@dataclass(frozen=True, slots=True)
class Successor:
    """A person's own card of somebody for whom the sync has made a card, which lives; `link` is that one's.

    `question` is what a person must say where it cannot take that card's place.
    """

    id: str
    link: Link
    question: Question


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Nobody on the other side is this person, as far as the user may see; `unseen` may be, and is told to nobody else.

    Administrators are shown it once the contact is created.
    """

    unseen: tuple[PipelinerId, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A person wants nothing to happen to the contact."""


@dataclass(frozen=True, slots=True)
class Erased:
    """Nobody on the other side is this person, who was erased on request: nothing is created for them."""


Known = Match | Question | Successor | Newcomer | LeftOut | Erased
"""What is known of a contact without a link."""
