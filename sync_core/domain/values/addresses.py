"""Addresses as values: of several parts, decided together, so that none is mixed of what two people wrote."""

from __future__ import annotations

from collections.abc import Sequence

from sync_core.domain.contact import Contact
from sync_core.domain.fields import Field
from sync_core.domain.identity.countries import region_of
from sync_core.domain.identity.folding import fold, words


def contradict(parts: Sequence[Field], one: Contact, other: Contact) -> bool:
    """Whether two addresses cannot be one: they have the same part otherwise. A blank part contradicts nothing."""
    return any(
        one[part.name] and other[part.name] and _key(part, one.text(part.name)) != _key(part, other.text(part.name))
        for part in parts
    )


def _key(part: Field, text: str) -> str:
    """Return what is equal for two ways of writing a part; countries have names in several languages."""
    country = region_of(text) if part.outlook.endswith("countryOrRegion") else ""
    return country or "".join(words(fold(text)))
