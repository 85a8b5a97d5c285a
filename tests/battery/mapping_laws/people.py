"""Random people, in our model and in the shapes that both services may show: any text, as much of it as is there."""

# ruff: noqa: RUF001, PLE2502 - texts of many scripts and directions are what is tested here

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st

from sync_core.domain import Field, FieldMap, Kind, Value, custom_field, field_map, normal
from tests.battery.sizes import size

Test = Callable[..., Any]

NASTY = (
    "שלום עולם",
    "مرحبا‏ 12",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "A\u030angstro\u0308m",
    "Z̵̢͓a̷l̶g̸o",
    "nul\x00in it",
    "bell\x07 \x1b[31m esc \x7f",
    "line\r\nline\rline\nline\x0bline\x85line\u2028line",
    "tab\tand\u00a0nbsp\u3000\u200b\ufeff",
    "<b onclick='x'>&amp;&lt;</b>",
    '{"a": [1, "\\u0000", null]}',
    'O\'Neill "the" `quote` «x» ‘y’',
    "100 %41 %zz %% ${x} {0}",
    "a/b\\c#d?e=f&g;h,i+j~k|l^m",
    "' OR 1=1 --",
    "=1+1",
    "x" * 300,
    "€" * 255,
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢" * 20,
    "   ",
    "null",
    "0",
    "-",
    "ﬁ ﬂ ß İ ı Σς",
    "\U0010ffff\ufffe",
)
PHONES = ("+43 1 234-567", "0043/1/234567", "(01) 234 567", "+431234567", "ext. 12", "☎ 1", "١٢٣٤٥", "1" * 40)
EMAILS = (
    "a@x.test",
    "A@X.test",
    "b.c+tag@y.test",
    "ü@exämple.test",
    '"odd"@z.test',
    "o'neill@x.test",
    "100%@x.test",
    "no address",
    "two@at@x.test",
    "<a@x.test>",
)
DATES = ("1815-12-10", "2000-02-29", "2001-02-29", "1604-01-01", "9999-12-31", "0001-01-01", "10.12.1815", "٢٠٠٠-٠١-٠١")
MOST_ENTRIES = 12

CUSTOM = (
    custom_field("cf_birthday", "birthday"),
    custom_field("cf_nickname", "nickName"),
    custom_field("cf_home_street", "homeAddress.street"),
    custom_field("cf_home_city", "homeAddress.city"),
    custom_field("cf_page", "businessHomePage"),
)
CUSTOM_TYPE_IDS = {"cf_birthday": "date", "cf_home_street": "text_area", "cf_page": "url"}
MAPS: tuple[FieldMap, ...] = (
    field_map({}, {}, CUSTOM),
    field_map({}, {"business_phones": ("phone1", "phone5", "phone4"), "home_phones": ("phone3",)}, CUSTOM[:2]),
    FieldMap(),
)

texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.tuples(st.sampled_from(NASTY), st.sampled_from(NASTY)).map("".join),
)
"""Texts of any characters but halves of surrogate pairs, which neither JSON nor a store can hold."""
phones = st.lists(st.one_of(st.sampled_from(PHONES), st.text(max_size=6)), max_size=MOST_ENTRIES).map(tuple)
emails = st.lists(st.one_of(st.sampled_from(EMAILS), texts), max_size=6).map(tuple)
dates = st.sampled_from(("", *DATES))

_BY_KIND: Mapping[Kind, st.SearchStrategy[Value]] = {
    Kind.LINE: texts,
    Kind.TEXT: texts,
    Kind.NOTE: texts,
    Kind.DATE: dates,
    Kind.PHONE: texts,
    Kind.EMAILS: emails,
    Kind.PHONES: phones,
}


def law(share: int) -> Callable[[Test], Test]:
    """Run a test on so many of 100 examples of the layer, in an order that its seed alone decides."""
    examples = size("mapping_laws") * share // 100
    run = settings(max_examples=examples, database=None, suppress_health_check=list(HealthCheck), print_blob=True)
    number = int(os.environ.get("SYNC_BATTERY_SEED", "20260302"))

    def decorate(test: Test) -> Test:
        return seed(number)(run(test))

    return decorate


def some_values(rows: Sequence[Field], *, most: int = 6) -> st.SearchStrategy[dict[str, Value]]:
    """Values in normal form, as the merge sends them, of up to so many fields; blank clears."""
    one = [st.tuples(st.just(row), _BY_KIND[row.kind]) for row in rows]
    return st.lists(st.one_of(one), min_size=1, max_size=most).map(
        lambda pairs: {row.name: normal(row.kind, value) for row, value in pairs}
    )


def fits(rows: FieldMap, values: Mapping[str, Value], room: Callable[[Field], int]) -> bool:
    """Whether no list has more entries than a side has room for; the merge never sends more."""
    return all(len(value) <= room(rows.field(name)) for name, value in values.items() if not isinstance(value, str))
