"""Files beside the app that hold values or secrets are their owner's alone, and are never committed or deployed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from sync_core.storage import Put, SqliteStore, Table

ROOT = Path(__file__).parents[2]
SECRET = (".env", ".env.local", ".env.production", "trial.env", "sub/.env", "local.settings.json", ".azure/prod/.env")
STATES = tuple(
    f"sync-state.{kind}{end}" for kind in ("sqlite", "db", "sqlite3") for end in ("", "-wal", "-shm", ".key")
)


def modes(folder: Path) -> set[int]:
    """Return the modes of the files of a folder."""
    return {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


def open_up(folder: Path) -> int:
    """Let everybody read its files, as earlier versions did; returns how many there are."""
    files = list(folder.iterdir())
    for file in files:
        file.chmod(0o644)
    return len(files)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a file has no such mode")
@pytest.mark.parametrize("mask", [0o000, 0o022])
async def test_a_state_file_is_its_owners_alone(tmp_path: Path, mask: int) -> None:
    """With its logs, whatever the mask; one that an earlier version made becomes so, while it is in use too."""
    before = os.umask(mask)
    try:
        store = SqliteStore(tmp_path / "state.sqlite")
        await store.transact(Table.SYNC, "one", [Put("key", "{}")])
        assert modes(tmp_path) == {0o600}
        assert open_up(tmp_path) == 3
        other = SqliteStore(tmp_path / "state.sqlite")
        await other.transact(Table.SYNC, "one", [Put("other", "{}")])
        assert modes(tmp_path) == {0o600}
        assert await store.get(Table.SYNC, "one", "other") is not None
        await store.close()
        await other.close()
    finally:
        os.umask(before)


@pytest.mark.skipif(shutil.which("git") is None, reason="git decides what is ignored")
def test_secrets_and_states_are_not_committed(tmp_path: Path) -> None:
    """By git's own reading of the file; an example without values may be."""
    shutil.copy(ROOT / ".gitignore", tmp_path)
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    asked = subprocess.run(
        [*git, "check-ignore", "--", *SECRET, *STATES, "app.env.example", "sync_core/settings.py"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert asked.stdout.splitlines() == [*SECRET, *STATES]
