"""What a package costs: its size, and the time that an import of the app takes in a bare interpreter."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.package.target import SITE_PACKAGES

_RUNS: Final = 3
_IMPORT: Final = """
import sys, time
sys.path[:0] = sys.argv[1:]
begun = time.perf_counter()
import azure_functions_runtime, function_app
print(time.perf_counter() - begun)
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Number of files, bytes, bytes of the zip (None without one), seconds of an import (None where it cannot run)."""

    files: int
    unpacked: int
    zipped: int | None
    import_s: float | None


def of_archive(archive: Path) -> Figures:
    """Measure a built package as Azure would use it."""
    with tempfile.TemporaryDirectory() as name, zipfile.ZipFile(archive) as zipped:
        folder = Path(name)
        zipped.extractall(folder)
        entries = zipped.infolist()
        took = import_time([folder, folder / SITE_PACKAGES], compiled=True)
    return Figures(len(entries), sum(entry.file_size for entry in entries), archive.stat().st_size, took)


def of_wheels(project: Path, site_packages: Path) -> Figures:
    """Measure the wheels as they are installed, whole and not compiled."""
    sizes = [file.stat().st_size for file in site_packages.rglob("*") if file.is_file()]
    return Figures(len(sizes), sum(sizes), None, import_time([project, site_packages], compiled=False))


def import_time(folders: Sequence[Path], *, compiled: bool) -> float | None:
    """Seconds to import the worker library and the app from these folders; the least of three runs.

    Python writes no compiled module, as on Azure, and without `compiled` it takes none that lie there either.
    None where this machine cannot load the target's wheels.
    """
    with tempfile.TemporaryDirectory() as nothing:
        elsewhere = () if compiled else ("-X", f"pycache_prefix={nothing}")
        command = [sys.executable, "-I", "-S", "-B", *elsewhere, "-c", _IMPORT, *map(str, folders)]
        runs = [_printed(command) for _ in range(_RUNS)]
    return min((float(run) for run in runs if run), default=None)


def _printed(command: Sequence[str]) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
    return ended.stdout if ended.returncode == 0 else ""
