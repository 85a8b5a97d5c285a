"""An address is another one when it only looks like it: nothing but the case of ASCII letters is ignored."""

from __future__ import annotations

import pytest

from sync_core.domain import address_key, is_same_address
from tests.lookalikes import LOOKALIKES


@pytest.mark.parametrize(("typed", "real"), LOOKALIKES)
def test_what_unicode_folds_to_an_address_is_another(typed: str, real: str) -> None:
    """In both directions."""
    assert not is_same_address(typed, real)
    assert not is_same_address(real, typed)
    assert is_same_address(typed, typed)


def test_the_case_of_ascii_letters_does_not_matter() -> None:
    """Of every one of them; all other characters stand for themselves."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    assert address_key(letters.upper() + "@[\\]^_`{|}É") == letters + "@[\\]^_`{|}É"
    assert is_same_address("Ada@Example.Test", "aDA@eXAMPLE.tEST")
    assert not is_same_address("ada@example.test", "ada@example.test ")
    assert not is_same_address("é@x.test", "É@x.test")


def test_a_blank_address_is_nobodys() -> None:
    """Two unknown ones are not the same."""
    assert not is_same_address("", "")
