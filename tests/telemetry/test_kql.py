"""Every log query of the project is taken by Microsoft's own parser, and asks for what the code emits."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from tests.left_out import reason_left_out
from tests.telemetry.kql.binding import Bound, bind
from tests.telemetry.kql.checking import faults_of
from tests.telemetry.kql.planted import PLANTED, Planted
from tests.telemetry.kql.sources import Query, all_queries, deployed_queries, hidden_queries, workbook

QUERIES = all_queries()
LEAST_QUERIES = 28


@pytest.fixture(scope="module")
def bound() -> Mapping[str, Bound]:
    """Every query and every broken one as the language service reads it, by its text."""
    if reason := reason_left_out("kql"):
        pytest.skip(reason)
    texts = [*(query.text for query in QUERIES), *(planted.text for planted in PLANTED)]
    return dict(zip(texts, bind(texts), strict=True))


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.place)
def test_a_query_is_taken_and_asks_for_what_is_emitted(query: Query, bound: Mapping[str, Bound]) -> None:
    """No word of it is reserved, and every table, column, metric, dimension, value and function is there."""
    assert list(faults_of(bound[query.text])) == []


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.title)
def test_a_broken_query_is_refused(planted: Planted, bound: Mapping[str, Bound]) -> None:
    """Each kind of fault is told in its own words."""
    found = list(faults_of(bound[planted.text]))
    assert [said for said in found if re.search(planted.says, said)] != [], found


def test_an_alert_is_told_apart_by_columns_that_its_query_has(bound: Mapping[str, Bound]) -> None:
    """A dimension that the result lacks would make Azure refuse the rule."""
    told_apart = [query for query in QUERIES if query.dimensions]
    assert told_apart
    lacking = {query.place: set(query.dimensions) - set(bound[query.text].columns) for query in told_apart}
    assert {place: names for place, names in lacking.items() if names} == {}


def test_a_query_of_the_workbook_asks_for_parameters_that_it_has() -> None:
    """Azure puts nothing in the place of an unknown one, and the query compares with its braces."""
    [choices] = [item["content"]["parameters"] for item in workbook()["items"] if item["type"] == 9]
    asked = {name for query in deployed_queries() for name in re.findall(r"\{(\w+)(?::\w+)?\}", query.text)}
    asked |= {item["content"].get("timeContextFromParameter") for item in workbook()["items"] if item["type"] == 3}
    assert asked == {choice["name"] for choice in choices}


def test_no_query_is_passed_over() -> None:
    """All places are looked at, and no document hides a query in a fence of another language."""
    assert len(QUERIES) >= LEAST_QUERIES
    assert len({query.place for query in QUERIES}) == len(QUERIES)
    assert hidden_queries() == []
