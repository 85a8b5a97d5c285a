"""Opening the state store that the setting SYNC_STATE names."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from sync_core.errors import InvalidSettings
from sync_core.storage.sqlite import SqliteStore
from sync_core.storage.store import Store

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

_SQLITE = "sqlite:///"
_ENDPOINT = re.compile(r"https://[a-z0-9]{3,24}(\.z\d+)?\.table\.(core|storage)\.[a-z.]+/?")
_CONNECTION_STRING = re.compile(
    r"(DefaultEndpointsProtocol|UseDevelopmentStorage|AccountName|TableEndpoint)=", re.IGNORECASE
)
_ACCOUNT_KEY = re.compile(r"(?:^|;)AccountKey=([^;]*)", re.IGNORECASE)
_REMEDY = (
    "set it to sqlite:///<file> (sqlite:////<absolute file>, sqlite:///:memory:), to a storage account's "
    "connection string, or to https://<account>.table.core.windows.net"
)


def embedded_file(setting: str) -> str | None:
    """Return the file of a state in SQLite, or `:memory:`; None when it is kept elsewhere."""
    path = setting.strip()
    return path.removeprefix(_SQLITE) if path.startswith(_SQLITE) else None


def open_store(setting: str, *, credential: AsyncTokenCredential | None = None) -> Store:
    """Open the store of SYNC_STATE; `credential` is for an https address, and stays the caller's to close.

    A file is opened, but nothing is sent yet. Raises InvalidSettings, which never repeats the value (it may
    hold a key), and StoreUnavailable when a file stays locked.
    """
    setting = setting.strip()
    path = embedded_file(setting)
    if path is not None:
        if not path:
            raise InvalidSettings([f"SYNC_STATE names no file: {_REMEDY}"])
        try:
            return SqliteStore(path)
        except OSError as error:
            raise InvalidSettings(
                ["SYNC_STATE names a SQLite file that cannot be opened: name a new one in a writable folder"]
            ) from error
    if _ENDPOINT.fullmatch(setting):
        if credential is None:
            raise InvalidSettings(["SYNC_STATE names a storage account by address, which needs an identity: sign in"])
        from sync_core.storage.azure_tables import TableStore  # noqa: PLC0415 - slow to load, and not for a file

        return TableStore.from_identity(setting, credential)
    if _CONNECTION_STRING.match(setting):
        return _open_account(setting)
    raise InvalidSettings([f"SYNC_STATE is {'not understood' if setting else 'empty'}: {_REMEDY}"])


def _open_account(connection_string: str) -> Store:
    from sync_core.storage.azure_tables import TableStore  # noqa: PLC0415 - the same

    try:
        for account_key in _ACCOUNT_KEY.findall(connection_string):
            base64.b64decode(account_key, validate=True)
        return TableStore.from_connection_string(connection_string)
    except ValueError:
        raise InvalidSettings(
            ["SYNC_STATE looks like a connection string but is incomplete: copy it whole from the storage account"]
        ) from None
