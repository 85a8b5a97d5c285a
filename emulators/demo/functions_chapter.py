"""The last chapter: the same through Azure Functions, in a process of its own, where the machine has what it needs."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

from emulators.demo.runner import StepReport

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 180
_CHAPTER = "tests.functions.demo_chapter"


class ChapterFailed(Exception):
    """The chapter ended without a report; the message holds its last words."""


def reason_to_leave_out() -> str:
    """Return what this machine lacks for the chapter; "" when it has everything."""
    if importlib.util.find_spec("azure_functions_runtime") is None:
        version = ".".join(map(str, sys.version_info[:2]))
        return f"azure-functions-runtime, the worker library, needs Python 3.13 and this is {version}"
    if shutil.which("node") is None:
        return "Azurite, the emulator of Azure Storage, needs Node 20 or newer, and node is not on PATH"
    if not (ROOT / "node_modules" / "azurite").is_dir():
        return "Azurite is not installed (`python3 dev.py test` installs it, or `npm ci`)"
    if importlib.util.find_spec("tests") is None:
        return "the worker harness is part of the tests, which are not here"
    return ""


def play_chapter() -> list[StepReport]:
    """Run the chapter; raises ChapterFailed."""
    command = [sys.executable, "-m", _CHAPTER]
    try:
        ended = subprocess.run(  # noqa: S603 - our own module
            command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=LIMIT_S, check=False
        )
        return [StepReport.from_json(step) for step in json.loads(ended.stdout)["steps"]]
    except subprocess.TimeoutExpired:
        raise ChapterFailed(f"it took more than {LIMIT_S} s") from None
    except ValueError:
        raise ChapterFailed(" ".join(ended.stderr.split()[-60:]) or f"exit status {ended.returncode}") from None
