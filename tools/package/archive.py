"""A zip that depends on nothing but its contents: sorted, with fixed times and rights."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
_READABLE: Final = 0o100644 << 16
_UNIX: Final = 3


def write_archive(archive: Path, files: Mapping[str, Path]) -> None:
    """Write files under their names in the archive; an archive of that path is replaced once the new one is whole."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    half = archive.with_name(archive.name + ".half")
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as zipped:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system, entry.external_attr = _UNIX, _READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(entry, files[name].read_bytes())
    half.replace(archive)
