"""A population of Western and Southern Europe: local phone notations, work and private mail apart, households."""

from __future__ import annotations

import random
from collections.abc import Mapping

from emulators.bench.population_cards import GROUPED, Card, Habit, Profile, cards_of, groups, habits_of, listed
from sync_core.domain import Side, Value

_GIVEN = listed("""
    James Mary Robert Patricia John Jennifer William Linda David Elizabeth Richard Susan Joseph Jessica Charles
Sarah Christopher Karen Matthew Nancy Anthony Margaret Steven Sandra Andrew Kimberly Kenneth Emily George Michelle
Edward Deborah Ronald Rebecca Samuel Katherine Giulia Marco Francesca Luca Chiara Matteo Alessandro Paola Giovanni
Lucía Carlos Carmen Javier Pilar Francisco Beatriz José Inés Raúl Chloé Hugo Camille Louis Manon Gabriel Léa Arthur
Hélène Benoît Céline Étienne Zoë Björn Søren Åsa Łukasz Agnieszka Zdeněk Jiří Tereza""")
_FIRST = listed("Ash Black Brad Carl Crom Dun East Fair Green Hart Holm King Lang Marsh North Oak Pres Rad Stan West")
_LAST = listed("ton ley ford well field worth wood by ham shaw more stone wick den hurst")
_SOUTHERN = listed("""
    Rossi Ferrari Esposito Bianchi Romano Ricci Marino García Fernández González Rodríguez López Sánchez
Dubois Lefèvre Moreau Girard Fontaine Chevalier Nielsen Østergaard Lindström Nováková Dvořák Kowalski Zieliński
O'Brien D'Angelo De-Luca Saint-Clair""")
_NICKNAMES = {
    "Robert": "Bob",
    "William": "Bill",
    "Elizabeth": "Liz",
    "Richard": "Rick",
    "James": "Jim",
    "Jessica": "Jess",
    "Christopher": "Chris",
    "Margaret": "Peggy",
    "Katherine": "Kate",
    "Francisco": "Paco",
    "Giovanni": "Gianni",
}
_PLACES = (
    ("United Kingdom", "GB", ("London", "Leeds", "Bristol"), "+44 7700 9", "07700 9", "+44 20 7946 "),
    ("Italia", "IT", ("Roma", "Milano", "Torino"), "+39 347 12", "347 12", "+39 06 698 "),
    ("España", "ES", ("Madrid", "Sevilla", "Bilbao"), "+34 612 34", "612 34", "+34 91 123 "),
    ("France", "FR", ("Paris", "Lyon", "Nantes"), "+33 6 12 3", "06 12 3", "+33 1 44 55 "),
    ("USA", "US", ("Boston", "Denver", "Austin"), "+1 212 5", "(212) 5", "+1 617 555 "),
)
_ABROAD = {"Roma": "Rome", "Milano": "Milan", "Torino": "Turin", "Sevilla": "Seville"}
_GREEK = (
    ("Κώστας", "Kostas"),
    ("Σοφία", "Sofia"),
    ("Δημήτρης", "Dimitris"),
    ("Κατερίνα", "Katerina"),
    ("Γιώργος", "Giorgos"),
    ("Ελένη", "Eleni"),
    ("Νίκος", "Nikos"),
    ("Μαρία", "Maria"),
)
_GREEK_NAMES = (
    ("Δημητρίου", "Dimitriou"),
    ("Ιωάννου", "Ioannou"),
    ("Βασιλείου", "Vasileiou"),
    ("Κωνσταντίνου", "Konstantinou"),
    ("Παπαδόπουλος", "Papadopoulos"),
    ("Νικολάου", "Nikolaou"),
    ("Γεωργίου", "Georgiou"),
)
_HAN = (
    ("翔", "Sho"),
    ("陽子", "Yoko"),
    ("直樹", "Naoki"),
    ("恵子", "Keiko"),
    ("太郎", "Taro"),
    ("花子", "Hanako"),
    ("健", "Ken"),
    ("美咲", "Misaki"),
)
_HAN_NAMES = (
    ("伊藤", "Ito"),
    ("渡辺", "Watanabe"),
    ("中村", "Nakamura"),
    ("小林", "Kobayashi"),
    ("加藤", "Kato"),
    ("吉田", "Yoshida"),
    ("田中", "Tanaka"),
    ("佐藤", "Sato"),
    ("鈴木", "Suzuki"),
    ("高橋", "Takahashi"),
    ("山田", "Yamada"),
)
_FOLDED = str.maketrans("áàéèêëíïóòôöøúùüñçåąćęłńśźżžčďěňřšťůýÉÅŁØ", "aaeeeeiiooooouuuncaacelnszzzcdenrstuyEALO")


_PERSONAL = ("given_name", "middle_name", "surname", "title", "mobile_phone")


def population(count: int, seed: int) -> list[Card]:
    """Invent so many people, and their cards."""
    chance = random.Random(f"western {seed}")
    profiles = [_person(at, habits, chance) for at, habits in enumerate(habits_of(count, chance))]
    _share(profiles, chance)
    return cards_of([_finished(profile, chance) for profile in profiles], chance, _noise)


def _letters(text: str) -> str:
    return "".join(mark for mark in text.translate(_FOLDED).lower() if mark.isalnum())


def _surname(chance: random.Random) -> str:
    return chance.choice(_FIRST) + chance.choice(_LAST) if chance.random() < 0.9 else chance.choice(_SOUTHERN)


def _person(at: int, habits: frozenset[Habit], chance: random.Random) -> Profile:
    given, surname = chance.choice(_GIVEN), _surname(chance)
    country, _, towns, mobile, _, line = chance.choice(_PLACES)
    company = f"{chance.choice(_FIRST)}{chance.choice(_LAST)} {chance.choice(['Foods', 'Legal', 'Media'])} {at // 9}"
    values: dict[str, Value] = {
        "given_name": given,
        "surname": surname,
        "middle_name": chance.choice(["", "", "", "A.", "Lee"]),
        "title": chance.choice(["", "", "Dr."]),
        "company": f"{company} {chance.choice(['Ltd', 'Inc.', 'S.p.A.', ''])}".strip() if chance.random() < 0.8 else "",
        "job_title": chance.choice(["Buyer", "Partner", "CFO", ""]),
        "mobile_phone": f"{mobile}{chance.randrange(10**4, 10**5)}"
        if not mobile.startswith("+1")
        else f"{mobile}{chance.randrange(10**6):06d}",
        "business_phones": (f"{line}{chance.randrange(1000, 10000)}",) if chance.random() < 0.6 else (),
        "street": f"{chance.randrange(1, 200)} {chance.choice(['High Street', 'Via Garibaldi', 'Calle Mayor'])}",
        "city": chance.choice(towns),
        "postal_code": f"{chance.randrange(10000, 99999)}",
        "country": country,
    }
    return _with_mail(Profile(values, habits), at, chance)


def _with_mail(profile: Profile, at: int, chance: random.Random) -> Profile:
    given, surname = _letters(str(profile.values["given_name"])), _letters(str(profile.values["surname"]))
    firm = _letters(str(profile.values["company"]))
    local = chance.choice([f"{given}.{surname}", f"{given[0]}{surname}", f"{surname}.{given}", f"{given}"])
    work = f"{local}{at % 9 or ''}@{firm}.example" if firm else ""
    name = chance.choice([local, f"{given}{surname[:3]}", "sunshine", "golfer"])
    private = f"{name}{at}@{chance.choice(['gmail.com', 'libero.it', 'orange.fr'])}"
    both: tuple[str, ...] = tuple(mail for mail in (work, private if chance.random() < 0.4 or not work else "") if mail)
    profile = profile.having({"emails": both})
    return profile.elsewhere({"emails": (private,)}) if work and chance.random() < 0.15 else profile


def _share(profiles: list[Profile], chance: random.Random) -> None:
    for number, family in enumerate(groups(profiles, Habit.FAMILY, 4)):
        _share_a_home(profiles, family, number, chance)
    for office in groups(profiles, Habit.OFFICE, 15):
        _share_an_office(profiles, office, chance)
    for number, (one, *rest) in enumerate(groups(profiles, Habit.NAMESAKE, 2)):
        first = profiles[one].values
        for at in rest:
            shared = {"given_name": first["given_name"], "surname": first["surname"]}
            if number % 2 and first["company"]:
                name = f"{_letters(str(first['given_name']))}.{_letters(str(first['surname']))}{at}"
                shared |= {key: first[key] for key in ("company", "city", "business_phones")}
                shared |= {"emails": (f"{name}@{_letters(str(first['company']))}.example",)}
            profiles[at] = profiles[at].having(shared)


def _share_a_home(profiles: list[Profile], family: list[int], number: int, chance: random.Random) -> None:
    first = profiles[family[0]].values
    home = f"{chance.choice(_PLACES)[-1]}{chance.randrange(1000, 10000)}"
    surname = _letters(str(first["surname"]))
    household = f"{surname}@{surname}{number}.example"
    for at in family:
        shared: dict[str, Value] = {"surname": first["surname"], "home_phones": (home,)}
        if number % 2:
            shared |= {name: first[name] for name in ("street", "city", "postal_code", "country")}
        if number % 3 == 0:
            shared["emails"] = (household,) if number % 6 else (*profiles[at].mails, household)
        profiles[at] = profiles[at].having(shared)
    if number % 5 == 0 and len(family) > 1:  # a father and a son
        name = {"given_name": first["given_name"], "middle_name": ""}
        for at, suffix in zip(family, ("Sr", "Jr."), strict=False):
            profiles[at] = profiles[at].having({**name, "surname": f"{first['surname']} {suffix}"})


def _share_an_office(profiles: list[Profile], office: list[int], chance: random.Random) -> None:
    first = profiles[office[0]].values
    company = f"{first['company'] or 'Office'} {office[0]}"
    switchboard = f"{chance.choice(_PLACES)[-1]}{chance.randrange(1000, 10000)}"
    role = f"{chance.choice(['info', 'office', 'sales', 'reception'])}@{_letters(company)}.example"
    for at in office:
        emails = (role,) if chance.random() < 0.4 else (role, *profiles[at].mails)
        shared: dict[str, Value] = {"company": company, "business_phones": (switchboard,), "emails": emails}
        profiles[at] = profiles[at].having(shared | {key: first[key] for key in ("city", "country")})


def _finished(profile: Profile, chance: random.Random) -> Profile:
    values, habits = profile.values, profile.habits
    given, surname = str(values["given_name"]), str(values["surname"])
    if Habit.ONE_NAME in habits:
        return _with_one_name(profile, chance).blanked()
    if Habit.SCRIPT in habits:
        profile = _in_script(profile, chance)
    else:
        profile = profile.elsewhere(_changed(given, surname, habits, chance))
    if Habit.NEW_COMPANY in habits:
        firm = f"{chance.choice(_FIRST)}{chance.choice(_LAST)} Group"
        mail = f"{_letters(given)}.{_letters(surname)}@{_letters(firm)}.example"
        kept = profile.mails if chance.random() < 0.5 else ()
        profile = profile.elsewhere({"company": firm, "emails": (mail, *kept)})
    return profile.blanked()


def _with_one_name(profile: Profile, chance: random.Random) -> Profile:
    company = str(profile.values["company"])
    if chance.random() < 0.4 and company and not profile.habits & set(GROUPED):
        mail = f"{chance.choice(['info', 'hello'])}@{_letters(company)}.example"
        return profile.having({**dict.fromkeys(_PERSONAL, ""), "emails": (mail,)})
    return profile.having({chance.choice(["given_name", "surname"]): "", "middle_name": ""})


def _in_script(profile: Profile, chance: random.Random) -> Profile:
    givens, surnames = (_GREEK, _GREEK_NAMES) if chance.random() < 0.5 else (_HAN, _HAN_NAMES)
    (there, here), (their, our) = chance.choice(givens), chance.choice(surnames)
    profile = profile.having({"given_name": there, "surname": their, "middle_name": ""})
    return profile.elsewhere({"given_name": here, "surname": our}) if chance.random() < 0.5 else profile


def _changed(given: str, surname: str, habits: frozenset[Habit], chance: random.Random) -> Mapping[str, Value]:
    changed: dict[str, Value] = {}
    if Habit.NICKNAME in habits:
        changed["given_name"] = _NICKNAMES.get(given, f"{given[0]}.")
    if Habit.SLIP in habits:
        at = chance.randrange(1, len(surname) - 1)
        swapped = surname[:at] + surname[at + 1] + surname[at] + surname[at + 2 :]
        changed["surname"] = swapped if swapped != surname else surname[:at] + surname[at:].replace(surname[at], "", 1)
        if chance.random() < 0.4 and len(given) > 4 and "given_name" not in changed:
            changed = {"given_name": given[:2] + given[3:]}
    if Habit.MARRIED in habits:
        new = _surname(chance)
        changed["surname"] = f"{surname}-{new}" if chance.random() < 0.3 else new
    return changed


def _noise(chance: random.Random, values: dict[str, Value], side: Side) -> dict[str, Value]:
    """Each side has its own habits of writing, and leaves out what it likes."""
    written = dict(values)
    for name in (
        "street",
        "city",
        "postal_code",
        "job_title",
        "title",
        "middle_name",
        "business_phones",
        "home_phones",
    ):
        if chance.random() < 0.2:
            written.pop(name, None)
    for name in ("mobile_phone", "company"):
        if chance.random() < 0.04 and written.get("emails") and (written.get("given_name") or written.get("surname")):
            written.pop(name, None)
    if chance.random() < 0.3:
        for country, _, _, abroad, local, _ in _PLACES:
            number = str(written.get("mobile_phone", ""))
            if number.startswith(abroad) and written.get("country") == country:
                written["mobile_phone"] = local + number.removeprefix(abroad)
    if side is Side.OUTLOOK and chance.random() < 0.2:
        written["emails"] = tuple(str(mail).title() for mail in written.get("emails", ()))
        written["surname"] = str(written.get("surname", "")).upper()
    if chance.random() < 0.1:
        written["given_name"], written["surname"] = (
            str(written.get(name, "")).translate(_FOLDED) for name in ("given_name", "surname")
        )
    if side is Side.PIPELINER and str(written.get("city", "")) in _ABROAD and chance.random() < 0.5:
        written["city"] = _ABROAD[str(written["city"])]
    return written
