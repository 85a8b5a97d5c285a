"""Which right each storage call of the code and of the Functions host needs, and which rights each role brings.

From Microsoft Learn: Azure built-in roles; Call Queue/Table/Blob Storage operations with OAuth ("permissions for
calling data operations"); Connecting to host storage with an identity. Rights are shortened to their last parts.
"""

from __future__ import annotations

from collections.abc import Mapping

TABLE = "Microsoft.Storage/storageAccounts/tableServices/tables"
QUEUE = "Microsoft.Storage/storageAccounts/queueServices/queues"
ACCOUNT = "Microsoft.Storage/storageAccounts"
VAULT = "Microsoft.KeyVault/vaults"
INSIGHTS = "Microsoft.Insights/components"

Rights = frozenset[str]


def _rights(text: str) -> Rights:
    return frozenset(text.split())


CALLS: Mapping[str, tuple[str, Rights]] = {
    "get_entity": (TABLE, _rights("entities/read")),
    "query_entities": (TABLE, _rights("entities/read")),
    "TransactionOperation.CREATE": (TABLE, _rights("entities/write entities/add")),
    "TransactionOperation.UPDATE": (TABLE, _rights("entities/write entities/update")),
    "TransactionOperation.UPSERT": (TABLE, _rights("entities/write")),
    "TransactionOperation.DELETE": (TABLE, _rights("entities/delete")),
    "send_message": (QUEUE, _rights("messages/write messages/add")),
    "peek_messages": (QUEUE, _rights("messages/read")),
    "get_queue_properties": (QUEUE, _rights("queues/read")),
}
"""Call of the client library: what it works on, and the rights of which any one suffices."""

ONLY_WHERE_NOTHING_IS_DEPLOYED: Mapping[str, str] = {
    "create_table_if_not_exists": "Bicep declares every table; on a laptop the first write makes them",
    "create_queue": "Bicep declares every queue; on a laptop the first message makes it",
}
"""Calls that are made only after a 404, which Azure does not answer once infra/ is deployed."""

WITHOUT_A_REQUEST: Mapping[str, str] = {
    "from_connection_string": "makes a client",
    "get_table_client": "makes a client",
    "close": "closes connections",
    "submit_transaction": "needs the rights of the operations in it, which are listed each",
}

OF_THE_HOST: Mapping[str, tuple[str, Rights]] = {
    "receives messages": (QUEUE, _rights("messages/process")),
    "deletes messages": (QUEUE, _rights("messages/delete messages/process")),
    "prolongs the time a message stays invisible": (QUEUE, _rights("messages/write")),
    "puts messages into poison queues": (QUEUE, _rights("messages/write messages/add")),
    "counts messages to scale": (QUEUE, _rights("queues/read")),
    "keeps leases, timers and keys in containers of its own": (ACCOUNT, _rights("blobs/*")),
    "resolves Key Vault references": (VAULT, _rights("secrets/getSecret")),
    "sends telemetry": (INSIGHTS, _rights("telemetry/write")),
}
"""What the host does with the same identity."""

ROLE_RIGHTS: Mapping[str, tuple[str, Rights]] = {
    "Storage Table Data Contributor": (
        TABLE,
        _rights("entities/read entities/write entities/delete entities/add entities/update")
        | _rights("tables/read tables/write tables/delete"),
    ),
    "Storage Table Data Reader": (TABLE, _rights("entities/read tables/read")),
    "Storage Queue Data Contributor": (
        QUEUE,
        _rights("messages/read messages/write messages/delete messages/process")
        | _rights("queues/read queues/write queues/delete"),
    ),
    "Storage Queue Data Message Processor": (QUEUE, _rights("messages/read messages/process")),
    "Storage Queue Data Message Sender": (QUEUE, _rights("messages/add")),
    "Storage Queue Data Reader": (QUEUE, _rights("messages/read queues/read")),
    "Storage Blob Data Owner": (ACCOUNT, _rights("blobs/* containers/*")),
    "Storage Blob Data Contributor": (ACCOUNT, _rights("blobs/read blobs/write blobs/delete containers/write")),
    "Storage Blob Data Reader": (ACCOUNT, _rights("blobs/read containers/read")),
    "Key Vault Secrets User": (VAULT, _rights("secrets/getSecret secrets/readMetadata")),
    "Key Vault Secrets Officer": (VAULT, _rights("secrets/getSecret secrets/readMetadata secrets/setSecret")),
    "Key Vault Administrator": (VAULT, _rights("secrets/getSecret secrets/readMetadata secrets/setSecret keys/*")),
    "Monitoring Metrics Publisher": (INSIGHTS, _rights("telemetry/write metrics/write")),
}
"""Role: what it is given for at the narrowest, and what it allows."""
