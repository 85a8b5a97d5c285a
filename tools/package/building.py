"""From the lock and the sources to the zip, doing again only what changed since the last time."""

from __future__ import annotations

import hashlib
import platform
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.package.archive import write_archive
from tools.package.compiling import compile_sources, compiled_name
from tools.package.contents import app_names, library_names
from tools.package.installing import install, resolve
from tools.package.lock import LOCK, REFRESH, disagreements, read_lock, requirements_of, write_lock
from tools.package.needs import faults_of
from tools.package.target import PIP_OPTIONS, SITE_PACKAGES, PackageError

ARCHIVE: Final = "dist/outlook-pipeliner-sync.zip"
_REQUIREMENTS: Final = "requirements.txt"
_TOOL: Final = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Workshop:
    """A project and its build folder."""

    project: Path

    @property
    def build(self) -> Path:
        """Where parts of earlier builds are kept."""
        return self.project / "build" / "package"

    @property
    def site_packages(self) -> Path:
        """The wheels as pip installed them."""
        return self.build / "site-packages"


def refresh_lock(project: Path) -> Path:
    """Resolve requirements.txt anew and write the lock. Raises PackageError."""
    lock = project / LOCK
    lock.write_text(write_lock(resolve(project / _REQUIREMENTS)), encoding="utf-8", newline="\n")
    return lock


def build(project: Path, archive: Path, *, whole: bool = False) -> Path:
    """Build the package, unless the archive is already the one of today's sources.

    `whole` leaves all of msgraph-sdk in. Raises PackageError.
    """
    shop = Workshop(project)
    _ensure_wheels(shop)
    stamp = shop.build / f"{archive.stem}.stamp"  # not beside an archive that is to be uploaded
    app = app_names(project)
    sources = [*sorted(_TOOL.glob("*.py")), project / LOCK, *(project / name for name in app)]
    expected = _fingerprint(sources, f"whole={whole}")
    if archive.is_file() and _says(stamp, expected):
        return archive
    libraries = library_names(shop.site_packages, _python(project, app), whole=whole)
    files = _with_compiled(project, app, shop.build / "compiled-app", "")
    files |= _with_compiled(
        shop.site_packages, libraries, shop.build / f"compiled-{'whole' if whole else 'trimmed'}", SITE_PACKAGES + "/"
    )
    write_archive(archive, files)
    _write(stamp, expected)
    return archive


def _ensure_wheels(shop: Workshop) -> None:
    """Install the locked wheels once."""
    lock, requirements = shop.project / LOCK, shop.project / _REQUIREMENTS
    asked = requirements_of(requirements.read_text(encoding="utf-8"))
    pins = read_lock(lock.read_text(encoding="utf-8"))
    _refuse(disagreements(pins, asked))
    stamp, expected = shop.build / "site-packages.stamp", _fingerprint([lock, requirements], " ".join(PIP_OPTIONS))
    if shop.site_packages.is_dir() and _says(stamp, expected):
        return
    shop.build.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    install(lock, shop.site_packages)
    _refuse(faults_of(shop.site_packages, asked))
    _write(stamp, expected)


def _refuse(faults: list[str]) -> None:
    if faults:
        raise PackageError(f"{LOCK} does not fit requirements.txt: {'; '.join(faults)}. Run `{REFRESH}`")


def _with_compiled(root: Path, names: list[str], output: Path, prefix: str) -> dict[str, Path]:
    """Map names in the archive to files: those named, and the compiled form of each module."""
    modules = [name for name in names if name.endswith(".py")]
    stamp = output.with_name(output.name + ".stamp")
    expected = _fingerprint([_TOOL / "compiling.py", *(root / name for name in modules)])
    if not _says(stamp, expected):
        stamp.unlink(missing_ok=True)
        shutil.rmtree(output, ignore_errors=True)
        compile_sources(root, modules, output)
        _write(stamp, expected)
    files = {prefix + name: root / name for name in names}
    compiled = {prefix + compiled_name(name): output / compiled_name(name) for name in modules}
    return files | {name: file for name, file in compiled.items() if file.is_file()}


def _python(project: Path, names: list[str]) -> list[Path]:
    return [project / name for name in names if name.endswith(".py")]


def _fingerprint(files: Iterable[Path], more: str = "") -> str:
    """Tell apart what is made from other files, in another way or with another Python."""
    digest = hashlib.sha256(f"{platform.python_version()} {more}".encode())
    for file in files:
        digest.update(str(file).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _says(stamp: Path, expected: str) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="ascii") == expected


def _write(stamp: Path, text: str) -> None:
    stamp.write_text(text, encoding="ascii")
