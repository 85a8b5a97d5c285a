"""Hashes of what identifies a person, under the space's own key: what the index and rulings keep instead of words.

Without the key nobody can tell from a row whose it is, or try names until one fits. The key stands beside no row: in
Azure it comes from the vault, and beside an embedded state it has a file of its own. Another key makes every stored
hash unreadable, which `id` tells.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from sync_core.errors import InvalidSettings
from sync_core.storage import embedded_file

TOKEN_CHARACTERS: Final = 12
"""Of a token; 72 bits, so that among 600,000 of them two agree by chance once in 26 billion times."""

_TOKEN_BYTES = 9
_LEAST_KEY_CHARACTERS = 32
_KEY_BYTES = 32
_BLOCK_BYTES = 64
_INNER_PADDED, _OUTER_PADDED = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_PURPOSE = b"who is who\0"
_MEMORY = ":memory:"
_MISSING = (
    "SYNC_IDENTITY_KEY is missing: a state in a storage account needs it; set it to a random secret of 32 characters "
    "or more, from the key vault, and keep it as long as the state"
)
_UNREADABLE = (
    "SYNC_STATE names a file whose key cannot be read or written: it stands in the file of that name with .key behind "
    "it; make both readable and writable"
)
_BROKEN = (
    "SYNC_STATE names a file whose key is not whole: it stands in the file of that name with .key behind it; bring it "
    "back, or remove it, and a new one is made"
)


class KeyedHash:
    """Tokens of texts under one key, for one space: the same text has another token in every other space."""

    __slots__ = ("_inner", "_outer", "id")

    def __init__(self, key: bytes, space_id: str) -> None:
        own = hmac.digest(key, _PURPOSE + space_id.encode(), "sha256").ljust(_BLOCK_BYTES, b"\0")
        # HMAC-SHA256 with what every text shares done once: a third of the time, and there are millions of texts.
        self._inner = hashlib.sha256(own.translate(_INNER_PADDED))
        self._outer = hashlib.sha256(own.translate(_OUTER_PADDED))
        self.id: Final = self.token("\0key")
        """Tells this key from others; stored beside what was hashed with it."""

    def token(self, text: str) -> str:
        """Return the token of a text: 12 characters, safe in keys and addresses."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode("utf-8", "surrogatepass"))
        outer.update(inner.digest())
        return binascii.b2a_base64(outer.digest()[:_TOKEN_BYTES], newline=False).translate(_URL_SAFE).decode("ascii")


def open_key(given: str, state: str) -> bytes:
    """Return the key that hashes identifiers: the one that is given, else the one beside the embedded state.

    `given` is the setting SYNC_IDENTITY_KEY, `state` the setting SYNC_STATE. A state in memory has a new random key, a
    file without one gets it now. Raises InvalidSettings, which never repeats a value.
    """
    if given:
        return given.encode()
    file = embedded_file(state)
    if file is None:
        raise InvalidSettings([_MISSING])
    return secrets.token_bytes(_KEY_BYTES) if file == _MEMORY else _key_beside(Path(file))


def _key_beside(file: Path) -> bytes:
    path = file.with_name(file.name + ".key")
    try:
        if not path.exists():
            _write_new(path, base64.b64encode(secrets.token_bytes(_KEY_BYTES)))
        key = path.read_bytes().strip()
    except OSError:
        raise InvalidSettings([_UNREADABLE]) from None
    if len(key) < _LEAST_KEY_CHARACTERS:
        raise InvalidSettings([_BROKEN])
    return key


def _write_new(path: Path, content: bytes) -> None:
    """Write a file for the owner only, whole or not at all; of two that try at once one writes it."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
