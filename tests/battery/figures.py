"""What each layer did, as counts, for the summary at the end of a test run."""

from __future__ import annotations

import json
import os
from pathlib import Path


def record(layer: str, **counts: int) -> None:
    """Append a layer's counts to the file that SYNC_BATTERY_FIGURES names; without it nothing is kept."""
    target = os.environ.get("SYNC_BATTERY_FIGURES")
    if not target:
        return
    line = json.dumps({"layer": layer, **counts}, sort_keys=True)
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    with Path(target).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
