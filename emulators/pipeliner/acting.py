"""Writes that do not come through the API: one transaction each, as persons and administrators make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from emulators.pipeliner.errors import ApiError
from emulators.pipeliner.intake import CHANGED_ONLY, DELETED_TARGETS, SYSTEM_ONLY
from emulators.pipeliner.records import Row
from emulators.pipeliner.space import Space, Transaction
from emulators.pipeliner.writes import Writer

_TRUSTED = CHANGED_ONLY | SYSTEM_ONLY | DELETED_TARGETS


class Acting:
    """The steps all such writes consist of."""

    def __init__(self, space: Space) -> None:
        """Act on this space."""
        self._space = space
        self._writer = Writer(space)

    def _row(self, plural: str, row_id: str) -> Row:
        return self._space.latest(plural).rows[row_id]

    def _create(self, plural: str, values: Mapping[str, Any]) -> str:
        work = Transaction(self._space, by_user=True)
        return self._finish(work, lambda: self._writer.create(work, plural, dict(values), _TRUSTED, "cu")).id

    def _place(self, plural: str, values: Mapping[str, Any]) -> str:
        work = Transaction(self._space)
        row = work.insert(plural, values)
        work.commit()
        return row.id

    def _edit(self, plural: str, row_id: str, values: Mapping[str, Any]) -> None:
        work = Transaction(self._space, by_user=True)
        row = self._row(plural, row_id)
        self._finish(work, lambda: self._writer.update(work, plural, row, dict(values), _TRUSTED))

    def _set(self, plural: str, row_id: str, values: Mapping[str, Any]) -> None:
        """Write what the API holds read-only."""
        work = Transaction(self._space)
        work.update(plural, self._row(plural, row_id), values)
        work.commit()

    def _flag(self, plural: str, row_id: str, *, deleted: bool) -> None:
        work = Transaction(self._space)
        work.flag(plural, self._row(plural, row_id), deleted=deleted)
        work.commit()

    def _unlink(self, plural: str, contact_id: str, name: str, other_id: str) -> None:
        for row in self._space.latest(plural).live("contact_id", contact_id):
            if row.values.get(name) == other_id:
                self._flag(plural, row.id, deleted=True)

    def _finish(self, work: Transaction, act: Callable[[], Row]) -> Row:
        try:
            row = act()
        except ApiError:
            work.undo_to({})
            raise
        work.commit()
        return row
