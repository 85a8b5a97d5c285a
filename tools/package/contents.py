"""What goes into the package: the app, the locked wheels, and nothing of the machine that builds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from tools.package.target import PackageError
from tools.package.trimming import LIBRARY, kept_files

APP: Final = ("function_app.py", "host.json", "requirements.txt", "sync_core")
SHIPPED: Final = frozenset({".py", ".json", ".typed"})
"""Kinds of files that sync_core may consist of."""

# pip's notes on one installation; RECORD also lists what is left out here.
_NOTES: Final = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})


def app_names(project: Path) -> list[str]:
    """Name the app's files. Raises PackageError for one of a kind that is not known to belong to it."""
    names = []
    for name in APP:
        path = project / name
        found = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        names += [file.relative_to(project).as_posix() for file in found]
    names = [name for name in names if not _is_litter(name)]
    strange = [name for name in names if "/" in name and PurePosixPath(name).suffix not in SHIPPED]
    if strange:
        raise PackageError(
            f"{strange[0]} is no file that the app is known to need: remove it, or add its kind to SHIPPED in"
            " tools/package/contents.py"
        )
    return sorted(names)


def library_names(site_packages: Path, app_sources: list[Path], *, whole: bool) -> list[str]:
    """Name the files of the wheels that go into the package. Raises PackageError where it cannot be trimmed."""
    kept = frozenset[Path]() if whole else kept_files(site_packages, app_sources)
    return sorted(_library_names(site_packages, kept, whole=whole))


def _library_names(site_packages: Path, kept: frozenset[Path], *, whole: bool) -> Iterator[str]:
    for file in site_packages.rglob("*"):
        path = file.relative_to(site_packages)
        if not file.is_file() or path.parts[0] == "bin" or "__pycache__" in path.parts:
            continue
        if path.parts[0].endswith(".dist-info") and path.name in _NOTES:
            continue
        if whole or path.parts[0] != LIBRARY or file in kept:
            yield path.as_posix()


def _is_litter(name: str) -> bool:
    """Whether a file is of the machine's own making: hidden, or compiled by an earlier run."""
    return any(part.startswith(".") or part == "__pycache__" for part in name.split("/"))
