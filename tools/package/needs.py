"""Whether an installed set of packages is whole: pip installs from the lock without looking for dependencies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from tools.package.target import MARKERS


def faults_of(folder: Path, requirements: Iterable[Requirement]) -> list[str]:
    """Return what the packages in a folder lack of the requirements and of each other's, and which nobody requires."""
    installed = {canonicalize_name(found.name): found for found in distributions(path=[str(folder)])}
    faults: list[str] = []
    waiting = list(requirements)
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        one = waiting.pop()
        name, extras = canonicalize_name(one.name), frozenset(one.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found = installed.get(name)
        if found is None:
            faults.append(f"{one} is missing")
            continue
        waiting += _needs(found, extras)
    faults += _wrong_versions(installed)
    faults += [f"{name} is required by nothing" for name in sorted(set(installed) - {name for name, _ in seen})]
    return sorted(faults)


def _needs(found: Distribution, extras: frozenset[str]) -> Iterator[Requirement]:
    """What a package needs on the target with these extras."""
    for line in found.requires or ():
        one = Requirement(line)
        if one.marker is None or any(one.marker.evaluate({**MARKERS, "extra": extra}) for extra in {"", *extras}):
            yield one


def _wrong_versions(installed: Mapping[NormalizedName, Distribution]) -> Iterator[str]:
    for package in installed.values():
        for one in _needs(package, frozenset()):
            found = installed.get(canonicalize_name(one.name))
            if found is not None and not one.specifier.contains(found.version, prereleases=True):
                yield f"{package.name} needs {one}, and {found.version} is there"
