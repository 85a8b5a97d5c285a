from __future__ import annotations

import pytest

from sync_core.domain.identity.likeness import Likeness, NameLikeness, compare_names
from sync_core.domain.identity.names import PersonName, name_of


def a_name(text: str) -> PersonName:
    """Given and last name parted by a stroke, a middle name between two."""
    given, *middle, surname = text.split("|")
    return name_of(given, " ".join(middle), surname)


def likeness(one: str, other: str) -> Likeness:
    """How two names go together, which is the same from both sides."""
    found = compare_names(a_name(one), a_name(other))
    assert compare_names(a_name(other), a_name(one)) == found
    return found


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("Anna|Maier", "ANNA|maier", NameLikeness.EQUAL),
        ("Anna|Maier", "Dr. Anna|Maier", NameLikeness.EQUAL),
        ("Zoë|Müller", "Zoe|Mueller", NameLikeness.EQUAL),
        ("Søren|Ågård", "Soeren|Aagaard", NameLikeness.EQUAL),
        ("Łukasz|Strauß", "Lukasz|Strauss", NameLikeness.EQUAL),
        ("Anne-Marie|O'Dowd", "Anne Marie|ODowd", NameLikeness.EQUAL),
        ("太郎|山田", "山田|太郎", NameLikeness.SWAPPED),
        ("太郎|山田", "|山田太郎", NameLikeness.SWAPPED),
        ("Anna|Maier", "Maier|Anna", NameLikeness.SWAPPED),
        ("|Anna Maier", "Anna|Maier", NameLikeness.SWAPPED),
        ("Anna|Berg", "Anna|Berg-Klein", NameLikeness.COMPATIBLE),
        ("Ludwig|Beethoven", "Ludwig|van Beethoven", NameLikeness.COMPATIBLE),
        ("Anna Maria|Berg", "Anna|Berg", NameLikeness.COMPATIBLE),
        ("James|Robert|Stone", "Robert|Stone", NameLikeness.COMPATIBLE),
        ("Bob|Stone", "Robert|Stone", NameLikeness.COMPATIBLE),
        ("J.|Moser", "Julia|Moser", NameLikeness.COMPATIBLE),
        ("Cher|", "|Cher", NameLikeness.ONE_NAME),
        ("Cher|", "Cher|", NameLikeness.ONE_NAME),
        ("|Maier", "Anna|Maier", NameLikeness.ONE_SIDED),
        ("Anna|", "Anna|Maier", NameLikeness.ONE_SIDED),
        ("|", "Anna|Maier", NameLikeness.MISSING),
        ("Anna|Klein", "Anna|Berg", NameLikeness.CHANGED_SURNAME),
        ("Katharina|Hofr", "Katharina|Hofer", NameLikeness.NEAR),
        ("Christian|Hofer", "Christina|Hofer", NameLikeness.NEAR),
        ("Martin|Ivanov", "Martin|Ivanova", NameLikeness.NEAR),
        ("Юлия|Цветкова", "Yulia|Tsvetkova", NameLikeness.OTHER_SCRIPT),
        ("Anna|", "|Maier", NameLikeness.OTHER_SCRIPT),
        ("Jan|Novák", "Jana|Novák", NameLikeness.OTHER_GIVEN),
        ("Eva|Lang", "Paul|Lang", NameLikeness.OTHER_GIVEN),
        ("Hans Peter|Huber", "Hans Georg|Huber", NameLikeness.OTHER_GIVEN),
        ("Kurt|Lang", "Burt|Lange", NameLikeness.DIFFERENT),
        ("Eva|Kurz", "Paul|Lang", NameLikeness.DIFFERENT),
        ("J.|Moser", "Julia|Berg", NameLikeness.CHANGED_SURNAME),
        ("Katharinb|Hofr", "Katharina|Hofer", NameLikeness.DIFFERENT),
    ],
)
def test_names_go_together_as_people_would_say(one: str, other: str, kind: NameLikeness) -> None:
    """What is written differently is one name, what is another name is not."""
    assert likeness(one, other).kind is kind


def test_initials_alone_are_never_an_equal_name() -> None:
    """Two cards of a J. Moser may be Julia and Jan."""
    assert likeness("J.|Moser", "J|Moser") == Likeness(NameLikeness.COMPATIBLE, by_initial=True)
    assert likeness("J.|Moser", "Julia|Moser").by_initial
    assert likeness("J.|Moser", "Julia|Berg").by_initial
    assert not likeness("Julia M.|Moser", "Julia|Moser").by_initial


def test_two_nicknames_of_one_name_are_not_one_name() -> None:
    """Alex may be Alexander or Alexandra, and these two are not one person."""
    assert likeness("Alex|Berg", "Alexander|Berg").kind is NameLikeness.COMPATIBLE
    assert likeness("Alex|Berg", "Alexandra|Berg").kind is NameLikeness.COMPATIBLE
    assert likeness("Alexander|Berg", "Alexandra|Berg").kind is NameLikeness.OTHER_GIVEN
    assert likeness("Bill|Berg", "Willy|Berg").kind is NameLikeness.OTHER_GIVEN


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        (a_name("Karl|Weiss Jr."), "jr"),
        (a_name("Karl|Weiss, Junior"), "jr"),
        (a_name("Karl|Sr|Weiss"), "sr"),
        (a_name("Karl III|Weiss"), "3"),
        (name_of("Karl", "", "Weiss", "II"), "2"),
        (a_name("Karl|V.|Weiss"), ""),
        (a_name("Karl|Junior"), ""),
        (a_name("Karl|Weiss"), ""),
    ],
)
def test_suffix_is_found_wherever_it_stands(name: PersonName, suffix: str) -> None:
    """In the last name, the middle name or a field of its own; a person may also be called Junior."""
    assert name.suffix == suffix
    assert name.surname[0][0] in {"weiss", "junior"}


@pytest.mark.parametrize("given", ["Anna & Peter", "Anna und Peter", "Anna + Peter", "Anna et Peter", "Anna/Peter"])
def test_a_card_for_two_is_known(given: str) -> None:
    """It stands for neither of them alone."""
    assert name_of(given, "", "Berg").is_couple
    assert not name_of("Andrew", "", "Sandberg").is_couple


def test_a_familys_card_is_known() -> None:
    """The word is no name."""
    assert name_of("Familie", "", "Berg").is_couple
    assert name_of("", "", "Familie Berg").surname == (("berg",),)


def test_key_is_equal_for_equal_names() -> None:
    """Order, accents and both ways of writing an umlaut make one key; other people have another."""
    keys = {a_name(text).key for text in ("Jürgen|Müller", "Juergen|Mueller", "MULLER|Jurgen", "|Jürgen Müller")}
    assert keys == {"jurgen muller"}
    assert a_name("Anna|van Berg").key == a_name("Anna|Berg").key != a_name("Eva|Berg").key
    assert a_name("太郎|山田").key == a_name("山田|太郎").key == a_name("|山田太郎").key != a_name("花子|山田").key
    assert a_name("|").key == ""
