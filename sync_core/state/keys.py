r"""Keys as Azure Table Storage takes them, in the same order as the texts they stand for.

Table keys must not hold / \ # ? or control characters, and are at most 1 KiB of UTF-16 (Microsoft
Learn: Understanding the Table Service Data Model); % and ' are known to make trouble in addresses.
Ids of Graph hold / and =. So every character that is not plain is written as a lead and its code point
in hex. Each lead is the plain character below the group it stands for, and is itself written that way,
so that no encoding is the start of another and code-point order is kept:

    U+0000 to ,    !00 to !2C          [ \             [5B [5C
    . /            .2E .2F             ~ and beyond   ~27E, ~2E9, ~46F22: lead, number of digits, digits
    > ?            >3E >3F             empty text     !

All other ASCII characters (letters, digits, - : ; < = @ ] ^ _ ` { | }) stand for themselves. The result is
ASCII, so ordinal UTF-16 order (Azure), code-point order (Python) and byte order (SQLite) agree.
"""

from __future__ import annotations

import re

MAX_ENCODED_KEY = 512
"""UTF-16 code units, which are 1 KiB."""
AFTER_ALL_KEYS = chr(0x10FFFF) * 65
"""Greater than every key that can be stored: as a key it would be too long."""

_EMPTY = "!"
_SPECIAL = re.compile(r"[\x00-,./>?\[\\~-\U0010ffff]")
_ESCAPE = re.compile(r"~2[0-9A-F]{2}|~3[0-9A-F]{3}|~4[0-9A-F]{4}|~5[0-9A-F]{5}|~6[0-9A-F]{6}|[!.>\[][0-9A-F]{2}")
_ENCODED = re.compile(rf"(?:{_ESCAPE.pattern}|[-0-9:;<=@A-Z\]^_`a-z{{|}}])+")
_SURROGATES = range(0xD800, 0xE000)


def encode_key(key: str) -> str:
    """Encode a key; ValueError when it is too long or holds half a surrogate pair."""
    encoded = encode_bound(key)
    if len(encoded) > MAX_ENCODED_KEY:
        raise ValueError(f"a key takes at most {MAX_ENCODED_KEY} characters when encoded, not {len(encoded)}")
    return encoded


def encode_bound(bound: str) -> str:
    """Encode the start or end of a range, of any length, so that it compares with encoded keys as the texts do."""
    return _SPECIAL.sub(_escape, bound) or _EMPTY


def decode_key(encoded: str) -> str:
    """Return the text that was encoded; ValueError when this is no encoded key."""
    if encoded == _EMPTY:
        return ""
    if not _ENCODED.fullmatch(encoded):
        raise ValueError("a stored key is not in this program's encoding: the table holds rows of another program")
    return _ESCAPE.sub(_unescape, encoded)


def prefix_end(prefix: str) -> str:
    """Return the least text greater than all that start with `prefix`: the end of that prefix's range."""
    head = prefix.rstrip(chr(0x10FFFF))
    if not head:
        return AFTER_ALL_KEYS
    following = ord(head[-1]) + 1
    return head[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code in _SURROGATES:
        raise ValueError("a key holds half a surrogate pair")
    if code >= ord("~"):
        digits = f"{code:X}"
        return f"~{len(digits)}{digits}"
    lead = "!" if code < ord("-") else match.group() if match.group() in ".>[" else chr(code - 1)
    return f"{lead}{code:02X}"


def _unescape(match: re.Match[str]) -> str:
    escape = match.group()
    return chr(int(escape[2:] if escape[0] == "~" else escape[1:], 16))
