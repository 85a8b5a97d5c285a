"""Values that stand nowhere else, and how they are found again in whatever form they come out.

Each has a core of letters and digits, which upper and lower case, addresses, JSON, bytes and tracebacks leave as it is;
only base64 and hexadecimal hide it, and they are looked through too.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field

MARK = "kanari"
"""How every core begins but those of phone numbers."""
PHONE_MARK = "70000"
LETTERS = "ä&ß/+"
"""Each of these looks different in an address, in JSON and in bytes."""


def in_base64(core: str) -> tuple[str, ...]:
    """Return a text as base64 shows it at each of the three places where it may begin: what depends on it alone."""
    content = core.encode()
    found = []
    for shift, first in enumerate((0, 2, 3)):
        encoded = base64.b64encode(b"\0" * shift + content).decode().rstrip("=")
        found.append(encoded[first : (shift + len(content)) * 8 // 6])
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Leak:
    """A canary that was found where it must not be."""

    canary: str
    where: str
    around: str = field(compare=False, default="")


@dataclass(frozen=True, slots=True)
class _Canary:
    name: str
    value: str
    plain: tuple[str, ...]
    """Forms to look for whatever the case."""
    exact: tuple[str, ...]


class Canaries:
    """Mints values and looks for them."""

    def __init__(self) -> None:
        """Start without any."""
        self._minted: list[_Canary] = []
        self._known: list[_Canary] = []
        self._marks = (MARK, PHONE_MARK, MARK.encode().hex(), PHONE_MARK.encode().hex())
        self._exact_marks = (*in_base64(MARK), *in_base64(PHONE_MARK))

    def text(self, name: str) -> str:
        """Return a line of text."""
        return self._mint(name, f"{self._core()} {name} {LETTERS}", self._core())

    def word(self, name: str) -> str:
        """Return a word for what takes no spaces: a token, a header, a key."""
        return self._mint(name, f"{self._core()}-{name}", self._core())

    def mail(self, name: str) -> str:
        """Return an e-mail address."""
        return self._mint(name, f"{self._core()}+{name}@kanaren.example", self._core())

    def phone(self, name: str) -> str:
        """Return a phone number."""
        number = f"{PHONE_MARK}{len(self._minted):04d}"
        return self._mint(name, f"+49 151 {number}", number)

    def known(self, name: str, value: str) -> str:
        """Look for a value that was not minted here."""
        self._known.append(_Canary(name, value, (value.casefold(), value.encode().hex()), in_base64(value)))
        return value

    def leaks(self, text: str, where: str) -> Iterator[Leak]:
        """Find every canary in a text."""
        folded = text.casefold()
        is_marked = any(mark in folded for mark in self._marks) or any(mark in text for mark in self._exact_marks)
        for canary in (*self._known, *(self._minted if is_marked else ())):
            form = next((form for form in canary.plain if form in folded), None)
            form = form or next((form for form in canary.exact if form in text), None)
            if form is not None:
                yield Leak(canary.name, where, text[:300])

    def values(self) -> tuple[str, ...]:
        """All values."""
        return tuple(canary.value for canary in (*self._minted, *self._known))

    def _core(self) -> str:
        return f"{MARK}{len(self._minted):04d}vogel"

    def _mint(self, name: str, value: str, core: str) -> str:
        self._minted.append(_Canary(name, value, (core, core.encode().hex()), in_base64(core)))
        return value
