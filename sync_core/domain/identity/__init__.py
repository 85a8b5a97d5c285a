"""Who is who: whether two contacts are the same person, by a table of evidence for and against."""

from sync_core.domain.identity.choosing import Choice, Chosen, Nobody, Unsure, choose, counterpart_of
from sync_core.domain.identity.evidence import WORDS, Evidence, Sign, Verdict, Weight
from sync_core.domain.identity.holding import Held, Holder, held_of
from sync_core.domain.identity.table import TABLE, Row
from sync_core.domain.identity.traits import HANDLED, Traits, traits
from sync_core.domain.identity.typing_over import is_typed_over
from sync_core.domain.identity.verdicts import Finding, compare

__all__ = [
    "HANDLED",
    "TABLE",
    "WORDS",
    "Choice",
    "Chosen",
    "Evidence",
    "Finding",
    "Held",
    "Holder",
    "Nobody",
    "Row",
    "Sign",
    "Traits",
    "Unsure",
    "Verdict",
    "Weight",
    "choose",
    "compare",
    "counterpart_of",
    "held_of",
    "is_typed_over",
    "traits",
]
