"""Addresses of mailboxes and users: equal by ASCII case alone.

Unicode's case folding makes other letters equal, too (the long s and s, the Kelvin sign and k, the sharp s and ss): an
address that only looks like another would be taken for it.
"""

from __future__ import annotations

_LOWER = {letter: letter + (ord("a") - ord("A")) for letter in range(ord("A"), ord("Z") + 1)}


def address_key(address: str) -> str:
    """Return what is equal for equal addresses, and for ids that hold no other letters."""
    return address.translate(_LOWER)


def is_same_address(one: str, other: str) -> bool:
    """Whether two addresses, or two object ids, are equal; a blank one is equal to none."""
    return bool(one) and address_key(one) == address_key(other)
