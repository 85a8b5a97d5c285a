"""Which layers a test run takes: those that are tuned to its length; `python3 dev.py soak` takes all."""

from __future__ import annotations

import os
from pathlib import Path

TUNED = frozenset({"test_exhaustive_fields.py", "test_simulator_itself.py", "test_sweep_first_sights.py"})
_ALL = sorted(path.name for path in Path(__file__).parent.glob("test_*.py"))

collect_ignore = [] if os.environ.get("SYNC_BATTERY") == "soak" else [name for name in _ALL if name not in TUNED]
