"""The state store in Azure Table Storage (and in Azurite, which speaks the same).

Reads are repeated by the client library. Transactions never are: a first try that was stored but not
answered would make the second one fail on the first one's own rows. An unanswered transaction is
StoreUnavailable, and whoever asked reads again to see what became of it.

Tables are made when the first transaction finds them missing; until then they read as empty. So normal
operation costs no extra request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.data.tables.aio import TableClient, TableServiceClient

from sync_core.state.keys import decode_key, encode_bound, encode_key
from sync_core.state.store import MAX_LIMIT, Operation, Row, Table, check_limit, check_operations
from sync_core.state.table_entities import Action, action_from_operation, row_from_entity
from sync_core.state.table_errors import is_table_missing, store_error, transaction_error

_READS_SIDE_BY_SIDE = 32
_CLIENT_OPTIONS: dict[str, Any] = {"retry_total": 3, "connection_timeout": 10, "read_timeout": 30}  # seconds


class TableStore:
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

    async def get(self, table: Table, partition: str, key: str) -> Row | None:
        """See `Store.get`."""
        client, partition_key, row_key = self._client(table), encode_key(partition), encode_key(key)
        try:
            async with self._reading:
                return row_from_entity(await client.get_entity(partition_key, row_key))
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            raise store_error(error) from error

    async def get_many(self, table: Table, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        """See `Store.get_many`; at most 32 reads are under way at a time."""
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

    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = MAX_LIMIT) -> list[Row]:
        """See `Store.read`; follows continuation tokens, which may come with few rows or none."""
        check_limit(limit)
        bounds = {"partition": encode_key(partition), "start": encode_bound(start), "end": encode_bound(end)}
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
        except AzureError as error:
            raise store_error(error) from error
        return rows[:limit]

    async def partitions(self, table: Table) -> list[str]:
        """See `Store.partitions`; asks once for each partition, as Table Storage knows no other way."""
        found: list[str] = []
        after = ""
        while (after := await self._next_partition(table, after)) != "":
            found.append(decode_key(after))
        return found

    async def _next_partition(self, table: Table, after: str) -> str:
        """Give the first encoded partition key greater than another; "" when there is none."""
        entities = self._client(table).query_entities(
            "PartitionKey gt @after", parameters={"after": after}, select=["PartitionKey"], results_per_page=1
        )
        try:
            async for entity in entities:
                return str(entity["PartitionKey"])
        except ResourceNotFoundError:
            return ""
        except AzureError as error:
            raise store_error(error) from error
        return ""

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """See `Store.transact`."""
        check_operations(operations)
        actions = [action_from_operation(partition, operation) for operation in operations]
        client = self._client(table)
        try:
            return await _submit(client, actions)
        except AzureError as error:
            if not is_table_missing(error):
                raise transaction_error(error, operations) from error
        try:
            await self._service.create_table_if_not_exists(client.table_name)
            return await _submit(client, actions)
        except AzureError as error:
            raise transaction_error(error, operations) from error

    async def close(self) -> None:
        """See `Store.close`."""
        await self._service.close()

    def _client(self, table: Table) -> TableClient:
        if table not in self._tables:
            self._tables[table] = self._service.get_table_client(self._prefix + table.value)
        return self._tables[table]


async def _submit(client: TableClient, actions: Sequence[Action]) -> list[str]:
    answers = await client.submit_transaction(actions, retry_total=0)
    return [answer.get("etag") or "" for answer in answers]
