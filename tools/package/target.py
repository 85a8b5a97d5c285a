"""What the package is built for: CPython 3.13 on the x86-64 Linux of Azure Functions, whatever machine builds it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PYTHON: Final = "3.13"
PLATFORMS: Final = ("manylinux2014_x86_64", "manylinux_2_28_x86_64")
SITE_PACKAGES: Final = ".python_packages/lib/site-packages"
"""Where Azure's Python worker looks for an app's packages."""

PIP_OPTIONS: Final = (
    "--only-binary=:all:",
    "--implementation=cp",
    f"--python-version={PYTHON}",
    *(f"--platform={platform}" for platform in PLATFORMS),
)

MARKERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_version": PYTHON,
        "sys_platform": "linux",
    }
)
"""The target's values of the environment markers that requirements are written with (PEP 508)."""


class PackageError(Exception):
    """The package cannot be built; the message says why and what to do."""
