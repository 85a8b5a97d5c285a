"""Ids as Exchange makes them: long, url-safe, case-sensitive, and alike but for a counter near the end."""

from __future__ import annotations

import random
import uuid
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache

_DEFAULT_HEAD = urlsafe_b64decode("AAMkAGVm")
_IMMUTABLE_HEAD = urlsafe_b64decode("AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A")
_CHANGE_KEY_HEAD = urlsafe_b64decode("EQAAABYAAAAA")
_ID_BYTES = 113
_COUNTER_BYTES = 6


@dataclass(frozen=True, slots=True)
class ContactIds:
    """Both formats of one contact's id; the default one is renewed by a move."""

    default: str
    immutable: str


class IdSource:
    """Makes every id of one service from its seeded random numbers and a counter."""

    def __init__(self, rng: random.Random) -> None:
        """Take random numbers from `rng`."""
        self._rng = rng
        self._count = 0
        self._requests = 0

    def guid(self) -> str:
        """Make a random id, as directory objects have."""
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def request_id(self) -> str:
        """Make an id for one request; draws no random number."""
        self._requests += 1
        return _request_id(self._requests)

    def mailbox(self) -> MailboxIds:
        """Ids of one mailbox's items."""
        return MailboxIds(self, self._rng.randbytes(_ID_BYTES))

    def count(self) -> int:
        """Next number of the service."""
        self._count += 1
        return self._count


@lru_cache(maxsize=4096)
def _request_id(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"request-{number}"))


class MailboxIds:
    """Makes the ids of one mailbox; all share the mailbox's own bytes."""

    def __init__(self, source: IdSource, salt: bytes) -> None:
        """Number items by `source`; `salt` tells mailboxes apart."""
        self._source = source
        self._salt = salt
        self._items = 0

    def contact(self) -> ContactIds:
        """Ids of a new contact."""
        self._items += 1
        return ContactIds(self._long(_DEFAULT_HEAD), self._long(_IMMUTABLE_HEAD))

    def default(self) -> str:
        """Make a default id of a folder or a moved item."""
        self._items += 1
        return self._long(_DEFAULT_HEAD)

    def change_key(self) -> str:
        """Make a change key, in base64 that is not url-safe."""
        return b64encode(_CHANGE_KEY_HEAD + self._salt[:15] + _bytes_of(self._source.count())).decode()

    def _long(self, head: bytes) -> str:
        # The counter ends on a base64 boundary, so that ids differing in nothing but case do occur.
        filling = _ID_BYTES - len(head) - _COUNTER_BYTES - 2
        return urlsafe_b64encode(head + self._salt[:filling] + _bytes_of(self._items) + b"\0\0").decode()


def _bytes_of(number: int) -> bytes:
    return number.to_bytes(_COUNTER_BYTES, "big")
