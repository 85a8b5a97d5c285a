"""E-mail addresses: what makes two of them one, and whose an address is."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from sync_core.domain.identity.folding import visible
from sync_core.domain.identity.mail_words import FREE_MAILERS, HOUSEHOLD_WORDS, PLACEHOLDERS, ROLES

LONGEST_ADDRESS = 320
_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_SCHEME = re.compile(r"(?:mailto|smtp):", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"/o=|/ou=|x500:|ex:|imceaex-", re.IGNORECASE)
_ASCII_LOWER = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}
_DIGITS = "0123456789"
_SAME_MAILER = {"googlemail.com": "gmail.com"}


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address in compared form."""

    handle: str
    """What is equal for equal addresses."""
    domain: str
    words: tuple[str, ...]
    """The words of the local part, without a tag and without digits at its end."""

    @property
    def is_role(self) -> bool:
        """Whether a function is behind the address, not a person; so it is when nobody is."""
        joined = "".join(self.words)
        return self.words[:1] == () or self.words[0] in ROLES or joined in ROLES or joined in PLACEHOLDERS

    @property
    def is_free(self) -> bool:
        """Whether anybody can have an address there."""
        return self.domain in FREE_MAILERS or self.domain.partition(".")[0] in FREE_MAILERS

    def is_household(self, surnames: frozenset[str]) -> bool:
        """Whether the address is a family's: their name alone at a mailer for all or at their own domain."""
        if not HOUSEHOLD_WORDS.isdisjoint(self.words):
            return True
        if "".join(self.words) not in surnames:
            return False
        return self.is_free or any(
            label.replace("-", "").rstrip(_DIGITS) in surnames for label in self.domain.split(".")
        )


def address_of(text: str) -> Address | None:
    """Read an address as it was typed; None where there is none that a letter could reach.

    Letters are folded as ASCII has them, and no others: an address with a long s is another one.
    """
    if len(text) > LONGEST_ADDRESS * 2:
        return None
    text = text.strip() if text.isascii() else visible(text).strip()
    if "<" in text and (found := _IN_BRACKETS.search(text)):
        text = found.group(1).strip()
    if ":" in text:
        text = _SCHEME.sub("", text, count=1).strip()
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or len(text) > LONGEST_ADDRESS or _NO_ADDRESS.match(text):
        return None
    if len(text.split()) > 1:
        return None
    local = local.translate(_ASCII_LOWER)
    domain = _ascii_domain(domain.rstrip("."))
    if not domain:
        return None
    domain = _SAME_MAILER.get(domain, domain)
    return Address(f"mail:{local}@{domain}", domain, _words(local))


def _ascii_domain(domain: str) -> str:
    if domain.isascii() and "xn--" not in domain:
        return domain.lower()
    if any(not mark.isascii() and unicodedata.normalize("NFC", mark.lower()).isascii() for mark in domain):
        return domain.translate(_ASCII_LOWER)  # such a letter only looks like one of ASCII
    import idna  # noqa: PLC0415 - loaded only where a domain needs it: most runs meet none

    lower = unicodedata.normalize("NFC", domain.lower())
    try:
        return idna.encode(lower).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return domain.translate(_ASCII_LOWER)


def words_of(handle: str) -> tuple[str, ...]:
    """Return the words of the local part of an address, by its handle."""
    return _words(handle.removeprefix("mail:").rpartition("@")[0])


def _words(local: str) -> tuple[str, ...]:
    name = local.partition("+")[0].rstrip(_DIGITS)
    return tuple(name.replace("_", ".").replace("-", ".").strip(".").split(".")) if name else ()
