"""Telephone numbers as values: compared as numbers, kept as typed, written with their country where it is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sync_core.domain.contact import Side, Value, is_same_number, number_key
from sync_core.domain.fields import Field
from sync_core.domain.values.lists import Entries, MergedEntries, merge_entries


def merge_numbers(
    field: Field,
    now: Mapping[Side, Entries],
    base: Mapping[Side, Entries],
    writable: frozenset[Side],
    preferred: Side,
) -> MergedEntries:
    """Merge two lists of numbers: one that stands on both sides in two notations stays on each as it is there."""
    known = _canonical(number_key(entry) for lists in (now, base) for entries in lists.values() for entry in entries)
    typed = {side: {known[number_key(entry)]: entry for entry in now[side][::-1]} for side in Side}
    plain = [
        {side: tuple(dict.fromkeys(known[number_key(one)] for one in lists[side])) for side in Side}
        for lists in (now, base)
    ]
    merged = merge_entries(field, plain[0], plain[1], writable, preferred)
    writes = []
    for side, keys in merged.writes:
        texts = {**typed[side.other], **typed[side]}
        writes.append((side, tuple(texts.get(key, key) for key in keys)))
    return MergedEntries(tuple(writes), merged.overflowed, merged.held_back)


def _canonical(keys: Iterable[str]) -> dict[str, str]:
    """Map numbers to those that they are the same as; one without a country to the only one with a country."""
    found = dict.fromkeys(keys)
    whole = [key for key in found if key.startswith("+")]
    known: dict[str, str] = {}
    for key in found:
        likely = [one for one in whole if is_same_number(one, key)]
        known[key] = likely[0] if len(likely) == 1 else key
    return known


def with_country(value: Value, region: str, kept: Value) -> Value:
    """Return numbers in the form that begins with + and their country; those that are `kept` stay as they are.

    A number that nobody can dial, or whose country nobody knows, stays as it is, too.
    """
    if isinstance(value, str):
        here = {number_key(kept)} if isinstance(kept, str) else set(map(number_key, kept))
        return value if not value or number_key(value) in here else _international(value, region)
    own = set(map(number_key, (kept,) if isinstance(kept, str) else kept))
    return tuple(entry if number_key(entry) in own else _international(entry, region) for entry in value)


def _international(text: str, region: str) -> str:
    import phonenumbers  # noqa: PLC0415 - it is large, and only some connections want it

    key = number_key(text)
    if ";" in key or not (key.startswith("+") or region):
        return text
    try:
        number = phonenumbers.parse(key, region or None)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
