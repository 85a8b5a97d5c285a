"""What cannot run on this machine, as dev.py found and told (`SYNC_TESTS_WITHOUT`, names with commas between).

A test whose piece is missing without being named there fails, so that nothing is left out in silence.
"""

import os
import shutil

_REASONS = {
    "functions": "left out: azure-functions-runtime needs Python 3.13",
    "azurite": "left out: Azurite needs Node 20 or newer",
    "package": "left out: the package is for Python 3.13 on x86-64 Linux",
    "bicep": "left out: the catalogue of Azure resource types needs Linux on x64 with Node 20 or newer",
    "kql": "left out: the parser of log queries needs Node 20 or newer",
}
_INSTALLED_WITH = {"kql": "azurite"}
"""Pieces that npm installs together: where dev.py leaves the second one out, the first one is missing as well."""

WHAT_IF_GROUP = "SYNC_WHAT_IF_GROUP"
"""Names a resource group of the subscription that `az` is signed in to, for a comparison that changes nothing."""

_TOOLS = {
    "az": "the real Bicep compiler over infra/ (the Azure CLI, `az`, is not on PATH)",
    "func": "the real Functions host with this app (Azure Functions Core Tools, `func`, are not on PATH)",
}
"""Tools that no registry this project installs from has; continuous integration may lack them too, and says so."""


def not_run_here() -> dict[str, str]:
    """What cannot run on this machine although nothing of ours is missing, by what it would take."""
    missing = {tool: what for tool, what in _TOOLS.items() if shutil.which(tool) is None}
    if not os.environ.get(WHAT_IF_GROUP):
        missing["what-if"] = f"the comparison with a subscription ({WHAT_IF_GROUP} names no resource group)"
    return missing


def reason_left_out(piece: str) -> str | None:
    """Why tests that need a piece (functions, azurite, package, bicep, kql) are to be skipped; None where they run."""
    named = os.environ.get("SYNC_TESTS_WITHOUT", "").split(",")
    return _REASONS[piece] if _INSTALLED_WITH.get(piece, piece) in named else None
