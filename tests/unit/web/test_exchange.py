"""Reading bodies and writing answers."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_core.errors import BodyTooLarge, InvalidRequest
from sync_core.web import Request
from sync_core.web.exchange import MAX_BODY_BYTES, empty_answer, json_answer, json_object

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=10), VALUES, max_size=5))
def test_what_json_says_is_read_as_it_is(content: dict[str, Any]) -> None:
    """Also beyond ASCII, and whatever is read can be answered again."""
    read = json_object(Request(body=json.dumps(content, ensure_ascii=False).encode()))
    assert read == content
    assert json.loads(json_answer(HTTPStatus.OK, read).body) == content


@given(st.binary(max_size=200))
def test_no_body_breaks_the_reader(body: bytes) -> None:
    """Whatever comes is an object or an InvalidRequest that begins with the place."""
    faults: tuple[str, ...] = ()
    try:
        assert isinstance(json_object(Request(body=body)), dict)
    except InvalidRequest as refused:
        faults = refused.faults
    assert all(fault.startswith("body: ") for fault in faults)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\\udc00"}',
        b'{"\\ud800": 1}',
        b'{"a":' * 9000,
        b"{",
    ],
)
def test_what_could_not_be_written_again_is_not_read(body: bytes) -> None:
    """It would be stored once and make the row unreadable for ever."""
    with pytest.raises(InvalidRequest, match="is not JSON"):
        json_object(Request(body=body))


def test_an_empty_body_counts_only_where_it_may() -> None:
    """A sync may be asked for without a word, a connection may not."""
    assert json_object(Request(body=b" \r\n"), optional=True) == {}
    with pytest.raises(InvalidRequest):
        json_object(Request(body=b""))


def test_a_body_may_be_as_long_as_the_bound_and_no_longer() -> None:
    """64 KiB, whatever is in it."""
    body = b'{"a": 1}'.ljust(MAX_BODY_BYTES)
    assert json_object(Request(body=body)) == {"a": 1}
    with pytest.raises(BodyTooLarge, match="is 65537 bytes long; at most 65536"):
        json_object(Request(body=body + b" "), optional=True)


def test_no_answer_is_kept_on_the_way() -> None:
    """Answers hold contact data."""
    for answer in (json_answer(HTTPStatus.OK, {}), empty_answer()):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_values_stay_out_of_what_python_prints() -> None:
    """A request or an answer in a traceback shows no body."""
    assert "Lovelace" not in repr(Request(body=b"Lovelace")) + repr(json_answer(HTTPStatus.OK, "Lovelace"))
