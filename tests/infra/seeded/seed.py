"""A fault to plant in tests/infra/samples."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seed:
    """One replacement in one file; `rule` and `says` are what the lint answers (in missed.py: why it does not).

    It answers for that file, or for the one that `shows_in` names.
    """

    title: str
    file: str
    old: str
    new: str
    rule: str
    says: str
    shows_in: str = ""
