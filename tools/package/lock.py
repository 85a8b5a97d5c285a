"""The lock: every package of the deployed app, with its version and the hash of its wheel.

It names the wheels for Azure alone, as one resolution by pip found them; so it serves the package and no other set-up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.package.target import MARKERS, PackageError

LOCK: Final = "requirements.lock.txt"
REFRESH: Final = "python3 dev.py package --lock"

_HEAD: Final = f"""\
# Every package of the deployed app, with the SHA-256 of its wheel for CPython 3.13 on x86-64 Linux, which Azure runs.
# Made from requirements.txt by `{REFRESH}`: change that file and run this again.
"""
_PIN: Final = re.compile(r"([a-z0-9-]+)==(\S+) --hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """One package; its name in normal form (lower case, hyphens)."""

    name: str
    version: str
    sha256: str


def write_lock(pins: Iterable[Pin]) -> str:
    """Write pins down, sorted by name."""
    return _HEAD + "".join(f"{pin.name}=={pin.version} --hash=sha256:{pin.sha256}\n" for pin in sorted(pins))


def read_lock(text: str) -> tuple[Pin, ...]:
    """Read a lock. Raises PackageError where a line is anything but a pin with one hash."""
    pins = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        found = _PIN.fullmatch(line)
        if found is None:
            raise PackageError(f"{LOCK} has a line that is no pinned package ({line!r}): run `{REFRESH}`")
        pins.append(Pin(*found.groups()))
    return tuple(pins)


def pins_of_report(report: Mapping[str, Any]) -> tuple[Pin, ...]:
    """Take the pins from pip's installation report.

    Raises:
        PackageError: the report was made on a machine whose markers are not the target's, which pip does not
            replace by the platform it is told; or a package has no hash.
    """
    differing = sorted(name for name, value in MARKERS.items() if report["environment"].get(name) != value)
    if differing:
        raise PackageError(
            "the lock can only be made by CPython 3.13 on x86-64 Linux, because pip chooses by the machine it runs on"
            f" (different here: {', '.join(differing)}); the package itself can be built anywhere"
        )
    return tuple(sorted(_pin(item) for item in report["install"]))


def _pin(item: Mapping[str, Any]) -> Pin:
    name, version = canonicalize_name(item["metadata"]["name"]), item["metadata"]["version"]
    sha256 = item["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256")
    if not sha256:
        raise PackageError(f"pip knows no hash of {name} {version}: take it from an index, not from a folder or git")
    return Pin(name, version, sha256)


def requirements_of(text: str) -> tuple[Requirement, ...]:
    """Read the lines of a requirements file that hold for the target."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    asked = [Requirement(line) for line in lines if line]
    return tuple(one for one in asked if one.marker is None or one.marker.evaluate(dict(MARKERS)))


def disagreements(pins: Sequence[Pin], requirements: Iterable[Requirement]) -> list[str]:
    """Say, requirement by requirement, what the lock has otherwise or not at all."""
    versions = {pin.name: pin.version for pin in pins}
    faults = []
    for one in requirements:
        locked = versions.get(canonicalize_name(one.name))
        if locked is None:
            faults.append(f"{one.name} is required and not locked")
        elif not one.specifier.contains(locked, prereleases=True):
            faults.append(f"{one.name} is required as {one.specifier} and locked as {locked}")
    return faults
