"""Rows as entities of Table Storage: encoded keys, and the body divided over properties p0, p1, ...

A string property takes 64 KiB, which is 32,768 UTF-16 code units (Microsoft Learn: Understanding the
Table Service Data Model).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from azure.core import MatchConditions
from azure.data.tables import TableEntity, TransactionOperation, UpdateMode

from sync_core.state.keys import decode_key, encode_key
from sync_core.state.store import Insert, Operation, Put, Row

PROPERTY_CODE_UNITS = 32_000

Action = tuple[str, dict[str, Any], dict[str, Any]]
"""One operation as `TableClient.submit_transaction` takes it: its name, the entity, the conditions."""


def row_from_entity(entity: TableEntity) -> Row:
    """Put a stored row together again."""
    pieces: list[str] = []
    while (piece := entity.get(f"p{len(pieces)}")) is not None:
        pieces.append(piece)
    return Row(decode_key(entity["RowKey"]), "".join(pieces), entity.metadata["etag"] or "")


def action_from_operation(partition: str, operation: Operation) -> Action:
    """Say an operation in the client library's words; `partition` is the raw text."""
    entity: dict[str, Any] = {"PartitionKey": encode_key(partition), "RowKey": encode_key(operation.key)}
    if isinstance(operation, Insert | Put):
        entity |= {f"p{number}": piece for number, piece in enumerate(_pieces(operation.body))}
    match operation:
        case Insert():
            return TransactionOperation.CREATE, entity, {}
        case Put(etag=None):
            return TransactionOperation.UPSERT, entity, {"mode": UpdateMode.REPLACE}
        case Put():
            return TransactionOperation.UPDATE, entity, {"mode": UpdateMode.REPLACE, **_only_version(operation.etag)}
        case _:
            return TransactionOperation.DELETE, entity, {} if operation.etag is None else _only_version(operation.etag)


def _only_version(etag: str | None) -> dict[str, Any]:
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def _pieces(body: str) -> Iterator[str]:
    # Beyond ASCII a character takes two code units at worst; counted in characters, no pair is ever torn.
    step = PROPERTY_CODE_UNITS if body.isascii() else PROPERTY_CODE_UNITS // 2
    for start in range(0, max(len(body), 1), step):
        yield body[start : start + step]
