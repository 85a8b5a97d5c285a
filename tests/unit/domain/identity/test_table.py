"""Each condition of the table, one at a time: with it the row decides, and without it another one does."""

from __future__ import annotations

import pytest

from sync_core.domain.identity.comparing import Facts
from sync_core.domain.identity.likeness import NameLikeness as Name
from sync_core.domain.identity.table import row_for
from sync_core.domain.identity.verdicts import NO_FACTS


def facts(kind: Name, told: str) -> Facts:
    """Facts in which so much is true, by the names of the fields."""
    names = told.split()
    strong = frozenset(f"{name}:x" for name in names if name in {"has_mail", "has_mobile"})
    known = {**NO_FACTS._asdict(), "are_both_bare": False, "kind": kind, "strong": strong}
    return Facts(**{**known, "is_equal": kind in {Name.EQUAL, Name.SWAPPED}, **dict.fromkeys(names, True)})


@pytest.mark.parametrize(
    ("kind", "told", "row"),
    [
        (Name.EQUAL, "has_stored_id", "4"),
        (Name.EQUAL, "has_stored_id is_other_suffix", "6"),
        (Name.EQUAL, "has_stored_id is_other_title", "6"),
        (Name.EQUAL, "has_stored_id is_company_card", "4"),
        (Name.COMPATIBLE, "has_stored_id is_company_card", "6"),
        (Name.EQUAL, "is_company_card has_line", "19"),
        (Name.CHANGED_SURNAME, "has_stored_id is_one_firm", "5"),
        (Name.CHANGED_SURNAME, "has_stored_id", "6"),
        (Name.CHANGED_SURNAME, "has_stored_id is_one_firm by_initial", "6"),
        (Name.CHANGED_SURNAME, "has_stored_id is_one_firm is_other_suffix", "6"),
        (Name.CHANGED_SURNAME, "has_stored_id is_one_firm is_other_title", "6"),
        (Name.COMPATIBLE, "by_initial is_other_mobile", "26"),
        (Name.MISSING, "is_company_card", "26"),
        (Name.CHANGED_SURNAME, "has_mail is_named is_one_firm", "14a"),
        (Name.CHANGED_SURNAME, "has_mail is_named is_one_firm by_initial", "14b"),
        (Name.CHANGED_SURNAME, "has_mail is_named is_one_firm is_other_title", "14b"),
        (Name.CHANGED_SURNAME, "has_mail is_one_firm", "14b"),
        (Name.CHANGED_SURNAME, "has_mobile is_named", "14b"),
        (Name.CHANGED_SURNAME, "has_mobile is_named birthday", "14a"),
        (Name.NEAR, "has_mail has_mobile", "15a"),
        (Name.NEAR, "has_mail has_mobile is_other_title", "15b"),
        (Name.NEAR, "has_mobile", "15b"),
        (Name.NEAR, "has_mail is_named has_equal_given is_one_firm", "15a"),
        (Name.NEAR, "has_mail has_equal_given is_one_firm", "15b"),
        (Name.NEAR, "has_mail is_named is_one_firm", "15b"),
        (Name.OTHER_SCRIPT, "has_mail has_mobile is_other_title", "16b"),
        (Name.OTHER_SCRIPT, "has_mail has_mobile is_other_firm", "16b"),
        (Name.OTHER_SCRIPT, "", "26"),
        (Name.OTHER_GIVEN, "has_mail has_mobile", "17"),
        (Name.OTHER_GIVEN, "has_mail has_mobile is_other_title", "17a"),
        (Name.OTHER_GIVEN, "has_mail is_other_title", "17a"),
        (Name.OTHER_GIVEN, "is_other_mobile", "26"),
        (Name.EQUAL, "has_line", "19"),
        (Name.EQUAL, "has_line namesakes", "22b"),
        (Name.EQUAL, "has_line is_unmatched", "22b"),
        (Name.EQUAL, "has_line is_other_line", "22b"),
        (Name.EQUAL, "has_line is_one_bare", "22b"),
        (Name.EQUAL, "has_line is_other_firm", "22b"),
        (Name.EQUAL, "has_line is_one_firm is_other_mobile", "21b"),
        (Name.EQUAL, "has_role", "22b"),
        (Name.EQUAL, "are_both_bare", "22b"),
        (Name.EQUAL, "are_both_bare is_one_firm", "20"),
        (Name.EQUAL, "is_one_firm", "21b"),
        (Name.EQUAL, "is_one_firm is_one_bare", "21b"),
        (Name.COMPATIBLE, "is_one_firm is_other_mobile is_other_mail", "26"),
        (Name.EQUAL, "is_one_firm is_other_mobile is_other_town", "21a"),
        (Name.EQUAL, "is_one_firm is_other_town", "21b"),
        (Name.EQUAL, "is_other_mobile", "22b"),
        (Name.EQUAL, "is_other_mobile is_other_mail", "22a"),
        (Name.EQUAL, "is_other_mobile is_one_sided_firm", "22a"),
        (Name.EQUAL, "is_other_firm are_both_bare", "23a"),
        (Name.EQUAL, "is_other_firm is_one_bare", "23a"),
        (Name.EQUAL, "is_other_firm is_one_bare namesakes", "23b"),
        (Name.EQUAL, "is_other_firm is_one_area", "23a"),
        (Name.EQUAL, "is_other_firm is_one_area is_other_mobile", "23b"),
        (Name.COMPATIBLE, "has_line", "24"),
        (Name.COMPATIBLE, "has_line is_other_firm", "26"),
        (Name.COMPATIBLE, "has_line is_other_town", "26"),
        (Name.COMPATIBLE, "has_line is_other_town is_one_firm", "24"),
        (Name.ONE_NAME, "is_one_firm", "25"),
        (Name.ONE_NAME, "", "26"),
    ],
)
def test_each_condition_decides(kind: Name, told: str, row: str) -> None:
    """One fact more or less is another row."""
    assert row_for(facts(kind, told)).id == row
