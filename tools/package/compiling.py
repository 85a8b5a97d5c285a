"""Compiles modules ahead: Azure mounts the package read-only, so that every cold start would compile them anew.

The compiled files carry the hash of their source and are never checked against it, since nobody edits a mounted
package. The work is done in a process of its own with a fixed hash seed and in a fixed order, because what Python
writes depends on both: the same release of Python writes the same bytes.
"""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from tools.package.target import PYTHON, PackageError

_PROJECT = Path(__file__).resolve().parents[2]
_TAG = f"cpython-{PYTHON.replace('.', '')}"


def compiled_name(name: str) -> str:
    """Where Python looks for the compiled form of a source."""
    path = PurePosixPath(name)
    return str(path.parent / "__pycache__" / f"{path.stem}.{_TAG}.pyc")


def compile_sources(root: Path, names: Sequence[str], output: Path) -> None:
    """Compile sources below a folder into the same places below another; one with faults is left to the importer.

    Raises:
        PackageError: this Python is of another series than the one that runs the package.
    """
    here = ".".join(map(str, sys.version_info[:2]))
    if here != PYTHON:
        raise PackageError(f"the package is compiled for Python {PYTHON}, and this is {here}: install Python {PYTHON}")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-S", "-m", "tools.package.compiling", str(root), str(output)],
        cwd=_PROJECT,
        env={**environ, "PYTHONHASHSEED": "0"},
        input="\n".join(sorted(names)),
        encoding="utf-8",
        check=True,
    )


def main(root: Path, output: Path) -> None:
    """Compile what standard input names, line by line."""
    warnings.simplefilter("ignore")  # of other people's sources
    for name in sys.stdin.read().splitlines():
        py_compile.compile(
            str(root / name),
            cfile=str(output / compiled_name(name)),
            dfile=name,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            quiet=2,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
