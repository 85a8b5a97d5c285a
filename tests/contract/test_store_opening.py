"""The setting SYNC_STATE."""

from __future__ import annotations

from pathlib import Path

import pytest
from azure.identity.aio import ClientSecretCredential

from sync_core.errors import InvalidSettings
from sync_core.storage import Insert, SqliteStore, Table, open_store
from sync_core.storage.azure_tables import TableStore
from tests.azurite import ACCOUNT_KEY, Azurite

ENDPOINT = "https://invented.table.core.windows.net"


def is_empty(folder: Path) -> bool:
    """Whether nothing lies in a folder."""
    return not list(folder.iterdir())


async def test_a_sqlite_address_opens_a_file_that_keeps_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three slashes and a name are relative, four are absolute; folders are made; rows outlive the store."""
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///kept/state.sqlite")
    await store.transact(Table.SYNC, "p", [Insert("a", "1")])
    await store.close()
    again = open_store(f"sqlite:///{tmp_path}/kept/state.sqlite")
    assert await again.get(Table.SYNC, "p", "a") is not None
    await again.close()


async def test_memory_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store in memory touches no folder."""
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///:memory:")
    assert isinstance(store, SqliteStore)
    await store.close()
    assert is_empty(tmp_path)


async def test_a_connection_string_opens_tables(azurite: Azurite) -> None:
    """The storage account's connection string is enough."""
    store = open_store(azurite.connection_string)
    assert await store.get(Table.SYNC, "p", "a") is None
    await store.close()


@pytest.mark.parametrize(
    "setting",
    ["UseDevelopmentStorage=true", f"DefaultEndpointsProtocol=https;AccountName=invented;AccountKey={ACCOUNT_KEY}"],
)
async def test_connection_strings_of_both_kinds_open_tables(setting: str) -> None:
    """Nothing is sent by opening."""
    store = open_store(setting)
    assert isinstance(store, TableStore)
    await store.close()


async def test_an_address_opens_tables_by_identity() -> None:
    """The https address goes with the credential that was passed in."""
    async with ClientSecretCredential("tenant", "client", "invented") as credential:
        store = open_store(ENDPOINT, credential=credential)
        assert isinstance(store, TableStore)
        await store.close()


def test_a_file_of_another_kind_is_named_and_left_alone(tmp_path: Path) -> None:
    """A file that is not a SQLite database is no state store."""
    notes = tmp_path / "notes.txt"
    notes.write_text("These are notes. " * 100)
    with pytest.raises(InvalidSettings, match="SYNC_STATE names a SQLite file that cannot be opened"):
        open_store(f"sqlite:///{notes}")
    assert notes.read_text() == "These are notes. " * 100


@pytest.mark.parametrize(
    "setting",
    [
        "",
        "state.sqlite",
        "sqlite://state.sqlite",
        "sqlite:///",
        "sqlite:////dev/null/folder/hush.sqlite",
        "http://invented.table.core.windows.net",
        "https://invented.table.core.windows.net/?sig=hush",
        "https://example.com",
        ENDPOINT,
        "DefaultEndpointsProtocol=https;AccountName=invented",
        "DefaultEndpointsProtocol=https;AccountName=invented;AccountKey=hush!",
        "AccountName=invented;hush",
        "UseDevelopmentStorage=hush",
    ],
)
def test_a_malformed_setting_is_named_with_its_remedy_but_never_repeated(setting: str) -> None:
    """The fault names SYNC_STATE and holds nothing of the value, nor does its cause."""
    with pytest.raises(InvalidSettings, match=r"SYNC_STATE .*: ") as invalid:
        open_store(setting)
    assert "hush" not in str(invalid.value)
    assert "hush" not in str(invalid.value.__cause__)
