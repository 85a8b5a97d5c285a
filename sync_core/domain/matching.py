"""Finding an existing twin on first sight: a unique e-mail address, else a unique full name with company.

Anything ambiguous is for a person to decide, never a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sync_core.domain.contact import Contact, Kind, entry_key, normal
from sync_core.domain.fields import COMPANY, EMAILS, GIVEN_NAME, SURNAME

Id = TypeVar("Id", bound=str)


@dataclass(frozen=True, slots=True)
class Traits:
    """What of a contact is compared in matching, in compared form."""

    emails: frozenset[str]
    given_name: str
    surname: str
    company: str

    @property
    def full_name(self) -> str:
        """Given and last name, when both are known."""
        return f"{self.given_name}\n{self.surname}" if self.given_name and self.surname else ""


def traits(contact: Contact) -> Traits:
    """Read the traits of a contact, whatever form its values are in."""
    addresses = normal(Kind.EMAILS, contact.entries(EMAILS))
    return Traits(
        frozenset(entry_key(Kind.EMAILS, address) for address in addresses),
        *(str(normal(Kind.LINE, contact[name])).casefold() for name in (GIVEN_NAME, SURNAME, COMPANY)),
    )


@dataclass(frozen=True, slots=True)
class Twin(Generic[Id]):
    """Exactly one candidate is the same person."""

    id: Id


@dataclass(frozen=True, slots=True)
class NoTwin:
    """No candidate is the same person."""


@dataclass(frozen=True, slots=True)
class Unclear(Generic[Id]):
    """Some candidates may be the same person; a person must say."""

    ids: tuple[Id, ...]


Verdict = Twin[Id] | NoTwin | Unclear[Id]


def find_twin(own: Traits, candidates: Iterable[tuple[Id, Traits]]) -> Verdict[Id]:
    """Find the one candidate that is the same person."""
    pool = dict(candidates)
    by_email = {key: other for key, other in pool.items() if own.emails & other.emails}
    if by_email:
        return _by_email(own, by_email)
    by_name = [key for key, other in pool.items() if _same_name_and_company(own, other)]
    if len(by_name) > 1:
        return Unclear(tuple(sorted(by_name)))
    return Twin(by_name[0]) if by_name else NoTwin()


def _by_email(own: Traits, pool: dict[Id, Traits]) -> Verdict[Id]:
    narrowed = list(pool)
    if len(pool) > 1:
        narrowed = [key for key, other in pool.items() if own.full_name and other.full_name == own.full_name]
    if len(narrowed) == 1 and _names_agree(own, pool[narrowed[0]]):
        return Twin(narrowed[0])
    return Unclear(tuple(sorted(pool)))


def _names_agree(one: Traits, other: Traits) -> bool:
    """Two people may share an address (office@…): wholly different names are not the same person."""
    if not (one.given_name or one.surname) or not (other.given_name or other.surname):
        return True
    return any(
        mine and mine == theirs for mine, theirs in ((one.given_name, other.given_name), (one.surname, other.surname))
    )


def _same_name_and_company(one: Traits, other: Traits) -> bool:
    if not one.full_name or one.full_name != other.full_name or one.company != other.company:
        return False
    return bool(one.company) or not (one.emails and other.emails)


@dataclass(slots=True)
class TwinIndex(Generic[Id]):
    """Contacts without a link, indexed by hashes of their traits: some 300 bytes each, whatever they hold."""

    _by_email: dict[int, list[Id]] = field(default_factory=lambda: defaultdict(list))
    _by_name: dict[int, list[Id]] = field(default_factory=lambda: defaultdict(list))

    def add(self, key: Id, own: Traits) -> None:
        """Add a contact."""
        for address in own.emails:
            self._by_email[hash(address)].append(key)
        if own.full_name:
            self._by_name[hash(own.full_name)].append(key)

    def candidates(self, own: Traits) -> tuple[Id, ...]:
        """Give the contacts that may be the same person; a few may be wrong, none is missing."""
        found: dict[Id, None] = {}
        for address in own.emails:
            found.update(dict.fromkeys(self._by_email.get(hash(address), ())))
        if own.full_name:
            found.update(dict.fromkeys(self._by_name.get(hash(own.full_name), ())))
        return tuple(found)
