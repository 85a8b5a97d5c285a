"""What HTTP says to both services and from them."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_core.errors import ServiceUnavailable
from sync_core.http import (
    LONGEST_WAIT_S,
    Body,
    Request,
    backoff_s,
    parse_http_date,
    retry_after_s,
    safe_name,
    segment,
    with_query,
)

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
AT_HALF_PAST = "Mon, 05 Jan 2026 08:30:00 GMT"


@pytest.mark.parametrize(
    ("told", "wait_s"),
    [
        ("0", 0.0),
        ("1", 1.0),
        ("0.5", 0.5),
        ("2.128", 2.128),
        (" 30 ", 30.0),
        ("120,120", 120.0),
        ("600", 600.0),
        (AT_HALF_PAST, 1800.0),
        ("Mon, 05 Jan 2026 07:00:00 GMT", 0.0),
        ("Mon, 05 Jan 2026 09:00:05 +0100", 5.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("-5", None),
        ("1e3", None),
        ("9" * 400, LONGEST_WAIT_S),
        ("Fri, 31 Dec 2027 23:59:59 GMT", LONGEST_WAIT_S),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
        (f"Mon, 05 Jan {'9' * 20} 07:00:00 GMT", None),
        (f"Mon, 05 Jan 2026 07:00:00 +{'9' * 20}", None),
    ],
)
def test_every_form_is_read(told: str, wait_s: float | None) -> None:
    """Integers, fractions and dates are waits; anything else says nothing."""
    assert retry_after_s({"retry-after": told}, NOW) == wait_s


def test_a_missing_header_says_nothing() -> None:
    """No header is no wait of nought seconds."""
    assert retry_after_s({}, NOW) is None


def test_a_date_counts_from_the_answers_own_date() -> None:
    """A host whose clock is wrong waits right all the same."""
    headers = {"retry-after": AT_HALF_PAST, "date": "Mon, 05 Jan 2026 08:29:50 GMT"}
    assert retry_after_s(headers, datetime(2031, 7, 1, tzinfo=UTC)) == 10.0


@given(st.text(), st.text())
def test_garbage_never_raises_and_never_waits_backwards(told: str, date: str) -> None:
    """Whatever a header holds, the answer is a wait or none."""
    wait_s = retry_after_s({"retry-after": told, "date": date}, NOW)
    assert wait_s is None or wait_s >= 0


def test_http_date_is_read_and_nonsense_is_none() -> None:
    """The Date header is the only clock that Pipeliner shows."""
    assert parse_http_date("Mon, 05 Jan 2026 08:00:00 GMT") == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert parse_http_date("Mon, 05 Jan 2026 09:00:00 +0100") == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert parse_http_date("soon") is None
    assert parse_http_date("") is None


def test_waits_grow_and_are_spread() -> None:
    """Each wait lies between its own least and the least of the next."""
    assert [backoff_s(tries, 0.0) for tries in (1, 2, 3)] == [1.0, 2.0, 4.0]
    assert [backoff_s(tries, 1.0) for tries in (1, 2, 3)] == [2.0, 4.0, 8.0]


@pytest.mark.parametrize("target", ["https://evil.test/x", "@evil.test/x", ".evil.test/x", ":8443/x", "x", ""])
def test_no_target_can_change_the_host_that_is_written_before_it(target: str) -> None:
    """Our token or key goes with every request, wherever it goes."""
    with pytest.raises(ValueError, match="starts with a slash"):
        Request("GET", target)


def test_a_target_is_written_once_for_all() -> None:
    """A segment holds no slash of its own, a parameter no ampersand; what the service wants plain stays plain."""
    assert segment("a/1?b=ä") == "a%2F1%3Fb%3D%C3%A4"
    assert with_query("/x", ()) == "/x"
    assert with_query("/x", (("filter[name]", "A & B/C"), ("n", ""))) == "/x?filter%5Bname%5D=A%20%26%20B%2FC&n="
    assert with_query("/x", (("$select", "id,name"),), safe=",$()/") == "/x?$select=id,name"
    assert Request("GET", "/x/y?z=/").path == "/x/y"


@pytest.mark.parametrize("code", ["ErrorAccessDenied", "Request_ResourceNotFound", "ERROR.X_1", "a" * 64])
def test_the_shape_of_a_code_is_kept(code: str) -> None:
    """Codes are words of letters, digits, dots and underscores."""
    assert safe_name(code) == code


@pytest.mark.parametrize(
    "code",
    [
        "",
        "Anna Berg",
        "nora@secret.example",
        "Müller",
        "+43 1 111",
        "431111",
        "ErrorX: 'Berg'",
        "Error\n",
        "Error\u2028Berg",
        "a" * 65,
        None,
        5,
        ["ErrorX"],
    ],
)
def test_anything_else_is_no_code(code: object) -> None:
    """It may quote what was sent: a name, an address, a number, a sentence."""
    assert safe_name(code) == ""


def test_a_date_counts_from_our_clock_when_the_answer_has_none() -> None:
    """Some clock is better than none."""
    assert retry_after_s({"retry-after": "Mon, 05 Jan 2026 08:00:30 GMT"}, NOW) == 30.0


def test_a_small_body_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    """What is kept is bounded while it is read."""
    bomb = gzip.compress(bytes(50_000_000))
    body = Body("gzip", at_most=1_000_000)
    with pytest.raises(ServiceUnavailable, match="longer"):
        body.add(bomb)
    assert body.whole() == b""


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_packed_body_in_pieces_is_read_whole(size: int) -> None:
    """Packed or not, whatever the pieces are."""
    packed, plain = gzip.compress(b"anna" * 1_000), b"anna" * 1_000
    for encoding, sent in (("gzip", packed), ("", plain), ("identity", plain)):
        body = Body(encoding)
        for start in range(0, len(sent), size):
            body.add(sent[start : start + size])
        assert body.whole() == plain


def test_a_body_without_end_is_left() -> None:
    """Unpacked, it is bounded as well."""
    body = Body("", at_most=10)
    body.add(b"12345")
    with pytest.raises(ServiceUnavailable, match="longer"):
        body.add(b"678901")


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x" * 1_000])
def test_a_packing_that_was_not_asked_for_is_refused(encoding: str) -> None:
    """Nothing else would bound it."""
    with pytest.raises(ServiceUnavailable, match="packed"):
        Body(encoding)


def test_a_body_that_only_seems_packed_is_no_answer() -> None:
    """The run goes on later."""
    with pytest.raises(ServiceUnavailable, match="unpacked"):
        Body("gzip").add(b"plain text")
