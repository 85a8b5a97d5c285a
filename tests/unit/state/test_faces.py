"""What a program loads that imports the two packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
LOADED = """
import sys
import sync_core.state
from sync_core.storage import open_store

open_store("sqlite:///:memory:")
print([name for name in sys.modules if name.split(".")[0] in {"azure", "aiohttp"}])
"""


def test_rows_in_a_file_need_no_client_of_azure() -> None:
    """It is slow to load: only a store in Azure tables does."""
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
