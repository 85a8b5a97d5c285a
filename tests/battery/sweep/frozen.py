"""A world at rest, kept so that thousands of trials start from it without building it anew."""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from emulators.graph import GraphModel
from emulators.graph.contact import Contact
from emulators.memory_store import MemoryStore
from emulators.pipeliner import PipelinerModel
from emulators.pipeliner.listing import Selected
from emulators.pipeliner.records import Row
from emulators.pipeliner.schema import FieldSpec
from sync_core.state import ConnectionRecord
from tests.scenarios.world import World

SHARED = (Row, Contact, FieldSpec, Selected, FunctionType)
"""Values that are never changed in place: all copies of a world hold the same ones."""


@dataclass(frozen=True, slots=True)
class Services:
    """Both services, on one clock."""

    graph: GraphModel
    crm: PipelinerModel


class FrozenWorld:
    """Both services and the rows of the store at one moment; `thaw` gives copies that share nothing that changes."""

    def __init__(self, world: World, store: MemoryStore) -> None:
        buffer = io.BytesIO()
        pickler = _Pickler(buffer)
        pickler.dump((world.graph, world.crm))
        self._pickled = buffer.getvalue()
        self._shared = pickler.shared
        self._store = store.copy()
        self.records: tuple[ConnectionRecord, ...] = tuple(world.records)
        self.users = (world.user_id, world.colleague_id)

    def thaw(self) -> tuple[Services, MemoryStore]:
        """Copy the services and the rows."""
        unpickler = _Unpickler(io.BytesIO(self._pickled), self._shared)
        return Services(*unpickler.load()), self._store.copy()


class _Pickler(pickle.Pickler):
    def __init__(self, buffer: io.BytesIO) -> None:
        super().__init__(buffer, pickle.HIGHEST_PROTOCOL)
        self.shared: list[Any] = []

    def persistent_id(self, obj: Any) -> int | None:
        """Leave shared values out of the copy."""
        if not isinstance(obj, SHARED):
            return None
        self.shared.append(obj)
        return len(self.shared) - 1


class _Unpickler(pickle.Unpickler):
    """Puts the shared values back in their places."""

    def __init__(self, buffer: io.BytesIO, shared: list[Any]) -> None:
        super().__init__(buffer)
        setattr(self, "persistent_load", shared.__getitem__)  # noqa: B010 - a list's own method, called a million times
