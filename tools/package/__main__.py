"""`python3 dev.py package`: builds the zip, says what it costs; `--whole` trims nothing, `--lock` renews the lock."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.package.building import ARCHIVE, Workshop, build, refresh_lock
from tools.package.figures import Figures, of_archive, of_wheels
from tools.package.target import PackageError

CANNOT_RUN = 2
_PROJECT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; answers the exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.lock:
            said = refresh_lock(_PROJECT).name
        else:
            archive = build(_PROJECT, _PROJECT / ARCHIVE, whole=options.whole)
            wheels = of_wheels(_PROJECT, Workshop(_PROJECT).site_packages)
            said = f"{ARCHIVE}\n{told(wheels, of_archive(archive))}"
    except PackageError as error:
        sys.stderr.write(f"package: {error}\n")
        return CANNOT_RUN
    sys.stdout.write(said + "\n")
    return 0


def told(wheels: Figures, package: Figures) -> str:
    """Lay figures out as a table."""
    rows = [
        ("", "as installed", "package"),
        ("files", f"{wheels.files:,}", f"{package.files:,}"),
        ("unpacked", _megabytes(wheels.unpacked), _megabytes(package.unpacked)),
        ("zip", _megabytes(wheels.zipped), _megabytes(package.zipped)),
        ("import of the app", _seconds(wheels.import_s), _seconds(package.import_s)),
    ]
    return "\n".join(f"{name:<18}{before:>14}{after:>14}" for name, before, after in rows)


def _megabytes(size: int | None) -> str:
    return "-" if size is None else f"{size / 1e6:.1f} MB"


def _seconds(took: float | None) -> str:
    return "not on this OS" if took is None else f"{took:.2f} s"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py package", description="Build the package that Azure runs.")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--whole", action="store_true", help="leave all of msgraph-sdk in")
    chosen.add_argument("--lock", action="store_true", help="renew requirements.lock.txt from requirements.txt")
    return parser


if __name__ == "__main__":
    sys.exit(main())
