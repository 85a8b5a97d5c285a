"""Postal addresses as evidence: one street with postal code for, another town against."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sync_core.domain.identity.folding import fold, readings, words

_STREETS = re.compile(r"(?:strasse|street|st)(?=\d|$)")
"""The word at the end of a street's name, before the number."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contact is, in compared form."""

    street: str = ""
    postal_code: str = ""
    towns: frozenset[str] = frozenset()
    region: str = ""


NO_PLACE = Place()
_TOWNS = {
    "vienna": "wien", "munich": "munchen", "cologne": "koln", "nuremberg": "nurnberg", "prague": "praha",
    "prag": "praha", "warsaw": "warszawa", "warschau": "warszawa", "rome": "roma", "rom": "roma", "milan": "milano",
    "mailand": "milano", "turin": "torino", "venice": "venezia", "venedig": "venezia", "florence": "firenze",
    "florenz": "firenze", "naples": "napoli", "neapel": "napoli", "geneva": "geneve", "genf": "geneve",
    "zuerich": "zurich", "basle": "basel", "bale": "basel", "brussels": "bruxelles", "brussel": "bruxelles",
    "antwerp": "antwerpen", "lisbon": "lisboa", "lissabon": "lisboa", "copenhagen": "kobenhavn",
    "kopenhagen": "kobenhavn", "gothenburg": "goteborg", "moscow": "moskva", "moskau": "moskva",
    "krakow": "krakau", "cracow": "krakau", "bucharest": "bucuresti", "bukarest": "bucuresti",
    "belgrade": "beograd", "belgrad": "beograd", "athens": "athina", "athen": "athina", "seville": "sevilla",
    "the hague": "den haag", "hanover": "hannover", "brunswick": "braunschweig", "pressburg": "bratislava",
}  # fmt: skip
"""Towns with a name of their own in another language."""


def place_of(street: str, postal_code: str, city: str, region: str) -> Place:
    """Read an address."""
    if not street and not postal_code and not city and not region:
        return NO_PLACE
    code = "".join(words(fold(postal_code)))
    way = _STREETS.sub("str", "".join(words(fold(street))))
    towns = {" ".join(words(way)) for way in readings(city)} if city else set()
    return Place(way, code, frozenset(_TOWNS.get(town, town) for town in towns if town), region)


def are_one_address(one: Place, other: Place) -> bool:
    """Whether two addresses are one: the street, and the postal code or, where one lacks it, the town."""
    if not one.street or one.street != other.street or are_other_towns(one, other):
        return False
    return one.postal_code == other.postal_code != "" or (
        not (one.postal_code and other.postal_code) and not one.towns.isdisjoint(other.towns)
    )


def are_other_towns(one: Place, other: Place) -> bool:
    """Whether two addresses are in two towns or countries; one postal code makes two spellings one town."""
    if one.region and other.region and one.region != other.region:
        return True
    if (
        one.towns == other.towns
        or not one.towns
        or not other.towns
        or (one.postal_code and one.postal_code == other.postal_code)
    ):
        return False
    return not any(a.startswith(b) or b.startswith(a) for a in one.towns for b in other.towns)
