"""The lock and requirements.txt say the same, and pip takes nothing but what is locked."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tools.package.installing import install, resolve
from tools.package.lock import (
    LOCK,
    REFRESH,
    Pin,
    disagreements,
    pins_of_report,
    read_lock,
    requirements_of,
    write_lock,
)
from tools.package.needs import faults_of
from tools.package.target import MARKERS, PackageError

PROJECT = Path(__file__).resolve().parents[2]
HASH = "0" * 64


def read(name: str) -> str:
    """A file of the project's root."""
    return (PROJECT / name).read_text(encoding="utf-8")


def test_the_lock_agrees_with_the_requirements() -> None:
    """Whoever changes requirements.txt renews the lock as its head says; it is sorted and names no registry."""
    pins = read_lock(read(LOCK))
    assert disagreements(pins, requirements_of(read("requirements.txt"))) == []
    assert len({pin.name for pin in pins}) == len(pins) > 50
    assert read(LOCK) == write_lock(pins)
    assert REFRESH in read(LOCK)
    assert "://" not in read(LOCK)


def test_a_disagreement_is_named() -> None:
    """Another version, a package that is not there; what is for another Python alone does not count."""
    asked = requirements_of("# for both\nOne_Name==2.0\nabsent==1.0\nold==1.0; python_version < '3.13'\n")
    assert disagreements([Pin("one-name", "1.0", HASH)], asked) == [
        "One_Name is required as ==2.0 and locked as 1.0",
        "absent is required and not locked",
    ]


@pytest.mark.parametrize("line", ["free", "free==1.0", f"free>=1.0 --hash=sha256:{HASH}", "-r other.txt", ""])
def test_a_line_without_version_or_hash_is_refused(line: str) -> None:
    """Nothing slips in unpinned."""
    with pytest.raises(PackageError, match=f"run `{REFRESH}`"):
        read_lock(f"# head\n{line}\n")


def report(environment: dict[str, str], archive: dict[str, Any]) -> dict[str, Any]:
    """What pip reports of one package."""
    install = [{"metadata": {"name": "My.Wheel", "version": "1.0"}, "download_info": {"archive_info": archive}}]
    return {"environment": environment, "install": install}


def test_a_report_of_the_target_is_pinned() -> None:
    """Names come in normal form."""
    given = report(dict(MARKERS), {"hashes": {"sha256": HASH}})
    assert pins_of_report(given) == (Pin("my-wheel", "1.0", HASH),)


def test_a_report_that_cannot_be_believed_is_refused() -> None:
    """Pip weighs markers by the machine it runs on, and knows no hash of what is no archive."""
    with pytest.raises(PackageError, match=r"different here: sys_platform\); the package itself can be built anywhere"):
        pins_of_report(report({**MARKERS, "sys_platform": "darwin"}, {"hashes": {"sha256": HASH}}))
    with pytest.raises(PackageError, match=r"no hash of my-wheel 1\.0"):
        pins_of_report(report(dict(MARKERS), {}))


def wheel(folder: Path, name: str, *needs: str) -> Pin:
    """Make a wheel with one module."""
    file = folder / f"{name}-1.0-py3-none-any.whl"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n" + "".join(f"Requires-Dist: {n}\n" for n in needs)
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr(f"{name}.py", "")
        zipped.writestr(f"{name}-1.0.dist-info/METADATA", metadata)
        zipped.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        zipped.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return Pin(name, "1.0", hashlib.sha256(file.read_bytes()).hexdigest())


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for the whole world."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def installed(tmp_path: Path, *pins: Pin) -> Path:
    """Install what is pinned."""
    (tmp_path / LOCK).write_text(write_lock(pins), encoding="utf-8")
    install(tmp_path / LOCK, tmp_path / "installed")
    return tmp_path / "installed"


def test_only_the_locked_wheel_is_installed(wheels: Path, tmp_path: Path) -> None:
    """A wheel of the same name and version with other contents is refused, and the former set-up stays."""
    pin = wheel(wheels, "alpha")
    folder = installed(tmp_path, pin)
    assert (folder / "alpha.py").is_file()
    with pytest.raises(PackageError, match="DO NOT MATCH THE HASHES"):
        installed(tmp_path, Pin("alpha", "1.0", HASH))
    assert (folder / "alpha.py").is_file()


def test_a_set_that_is_not_whole_is_named(wheels: Path, tmp_path: Path) -> None:
    """What a package needs on the target and is not there, what has a wrong version, and what nobody needs."""
    needs = ("gamma>=2", "absent[extra]", "windows-only; sys_platform == 'win32'", "loud; extra == 'loud'")
    pins = wheel(wheels, "alpha", *needs), wheel(wheels, "gamma"), wheel(wheels, "idle")
    folder = installed(tmp_path, *pins)
    assert faults_of(folder, requirements_of("alpha[loud]==1.0")) == [
        "absent[extra] is missing",
        "alpha needs gamma>=2, and 1.0 is there",
        "idle is required by nothing",
        'loud; extra == "loud" is missing',
    ]
    assert faults_of(installed(tmp_path, wheel(wheels, "idle")), requirements_of("idle==1.0")) == []


@pytest.mark.functions
def test_a_resolution_gives_the_lock(wheels: Path, tmp_path: Path) -> None:
    """Pip's own choice, dependencies included, with the hash of each file."""
    pins = wheel(wheels, "alpha", "gamma"), wheel(wheels, "gamma")
    (tmp_path / "requirements.txt").write_text("alpha==1.0\n", encoding="utf-8")
    assert resolve(tmp_path / "requirements.txt") == pins
    wheel(wheels, "alpha", "absent")
    with pytest.raises(PackageError, match=r"is the package index reachable\?"):
        resolve(tmp_path / "requirements.txt")
