"""Telephone numbers: what makes two of them one, and how far a number identifies a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from sync_core.domain.identity.folding import visible

LONGEST_NUMBER = 64
MOST_NUMBERS = 12
"""Numbers of a contact that are read; more than either service holds."""
FEWEST_DIGITS = 5
SMALLEST_NUMBER = 100_000
"""A national number with fewer digits is a short code, not a person's."""
_EXTENSION = re.compile(r"(?:;ext=|,?\s*ext(?:ension|n)?\.?:?\s*|\s*x\.?\s*|#)(\d{1,7})$", re.IGNORECASE)
_NOT_DIALLED = re.compile(r"[^\d+]")
_SWITCHBOARD = re.compile(r"[-/\s]0$")


class PhoneKind(StrEnum):
    """What a number says of who answers it."""

    MOBILE = "mobile"
    LINE = "line"
    COMPANY_WIDE = "company_wide"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number in compared form."""

    handle: str
    kind: PhoneKind
    is_own_mobile: bool
    """Whether it stands where a person's mobile is noted, or can be nothing else."""


def phones_of(mobile: str, others: Sequence[str], region: str) -> list[Phone]:
    """Read the numbers of a contact. A number without + is dialled in the region of their address, else of another."""
    typed = [(text, slot) for text, slot in ((mobile, True), *((text, False) for text in others)) if text]
    prepared = [(_prepared(text), slot) for text, slot in typed[:MOST_NUMBERS]]
    kept = [(number, slot) for number, slot in prepared if number is not None]
    if not kept:
        return []
    home = region or _region_of(number.digits for number, _ in kept if number.digits.startswith("+"))
    found = {phone.handle: phone for number, slot in kept[::-1] if (phone := _read(number, home, is_mobile=slot))}
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Prepared:
    digits: str
    extension: str
    is_switchboard: bool


def _prepared(text: str) -> _Prepared | None:
    text = visible(text[: LONGEST_NUMBER * 2]).strip()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)[: LONGEST_NUMBER + 1]
        text = "".join(str(unicodedata.digit(mark)) if mark.isdigit() else mark for mark in text)
    if len(text) > LONGEST_NUMBER:
        return None
    extension = ""
    if found := _EXTENSION.search(text):
        extension, text = found.group(1), text[: found.start()]
    if any(mark.isalpha() for mark in text):
        return None  # letters would be dialled as digits, and "App. 12" would become a part of the number
    digits = _NOT_DIALLED.sub("", text.replace("(0)", " "))
    if not digits.strip("+") or "+" in digits[1:]:
        return None
    return _Prepared(digits, extension, bool(_SWITCHBOARD.search(text)))


def _region_of(numbers: Iterable[str]) -> str:
    # phonenumbers is loaded inside the functions that need it: a run without a new contact must not pay for it.
    import phonenumbers  # noqa: PLC0415

    for digits in numbers:
        try:
            return phonenumbers.region_code_for_number(phonenumbers.parse(digits)) or ""
        except phonenumbers.NumberParseException:
            continue
    return ""


@lru_cache(maxsize=1024)
def _read(number: _Prepared, region: str, *, is_mobile: bool) -> Phone | None:
    # A run asks for the same contact several times, and no other step costs as much.
    import phonenumbers  # noqa: PLC0415 - as above

    digits = number.digits
    end = f";{number.extension}" if number.extension else ""
    if len(digits.strip("+")) < FEWEST_DIGITS:
        return Phone(f"tel:{digits}{end}", PhoneKind.SHORT, is_own_mobile=False)
    parsed = []
    ways = [digits] if digits.startswith("+") or region else []
    for text in [f"+{digits[2:]}", *ways] if digits.startswith("00") else ways:
        try:
            read = phonenumbers.parse(text, region or None)
        except phonenumbers.NumberParseException:
            continue
        if (read.national_number or 0) >= SMALLEST_NUMBER:
            parsed.append(read)
    if not parsed:
        return Phone(f"tel:{digits}{end}", PhoneKind.LINE, is_own_mobile=False)
    best = next((number for number in parsed if phonenumbers.is_possible_number(number)), parsed[0])
    kind = _kind(phonenumbers.number_type(best), is_mobile=is_mobile)
    e164 = phonenumbers.format_number(best, phonenumbers.PhoneNumberFormat.E164)
    if kind is PhoneKind.LINE and number.is_switchboard and best.country_code in {43, 49}:
        kind = PhoneKind.COMPANY_WIDE  # in Austria and Germany the extension 0 is the switchboard
    is_own = kind is PhoneKind.MOBILE and not number.extension and len(set(e164[4:])) > 2  # noqa: PLR2004 - 000000
    return Phone(f"tel:{e164}{end}", kind, is_own)


def _kind(number_type: int, *, is_mobile: bool) -> PhoneKind:
    from phonenumbers import PhoneNumberType as Type  # noqa: PLC0415 - as above

    if number_type in {Type.TOLL_FREE, Type.SHARED_COST, Type.PREMIUM_RATE, Type.UAN}:
        return PhoneKind.COMPANY_WIDE
    # North America does not tell mobiles from lines, and no list knows every new range: there the field decides.
    is_open = number_type in {Type.FIXED_LINE_OR_MOBILE, Type.UNKNOWN, Type.PERSONAL_NUMBER, Type.VOIP}
    return PhoneKind.MOBILE if number_type == Type.MOBILE or (is_open and is_mobile) else PhoneKind.LINE
