"""Addresses that Unicode's case folding makes equal to another one, which is somebody else's."""

from __future__ import annotations

LOOKALIKES = (
    ("bo\u017fs@x.test", "boss@x.test"),  # the long s
    ("ada@\u212aorp.test", "ada@korp.test"),  # the Kelvin sign
    ("stra\u00dfe@x.test", "strasse@x.test"),  # the sharp s
    ("\ufb01n@x.test", "fin@x.test"),  # the ligature fi
    ("\u0130da@x.test", "i\u0307da@x.test"),  # the Turkish dotted I
    ("\u0131da@x.test", "ida@x.test"),  # and the dotless i
    ("\uff41da@x.test", "ada@x.test"),  # a fullwidth a
)
"""Each with the address that it only looks like."""
