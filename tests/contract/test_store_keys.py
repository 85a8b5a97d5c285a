"""The encoding of keys."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_core.storage import AFTER_ALL_KEYS, decode_key, encode_key, prefix_end
from sync_core.storage.store import MAX_ENCODED_KEY

LAST = "\U0010ffff"
KEYS = st.text(
    st.one_of(
        st.characters(min_codepoint=0x20, max_codepoint=0x7F),
        st.characters(codec="utf-8"),
        st.sampled_from(["\uffff", LAST]),
    ),
    max_size=60,
)


@given(KEYS)
def test_decoding_gives_back_what_was_encoded(key: str) -> None:
    """The encoding loses nothing."""
    assert decode_key(encode_key(key)) == key


@given(KEYS, KEYS)
def test_encoded_keys_compare_as_the_texts_do(one: str, other: str) -> None:
    """Order is kept, so that ranges of texts are ranges of encoded keys."""
    assert (encode_key(one) < encode_key(other)) == (one < other)
    assert (encode_key(one) == encode_key(other)) == (one == other)


@given(KEYS)
def test_encoded_keys_hold_only_what_table_keys_may(key: str) -> None:
    """Printable ASCII without slashes, hashes, question marks, percent signs or quotes, and no dot at the end."""
    assert re.fullmatch(r"[!-~]+", encode_key(key))
    assert not re.search(r"[/\\#?%'+&]|\.$", encode_key(key))


@given(KEYS, KEYS, KEYS)
def test_prefix_end_parts_a_prefix_from_what_follows(prefix: str, rest: str, other: str) -> None:
    """Keys with the prefix are below its end, and any other key is outside the range."""
    assert prefix <= prefix + rest < prefix_end(prefix)
    assert other.startswith(prefix) == (prefix <= other < prefix_end(prefix))


@pytest.mark.parametrize(
    ("prefix", "end"),
    [
        ("a", "b"),
        ("link:", "link;"),
        ("a" + LAST, "b"),
        ("\ud7ff", "\ue000"),
        ("", AFTER_ALL_KEYS),
        (LAST, AFTER_ALL_KEYS),
    ],
)
def test_prefix_end_is_the_least(prefix: str, end: str) -> None:
    """The last character moves on by one, past surrogates, and past what has no next."""
    assert prefix_end(prefix) == end


def test_the_greatest_key_is_below_the_end_of_all() -> None:
    """No key that can be stored reaches AFTER_ALL_KEYS, which itself cannot be stored."""
    greatest = LAST * (MAX_ENCODED_KEY // 8)
    assert encode_key(greatest) < encode_key(AFTER_ALL_KEYS, is_bound=True)
    with pytest.raises(ValueError, match="at most 512"):
        encode_key(AFTER_ALL_KEYS)


def test_plain_ids_stay_readable() -> None:
    """What most keys are made of stands for itself."""
    assert encode_key("link:AAMkAGI2-x_Y=") == "link:AAMkAGI2-x_Y="
    assert encode_key("a/b c\N{GRINNING FACE}") == "a.2Fb!20c~51F600"


@pytest.mark.parametrize("foreign", ["", "a/b", "a~", "~2", "!4", "\u00e9"])
def test_a_foreign_key_is_refused(foreign: str) -> None:
    """Rows of another program in the table are named as such."""
    with pytest.raises(ValueError, match="another program"):
        decode_key(foreign)
