"""A population of Central Europe: German spelling, offices with a switchboard, families with a landline."""

from __future__ import annotations

import random

from emulators.bench.population_cards import GROUPED, Card, Habit, Profile, cards_of, groups, habits_of, listed
from sync_core.domain import Side, Value

_GIVEN = listed("""
    Anna Eva Maria Julia Katharina Lena Sophie Laura Sabine Petra Monika Christina Andrea Birgit Claudia Doris
Elisabeth Franziska Gabriele Heidi Ingrid Johanna Karin Lisa Manuela Nicole Renate Silvia Theresa Ursula Verena Barbara
Thomas Michael Peter Andreas Stefan Christian Martin Markus Wolfgang Josef Franz Karl Johann Georg Alexander Daniel
Florian Gerhard Harald Jürgen Klaus Lukas Manfred Norbert Otto Paul Robert Sebastian Tobias Ulrich Viktor Walter
Werner Friedrich Günther Heinrich Jakob Konrad Ludwig Matthias Oliver Philipp Rainer Simon""")
_ROOTS = listed("""
    Hof Berg Feld Wald Stein Bach Reit Gruber Lind Eich Kirch Ober Unter Neu Alt Hoch Nieder Stadl Brunn
Wies Au Moos Ried Kogl Thal Winkl Egg Haus Mühl Schön""")
_ENDS = listed("er mann bauer inger hofer huber leitner meier müller berger lechner egger eder wimmer lehner")
_TRADES = ("bau", "tech", "soft", "druck", "holz")
_TOWNS = [("Wien", "1010"), ("Graz", "8010"), ("Linz", "4020"), ("Salzburg", "5020"), ("Innsbruck", "6020")]
_STREETS = listed("Hauptstraße Bahnhofstraße Kirchengasse Wiesenweg Lindenallee Schulstraße Mühlgasse")
_NICKNAMES = {
    "Thomas": "Tom",
    "Michael": "Michi",
    "Josef": "Sepp",
    "Elisabeth": "Lisi",
    "Katharina": "Kathi",
    "Alexander": "Alex",
    "Johann": "Hans",
    "Christina": "Tina",
    "Andreas": "Andi",
    "Ulrich": "Uli",
}
_CYRILLIC = [
    ("Юлия", "Yulia"),
    ("Иван", "Ivan"),
    ("Ольга", "Olga"),
    ("Сергей", "Sergey"),
    ("Анна", "Anna"),
    ("Дмитрий", "Dmitry"),
    ("Наталья", "Natalia"),
    ("Евгений", "Evgeny"),
    ("Алексей", "Alexey"),
    ("Татьяна", "Tatiana"),
]
_CYRILLIC_NAMES = [
    ("Кузнецов", "Kuznetsov"),
    ("Волков", "Volkov"),
    ("Зайцев", "Zaytsev"),
    ("Фёдоров", "Fyodorov"),
    ("Чернов", "Chernov"),
    ("Жуков", "Zhukov"),
    ("Щербаков", "Shcherbakov"),
    ("Лебедев", "Lebedev"),
    ("Петров", "Petrov"),
    ("Цветков", "Tsvetkov"),
    ("Соколов", "Sokolov"),
    ("Морозов", "Morozov"),
]
_ASCII = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def population(count: int, seed: int) -> list[Card]:
    """Invent so many people, and their cards."""
    chance = random.Random(seed)
    profiles = [_with_habits(_person(at, chance), habits, chance) for at, habits in enumerate(habits_of(count, chance))]
    _share(profiles, chance)
    return cards_of([profile.blanked() for profile in profiles], chance, _noise)


def _ascii(text: str) -> str:
    return text.translate(_ASCII).lower()


def _person(at: int, chance: random.Random) -> Profile:
    given = chance.choice(_GIVEN)
    surname = chance.choice(_ROOTS) + chance.choice(_ENDS)
    return _named(
        at,
        given,
        surname,
        f"{chance.choice(_ROOTS)}{chance.choice(_TRADES)} {at % 97}",
        chance,
    )


def _named(at: int, given: str, surname: str, company: str, chance: random.Random) -> Profile:
    town, code = chance.choice(_TOWNS)
    firm = f"{company} {chance.choice(['GmbH', 'AG', 'KG'])}" if chance.random() < 0.75 else ""
    domain = (
        f"{_ascii(company).replace(' ', '')}.example"
        if firm
        else chance.choice(["gmx.at", "gmail.com", "post.example"])
    )
    return Profile(
        {
            "given_name": given,
            "surname": surname,
            "company": firm,
            "emails": (f"{_ascii(given)}.{_ascii(surname)}{at if not firm or chance.random() < 0.3 else ''}@{domain}",),
            "mobile_phone": f"+43 664 {chance.randrange(10**6, 10**7)}",
            "business_phones": (f"+43 1 {chance.randrange(10**5, 10**6)}-{chance.randrange(10, 99)}",) if firm else (),
            "street": f"{chance.choice(_STREETS)} {chance.randrange(1, 90)}",
            "city": town,
            "postal_code": code,
            "country": "Österreich",
            "job_title": chance.choice(["Einkauf", "Verkauf", "Leitung", ""]),
        }
    )


def _with_habits(profile: Profile, habits: frozenset[Habit], chance: random.Random) -> Profile:
    given, surname = str(profile.values["given_name"]), str(profile.values["surname"])
    profile = Profile(profile.values, habits)
    if Habit.ONE_NAME in habits:
        if chance.random() < 0.5 and profile.values["company"] and not habits & set(GROUPED):
            domain = profile.mails[0].partition("@")[2]
            return profile.having(
                {"given_name": "", "surname": "", "emails": (f"office@{domain}",), "mobile_phone": ""}
            )
        return profile.having({"given_name": "", "surname": surname})
    if Habit.SCRIPT in habits:
        (there, here), (their, our) = chance.choice(_CYRILLIC), chance.choice(_CYRILLIC_NAMES)
        mail = profile.mails[0].partition("@")[2]
        number = chance.randrange(10000)
        profile = profile.having({"given_name": here, "surname": our, "emails": (f"{here.lower()}{number}@{mail}",)})
        return profile.elsewhere({"given_name": there, "surname": their}) if chance.random() < 0.5 else profile
    if Habit.NICKNAME in habits:
        other = _NICKNAMES.get(given, f"{given[0]}.")
        profile = profile.elsewhere({"given_name": other})
    if Habit.SLIP in habits:
        at = chance.randrange(1, len(surname) - 1)
        profile = profile.elsewhere({"surname": surname[:at] + surname[at + 1 :]})
    if Habit.MARRIED in habits:
        profile = profile.elsewhere({"surname": chance.choice(_ROOTS) + chance.choice(_ENDS)})
    if Habit.NEW_COMPANY in habits:
        company = f"{chance.choice(_ROOTS)}werk"
        mail = f"{_ascii(given)}.{_ascii(surname)}@{_ascii(company)}.example"
        profile = profile.elsewhere({"company": f"{company} GmbH", "emails": (mail,), "business_phones": ()})
    return profile


def _share(profiles: list[Profile], chance: random.Random) -> None:
    for family in groups(profiles, Habit.FAMILY, 3):
        first = profiles[family[0]].values
        line = f"+43 316 {chance.randrange(10**5, 10**6)}"
        place = {name: first[name] for name in ("street", "city", "postal_code")}
        for at in family:
            if profiles[at].values["surname"] and Habit.SCRIPT not in profiles[at].habits:
                shared: dict[str, Value] = {"surname": first["surname"] or profiles[at].values["surname"], **place}
                profiles[at] = profiles[at].having({**shared, "home_phones": (line,)})
    for office in groups(profiles, Habit.OFFICE, 12):
        company = f"{chance.choice(_ROOTS)}{chance.choice(_ENDS)} Partner"
        domain = f"{_ascii(company).replace(' ', '')}.example"
        line = f"+43 732 {chance.randrange(10**5, 10**6)}-0"
        for at in office:
            emails = profiles[at].mails
            role = (f"office@{domain}",)
            personal = chance.random() < 0.5
            profiles[at] = profiles[at].having(
                {
                    "company": f"{company} GmbH",
                    "business_phones": (line,),
                    "emails": (*emails, *role) if personal else role,
                }
            )
    for number, namesakes in enumerate(groups(profiles, Habit.NAMESAKE, 2)):
        first = profiles[namesakes[0]].values
        shared = {"given_name": first["given_name"], "surname": first["surname"]}
        if number % 2:
            shared |= {name: first[name] for name in ("company", "business_phones", "street", "city", "postal_code")}
        profiles[namesakes[1]] = profiles[namesakes[1]].having(shared)


def _noise(chance: random.Random, values: dict[str, Value], side: Side) -> dict[str, Value]:
    """Each side leaves out a little, and writes umlauts in its own way."""
    written = dict(values)
    if chance.random() < 0.1:
        written["surname"] = str(written["surname"]).translate(_ASCII)
    for name in ("street", "job_title", "business_phones"):
        if chance.random() < 0.15:
            written.pop(name, None)
    if side is Side.PIPELINER and chance.random() < 0.2:
        written["company"] = str(written["company"]).removesuffix(" GmbH")
    return written
