"""The state store in Azure Table Storage (and in Azurite, which speaks the same).

Reads are repeated by the client library. Transactions never are: a first try that was stored but not
answered would make the second one fail on the first one's own rows. An unanswered transaction is
StoreUnavailable, and whoever asked reads again to see what became of it.

Tables are made when the first transaction finds them missing; until then they read as empty. So normal
operation costs no extra request.

A row is an entity with encoded keys, its body divided over properties p0, p1, ...: a string property takes
64 KiB, which is 32,768 UTF-16 code units (Microsoft Learn: Understanding the Table Service Data Model).
Error codes are those of "Table Service error codes" (Microsoft Learn). Messages of errors hold the service's
code and status, never its text: that may repeat addresses.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DeserializationError,
    HttpResponseError,
    IncompleteReadError,
    ResourceNotFoundError,
    SerializationError,
)
from azure.data.tables import TableEntity, TableErrorCode, TableTransactionError, TransactionOperation, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient
from typing_extensions import override

from sync_core.errors import (
    AccessDenied,
    CredentialsRejected,
    RequestRejected,
    RowConflict,
    StoreUnavailable,
    SyncError,
)
from sync_core.storage.store import (
    MAX_LIMIT,
    Insert,
    Operation,
    Remove,
    Row,
    Store,
    Table,
    check_limit,
    check_operations,
    decode_key,
    encode_key,
)

PROPERTY_CODE_UNITS = 32_000

_READS_SIDE_BY_SIDE = 32
_CLIENT_OPTIONS: dict[str, Any] = {"retry_total": 3, "connection_timeout": 10, "read_timeout": 30}  # seconds
_FAILURES = (AzureError, DeserializationError, SerializationError)
"""The last two are no AzureError: an answer that the library cannot read, and a request that it cannot write."""
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_CONFLICTS = {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
"""The shape of a code of the service; whatever else it writes may quote what was sent."""
_TABLE_CHANGES = {TableErrorCode.TABLE_BEING_DELETED.value, TableErrorCode.TABLE_NOT_FOUND.value}

TableOperation = tuple[str, dict[str, Any], dict[str, Any]]
"""One operation as `TableClient.submit_transaction` takes it: its name, the entity, the conditions."""


class TableStore(Store):
    """A `Store` in the tables of one storage account.

    Besides the errors of `Store`, calls raise CredentialsRejected and AccessDenied.
    """

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._service = service
        self._prefix = prefix
        self._tables: dict[Table, TableClient] = {}
        self._reading = asyncio.Semaphore(_READS_SIDE_BY_SIDE)

    @classmethod
    def from_connection_string(cls, connection_string: str, *, prefix: str = "", **options: Any) -> TableStore:
        """Open by account key or SAS; `options` go to the client. ValueError when the string is malformed."""
        return cls(
            TableServiceClient.from_connection_string(connection_string, **_CLIENT_OPTIONS | options), prefix=prefix
        )

    @classmethod
    def from_identity(
        cls, endpoint: str, credential: AsyncTokenCredential, *, prefix: str = "", **options: Any
    ) -> TableStore:
        """Open `https://<account>.table.core.windows.net` by identity; the caller closes the credential."""
        return cls(TableServiceClient(endpoint, credential=credential, **_CLIENT_OPTIONS | options), prefix=prefix)

    @override
    async def get(self, table: Table, partition: str, key: str) -> Row | None:
        client, partition_key, row_key = self._client(table), encode_key(partition), encode_key(key)
        try:
            async with self._reading:
                return row_from_entity(await client.get_entity(partition_key, row_key))
        except ResourceNotFoundError:
            return None
        except _FAILURES as error:
            raise store_error(error) from error

    @override
    async def get_many(self, table: Table, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        """At most 32 reads are under way at a time."""
        rows = await asyncio.gather(
            *(self.get(table, partition, key) for key in dict.fromkeys(keys)), return_exceptions=True
        )
        found = {}
        for row in rows:
            if isinstance(row, BaseException):
                raise row
            if row is not None:
                found[row.key] = row
        return found

    @override
    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = MAX_LIMIT) -> list[Row]:
        """Follows continuation tokens, which may come with few rows or none."""
        check_limit(limit)
        start, end = encode_key(start, is_bound=True), encode_key(end, is_bound=True)
        bounds = {"partition": encode_key(partition), "start": start, "end": end}
        entities = self._client(table).query_entities(
            "PartitionKey eq @partition and RowKey ge @start and RowKey lt @end",
            parameters=bounds,
            results_per_page=limit,
        )
        rows: list[Row] = []
        try:
            async for page in entities.by_page():
                rows += [row_from_entity(entity) async for entity in page]
                if len(rows) >= limit:
                    break
        except ResourceNotFoundError:
            return []
        except _FAILURES as error:
            raise store_error(error) from error
        return rows[:limit]

    @override
    async def partitions(self, table: Table) -> list[str]:
        """Table Storage knows no other way than to be asked once for each partition."""
        client = self._client(table)
        found = [""]
        try:
            while entity := await anext(
                client.query_entities(
                    "PartitionKey gt @after",
                    parameters={"after": found[-1]},
                    select=["PartitionKey"],
                    results_per_page=1,
                ),
                None,
            ):
                found.append(str(entity["PartitionKey"]))
        except ResourceNotFoundError:
            return []
        except _FAILURES as error:
            raise store_error(error) from error
        return [decode_key(key) for key in found[1:]]

    @override
    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        check_operations(operations)
        submitted = [to_table_operation(partition, operation) for operation in operations]
        client = self._client(table)
        try:
            return await _submit(client, submitted)
        except _FAILURES as error:
            if not is_table_missing(error):
                raise transaction_error(error, operations) from error
        try:
            await self._service.create_table_if_not_exists(client.table_name)
            return await _submit(client, submitted)
        except _FAILURES as error:
            raise transaction_error(error, operations) from error

    @override
    async def close(self) -> None:
        await self._service.close()

    def _client(self, table: Table) -> TableClient:
        if table not in self._tables:
            self._tables[table] = self._service.get_table_client(self._prefix + table.value)
        return self._tables[table]


async def _submit(client: TableClient, operations: Sequence[TableOperation]) -> list[str]:
    answers = await client.submit_transaction(operations, retry_total=0)
    return [answer.get("etag") or "" for answer in answers]


def row_from_entity(entity: TableEntity) -> Row:
    """Put a stored row together again."""
    pieces: list[str] = []
    while (piece := entity.get(f"p{len(pieces)}")) is not None:
        pieces.append(piece)
    return Row(decode_key(entity["RowKey"]), "".join(pieces), entity.metadata["etag"] or "")


def to_table_operation(partition: str, operation: Operation) -> TableOperation:
    """Return an operation in the client library's words; `partition` is the raw text."""
    entity: dict[str, Any] = {"PartitionKey": encode_key(partition), "RowKey": encode_key(operation.key)}
    if not isinstance(operation, Remove):
        text = operation.body
        # Beyond ASCII a character takes two code units at worst; counted in characters, no pair is ever torn.
        step = PROPERTY_CODE_UNITS if text.isascii() else PROPERTY_CODE_UNITS // 2
        starts = range(0, max(len(text), 1), step)
        entity |= {f"p{number}": text[start : start + step] for number, start in enumerate(starts)}
    if isinstance(operation, Insert):
        return TransactionOperation.CREATE, entity, {}
    only_version = {"etag": operation.etag, "match_condition": MatchConditions.IfNotModified} if operation.etag else {}
    if isinstance(operation, Remove):
        return TransactionOperation.DELETE, entity, only_version
    name = TransactionOperation.UPDATE if operation.etag else TransactionOperation.UPSERT
    return name, entity, {"mode": UpdateMode.REPLACE, **only_version}


def error_code(error: Exception) -> str:
    """Return the service's code, or "" (ResourceExistsError, for one, may come without) and for what is no code."""
    code = getattr(error, "error_code", None)
    told = str(getattr(code, "value", code or ""))
    return told if _CODE.fullmatch(told) else ""


def is_table_missing(error: Exception) -> bool:
    """Whether the table itself, not a row of it, was not found."""
    return error_code(error) == TableErrorCode.TABLE_NOT_FOUND.value


def store_error(error: Exception) -> SyncError:
    """Return what the caller does about an answer that is no answer to the question."""
    code = error_code(error)
    if isinstance(error, ClientAuthenticationError):
        return CredentialsRejected(f"Table Storage or the identity refused our credentials ({code or 'no code'})")
    if isinstance(error, IncompleteReadError) or not isinstance(error, HttpResponseError) or error.status_code is None:
        return StoreUnavailable(f"Table Storage did not answer ({type(error).__name__})")
    status = error.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING or code in _TABLE_CHANGES:
        return StoreUnavailable(f"Table Storage answered {status} {code}", _retry_after(error))
    if status == HTTPStatus.UNAUTHORIZED or code == TableErrorCode.AUTHENTICATION_FAILED.value:
        return CredentialsRejected(f"Table Storage refused our credentials ({status} {code})")
    if status == HTTPStatus.FORBIDDEN:
        return AccessDenied(
            f"Table Storage denies access ({code}): give the identity the role Storage Table Data Contributor"
        )
    return RequestRejected(f"Table Storage answered {status} {code}", status, code)


def transaction_error(error: Exception, operations: Sequence[Operation]) -> SyncError:
    """Return the same of a transaction: a row that was not as demanded becomes RowConflict with its position.

    The service begins the message of a failed transaction with the position of the operation ("2:The
    specified entity already exists."), which TableTransactionError keeps as `index`.
    """
    if (
        isinstance(error, TableTransactionError)
        and error.status_code in _CONFLICTS
        and error_code(error) not in _TABLE_CHANGES
    ):
        index = error.index if error.index < len(operations) else 0
        key = operations[index].key
        return RowConflict(f"row {key!r} is not as demanded ({error_code(error)})", index, key)
    return store_error(error)


def _retry_after(error: HttpResponseError) -> float | None:
    headers: Mapping[str, str] = getattr(error.response, "headers", {})
    named = headers.get("Retry-After")
    try:
        return max(0.0, float(named)) if named else None
    except ValueError:  # a date, which only the service's own clock could tell
        return None
