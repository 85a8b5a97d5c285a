"""Hashes under the space's key, and where the key comes from."""

from __future__ import annotations

import base64
import hmac
import stat
from pathlib import Path

import pytest

from sync_core.errors import InvalidSettings
from sync_core.state import KeyedHash, open_key

KEY = "k" * 32
SPACE = "us_Acme"
TEXT = "jane@acme.test"


def test_the_same_text_has_the_same_token_under_the_same_key_and_space_only() -> None:
    """Also without being a text that UTF-8 can hold; 12 characters that a key and an address can hold."""
    token = KeyedHash(KEY.encode(), SPACE).token(TEXT)

    assert token == KeyedHash(KEY.encode(), SPACE).token(TEXT)
    others = {
        KeyedHash(b"another" * 5, SPACE).token(TEXT),
        KeyedHash(KEY.encode(), "us_Other").token(TEXT),
        KeyedHash(KEY.encode(), SPACE).token("john@acme.test"),
        KeyedHash(KEY.encode(), SPACE).token("\ud800"),
    }
    assert len(others | {token}) == 5
    assert all(len(one) == 12 and one.isascii() and not set(one) & set("/+=") for one in others | {token})


def test_a_token_is_the_beginning_of_an_hmac_of_sha_256() -> None:
    """Under a key of the space's own, which is one of the given key and the space's id."""
    own = hmac.digest(KEY.encode(), b"who is who\0" + SPACE.encode(), "sha256")

    for text in (TEXT, "", "ü" * 1000):
        wanted = base64.urlsafe_b64encode(hmac.digest(own, text.encode(), "sha256")[:9]).decode()
        assert KeyedHash(KEY.encode(), SPACE).token(text) == wanted


def test_another_key_is_known_by_its_id() -> None:
    """The id tells whether what is stored can be read with this key, and is no part of it."""
    keyed = KeyedHash(KEY.encode(), SPACE)

    assert keyed.id == KeyedHash(KEY.encode(), SPACE).id
    assert keyed.id not in {KeyedHash(b"another" * 5, SPACE).id, KeyedHash(KEY.encode(), "us_Other").id}
    assert keyed.id != keyed.token("key")


def test_the_key_that_is_given_is_taken(tmp_path: Path) -> None:
    """Whatever the state is, and nothing is written."""
    assert open_key(KEY, f"sqlite:///{tmp_path}/state.sqlite") == open_key(KEY, "UseDevelopmentStorage=true")
    assert list(tmp_path.iterdir()) == []


def test_an_embedded_state_has_a_key_of_its_own_for_its_owner_only(tmp_path: Path) -> None:
    """It is made once, beside the file, and read from then on; another file has another one."""
    state = tmp_path / "new folder" / "state.sqlite"

    key = open_key("", f"sqlite:///{state}")

    assert key == open_key("", f"sqlite:///{state}")
    assert key != open_key("", f"sqlite:///{tmp_path}/other.sqlite")
    (file,) = state.parent.iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == ("state.sqlite.key", 0o600)
    assert len(key) >= 32


def test_a_state_in_memory_has_a_new_key_each_time() -> None:
    """Nothing outlives it that would need the old one."""
    assert open_key("", "sqlite:///:memory:") != open_key("", "sqlite:///:memory:")


def test_a_state_in_a_storage_account_needs_a_key() -> None:
    """The fault names the setting and the remedy."""
    with pytest.raises(InvalidSettings, match=r"SYNC_IDENTITY_KEY is missing: .*set it to a random secret"):
        open_key("", "UseDevelopmentStorage=true")


def test_a_key_that_is_not_whole_is_never_used(tmp_path: Path) -> None:
    """Nor one that cannot be read; what is done about it is said."""
    (tmp_path / "state.sqlite.key").write_text("short", encoding="utf-8")
    (tmp_path / "folder.sqlite.key").mkdir()

    with pytest.raises(InvalidSettings, match="not whole"):
        open_key("", f"sqlite:///{tmp_path}/state.sqlite")
    with pytest.raises(InvalidSettings, match="cannot be read"):
        open_key("", f"sqlite:///{tmp_path}/folder.sqlite")
