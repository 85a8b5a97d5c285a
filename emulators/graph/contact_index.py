"""Finds a mailbox's contacts by e-mail address or extended property without looking at each."""

from __future__ import annotations

from collections.abc import Iterator

from emulators.graph.contact import Contact

_Term = tuple[str, str]


class ContactIndex:
    """Keys of contacts by what `$filter` may ask for; values compare case-insensitively, names do not."""

    def __init__(self) -> None:
        self._keys: dict[_Term, dict[int, None]] = {}

    def add(self, contact: Contact) -> None:
        """Make a contact findable."""
        for term in _terms(contact):
            self._keys.setdefault(term, {})[contact.key] = None

    def remove(self, contact: Contact) -> None:
        """Forget this version of a contact."""
        for term in _terms(contact):
            keys = self._keys.get(term, {})
            keys.pop(contact.key, None)
            if not keys:
                self._keys.pop(term, None)

    def by_extended(self, name: str, value: str) -> tuple[int, ...]:
        """Keys of the contacts with this value of an extended property (by normal id)."""
        return tuple(self._keys.get((name, value.casefold()), ()))

    def by_address(self, address: str) -> tuple[int, ...]:
        """Keys of the contacts with this e-mail address."""
        return tuple(self._keys.get(("", address.casefold()), ()))


def _terms(contact: Contact) -> Iterator[_Term]:
    for name, value in contact.extended.items():
        yield name, value.casefold()
    for email in contact.fields["emailAddresses"]:
        if "address" in email:
            yield "", email["address"].casefold()
