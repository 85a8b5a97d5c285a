"""Batch writes with both rollback methods, and merging records into a master."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulators.pipeliner.entities import ENTITIES
from emulators.pipeliner.errors import ApiError, invalid_record, not_found, parameter_invalid
from emulators.pipeliner.errors import Problem as RecordProblem
from emulators.pipeliner.records import Row
from emulators.pipeliner.space import Space, Transaction
from emulators.pipeliner.writes import Writer

ROLLBACK_ALL, ROLLBACK_FAILED = 0, 1


class BatchWriter:
    """Carries out batch-modify, batch-delete and merge."""

    def __init__(self, space: Space, writer: Writer) -> None:
        """Write into this space by the rules of `writer`."""
        self._space = space
        self._writer = writer

    def modify(self, work: Transaction, plural: str, body: Any, level: int, rollback: int) -> list[Any]:
        """Create elements without an id, update those with one; ids and Error objects in request order."""

        def one(item: Any) -> Row:
            if not isinstance(item, dict):
                raise parameter_invalid("Missing or invalid JSON data.")
            values = {name: value for name, value in item.items() if name != "id"}
            if item.get("id") is None:
                return self._writer.create(work, plural, values, level, "cu")
            return self._writer.update(work, plural, self._writer.target(plural, item["id"]), values, level, "cu")

        return self._each(work, body, rollback, one)

    def delete(self, work: Transaction, plural: str, body: Any, rollback: int) -> list[Any]:
        """Delete the records named; ids and Error objects in request order."""

        def one(item: Any) -> Row:
            return self._writer.delete(work, plural, item if isinstance(item, str) else "")

        return self._each(work, body, rollback, one)

    def _each(self, work: Transaction, body: Any, rollback: int, one: Callable[[Any], Row]) -> list[Any]:
        if not isinstance(body, list):
            raise parameter_invalid("Missing or invalid JSON data.")
        if len(body) > self._space.switches.batch_cap:
            raise parameter_invalid(f"more than {self._space.switches.batch_cap} elements")
        done: list[Any] = []
        for index, item in enumerate(body):
            mark = work.mark()
            try:
                done.append(one(item).id)
            except ApiError as error:
                if rollback == ROLLBACK_ALL:
                    raise ApiError(422, {**error.at(index), "http_status": 422}) from error
                work.undo_to(mark)
                done.append(error.at(index))
        return done

    def merge(self, work: Transaction, plural: str, body: Any) -> Row:
        """Fill the master's gaps from the secondaries, move their links to it, delete them softly."""
        master_body, secondary_ids = _merge_parts(body)
        master = self._living(plural, master_body.get("id"))
        secondaries = [self._living(plural, row_id) for row_id in secondary_ids]
        if any(row.id == master.id for row in secondaries):
            problem = RecordProblem("the master is among the secondaries")
            raise invalid_record(ENTITIES[plural].singular, master.id, [problem])
        changes = {name: value for name, value in master_body.items() if name != "id"}
        if changes:
            master = self._writer.update(work, plural, master, changes, 0, "cu")
        for secondary in secondaries:
            gaps = {
                name: value
                for name, value in secondary.values.items()
                if value not in (None, "") and master.values.get(name) in (None, "")
            }
            master = work.update(plural, master, gaps)
            self._move_links(work, plural, secondary, master)
            work.flag(plural, secondary, deleted=True)
        return work.touch(plural, master, master.values)

    def _living(self, plural: str, row_id: Any) -> Row:
        row = self._space.live(plural, row_id)
        if row is None:
            raise not_found(ENTITIES[plural].singular, str(row_id))
        return row

    def _move_links(self, work: Transaction, plural: str, secondary: Row, master: Row) -> None:
        """Move links to the master; a link it has already, to the same other end, is dropped."""
        for target, pointer, other_end in ENTITIES[plural].children:
            index = self._space.latest(target)
            own = index.live(pointer, master.id)
            ends = {row.values.get(other_end) for row in own}
            has_primary = any(row.values.get("is_primary") for row in own)
            for row in index.live(pointer, secondary.id):
                if row.values.get(other_end) in ends:
                    work.flag(target, row, deleted=True)
                    continue
                values = {pointer: master.id}
                if plural == "Contacts" and has_primary and row.values.get("is_primary"):
                    work.update(target, row, {**values, "is_primary": False})
                else:
                    work.update(target, row, values)


def _merge_parts(body: Any) -> tuple[dict[str, Any], list[Any]]:
    """Return master and secondary ids of a merge request; raises the 400 of a malformed body."""
    master = body.get("master") if isinstance(body, dict) else None
    secondary_ids = body.get("secondary_ids") if isinstance(body, dict) else None
    if not isinstance(master, dict) or not isinstance(secondary_ids, list):
        raise parameter_invalid("Missing or invalid JSON data.")
    return master, secondary_ids
