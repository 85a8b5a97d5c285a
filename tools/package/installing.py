"""pip, asked for the target's wheels."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.package.lock import LOCK, Pin, pins_of_report
from tools.package.target import PIP_OPTIONS, PackageError

_PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "install", *PIP_OPTIONS)


def resolve(requirements: Path) -> tuple[Pin, ...]:
    """Let pip choose every package for a requirements file. Raises PackageError."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        nowhere = Path(folder) / "nothing"  # a dry run installs nothing, but other platforms want a folder named
        options = ("--dry-run", "--ignore-installed", f"--report={report}", f"--target={nowhere}")
        _run([*_PIP, *options, "-r", str(requirements)])
        return pins_of_report(json.loads(report.read_text(encoding="utf-8")))


def install(lock: Path, folder: Path) -> None:
    """Put exactly the locked wheels into a folder, each checked against its hash; all or nothing.

    Raises:
        PackageError: a wheel cannot be had, or is another than the locked one.
    """
    half = folder.with_name(folder.name + ".half")
    shutil.rmtree(half, ignore_errors=True)
    _run([*_PIP, "--require-hashes", "--no-deps", "--no-compile", f"--target={half}", "-r", str(lock)])
    shutil.rmtree(folder, ignore_errors=True)
    half.rename(folder)


def _run(command: Sequence[str]) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own pip
    if ended.returncode != 0:
        lines = [line.strip() for line in ended.stderr.splitlines() if line.startswith("ERROR")]
        said = " ".join(lines[-3:]) or f"exit status {ended.returncode}"
        raise PackageError(f"pip could not provide the wheels of {LOCK} (is the package index reachable?): {said}")
