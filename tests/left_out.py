"""What cannot run on this machine, as dev.py found and told (`SYNC_TESTS_WITHOUT`, names with commas between).

A test whose piece is missing without being named there fails, so that nothing is left out in silence.
"""

import os

_REASONS = {
    "functions": "left out: azure-functions-runtime needs Python 3.13",
    "azurite": "left out: Azurite needs Node 20 or newer",
}


def reason_left_out(piece: str) -> str | None:
    """Why tests that need this piece (functions, azurite) are to be skipped; None where they are to run."""
    named = os.environ.get("SYNC_TESTS_WITHOUT", "").split(",")
    return _REASONS[piece] if piece in named else None
