"""Names of countries, for the regions in which telephone numbers are dialled. An unknown name is no region."""

from __future__ import annotations

from functools import lru_cache

from sync_core.domain.identity.folding import readings, words

NAMES = """
AE united arab emirates|vereinigte arabische emirate|uae
AL albania|albanien|shqiperia
AM armenia|armenien
AR argentina|argentinien
AT austria|osterreich|autriche|rakousko|aut
AU australia|australien|aus
AZ azerbaijan|aserbaidschan
BA bosnia and herzegovina|bosnia|bosnien|bosna i hercegovina
BE belgium|belgien|belgique|belgie|bel
BG bulgaria|bulgarien|българия
BR brazil|brasilien|brasil
BY belarus|weissrussland|беларусь
CA canada|kanada|can
CH switzerland|schweiz|suisse|svizzera|svizra|che
CL chile
CN china|people s republic of china|中国
CO colombia|kolumbien
CY cyprus|zypern
CZ czech republic|czechia|tschechien|tschechische republik|ceska republika|cesko|cze
DE germany|deutschland|allemagne|alemania|germania|nemecko|niemcy|duitsland|deu|ger|bundesrepublik deutschland
DK denmark|danemark|danmark|dnk
EE estonia|estland|eesti
EG egypt|agypten
ES spain|spanien|espana|espagne|esp
FI finland|finnland|suomi|fin
FR france|frankreich|francia|fra
GB united kingdom|great britain|england|scotland|wales|northern ireland|grossbritannien|vereinigtes konigreich|uk|gbr
GE georgia|georgien
GR greece|griechenland|hellas|ελλαδα
HK hong kong|hongkong
HR croatia|kroatien|hrvatska
HU hungary|ungarn|magyarorszag|hun
ID indonesia|indonesien
IE ireland|irland|eire
IL israel
IN india|indien
IS iceland|island
IT italy|italien|italia|italie|ita
JP japan|日本
KR south korea|korea|republic of korea|sudkorea|대한민국
KZ kazakhstan|kasachstan
LI liechtenstein
LT lithuania|litauen|lietuva
LU luxembourg|luxemburg
LV latvia|lettland|latvija
MA morocco|marokko|maroc
MC monaco
MD moldova|moldau
ME montenegro
MK north macedonia|nordmazedonien
MT malta
MX mexico|mexiko
MY malaysia
NL netherlands|the netherlands|niederlande|nederland|holland|pays bas|nld
NO norway|norwegen|norge|nor
NZ new zealand|neuseeland
PH philippines|philippinen
PK pakistan
PL poland|polen|polska|pol
PT portugal|prt
RO romania|rumanien
RS serbia|serbien|srbija
RU russia|russland|russian federation|россия
SA saudi arabia|saudi arabien
SE sweden|schweden|sverige|swe
SG singapore|singapur
SI slovenia|slowenien|slovenija
SK slovakia|slowakei|slovensko|svk
TH thailand
TN tunisia|tunesien
TR turkey|turkiye|turkei
TW taiwan
UA ukraine|україна
US united states|united states of america|usa|vereinigte staaten|vereinigte staaten von amerika|america
VN vietnam|viet nam
ZA south africa|sudafrika
"""
_REGIONS: dict[str, str] = {}
for _line in NAMES.strip().splitlines():
    _code, _, _names = _line.partition(" ")
    _REGIONS[_code.lower()] = _code
    _REGIONS.update(dict.fromkeys(("".join(words(readings(name)[0])) for name in _names.split("|")), _code))


@lru_cache(maxsize=256)
def region_of(country: str) -> str:
    """Return the two letters of a country by its name in English, German or its own language; "" when unknown."""
    if not country:
        return ""
    return next((_REGIONS[key] for text in readings(country) if (key := "".join(words(text))) in _REGIONS), "")
