"""Lists, page by page: keyset cursors that survive concurrent writes, every parameter sent again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sync_core.engine.ports import Refused
from sync_core.errors import RequestRejected, ServiceUnavailable, SpaceGone
from sync_core.pipeliner.answers import Done, Result
from sync_core.pipeliner.client import PipelinerClient, Query
from sync_core.pipeliner.records import Record, elements, expanded, flag_of, number_of, text_of
from sync_core.pipeliner.targets import Target

PAGE_SIZE = 100
"""Pipeliner's documented maximum."""
WITH_DELETED: Query = (("include-deleted", "true"),)


def where(name: str, value: str, operator: str = "eq") -> Query:
    """Filter on one field."""
    condition = (f"filter[{name}]", value)
    return (condition,) if operator == "eq" else (condition, (f"filter-op[{name}]", operator))


def ordered(name: str) -> Query:
    """Sort by one field, ascending."""
    return (("order-by", name),)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `after` continues it, None at the end; `total` is -1 when Pipeliner does not tell."""

    records: tuple[Record, ...]
    after: str | None
    total: int

    def __iter__(self) -> Iterator[Record]:
        """Records of this page."""
        return iter(self.records)


async def read_page(
    client: PipelinerClient, entity: str, query: Query, after: str | None = None, size: int = PAGE_SIZE
) -> Page:
    """Read one page; raises ServiceUnavailable when the answer is no whole page."""
    cursor = (("after", after),) if after else ()
    result = await client.get(Target(entity), (*query, ("first", str(size)), *cursor))
    body = listed(result, entity).body
    if not isinstance(body.get("data"), list):
        raise ServiceUnavailable(f"Pipeliner's answer is no page of {entity}")
    return Page(
        tuple(record for record in elements(body, "data") if isinstance(record, dict)),
        _next_cursor(body, entity, after),
        number_of(body, "total"),
    )


def _next_cursor(body: Record, entity: str, after: str | None) -> str | None:
    info = expanded(body, "page_info") or {}
    if not flag_of(info, "has_next_page"):
        return None
    cursor = text_of(info, "end_cursor")
    if not cursor or cursor == after:
        raise ServiceUnavailable(f"Pipeliner says that more {entity} follow, but not where")
    return cursor


def listed(result: Result, entity: str) -> Done:
    """Give the answer of a list request, which can be neither missing nor refused."""
    if isinstance(result, Done):
        return result
    if isinstance(result, Refused):
        raise RequestRejected(f"Pipeliner refused to list {entity}", 422, result.code)
    raise SpaceGone("the Pipeliner space does not exist under this service URL")
