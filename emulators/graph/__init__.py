"""Emulator of the contacts part of Microsoft Graph: folders, contacts, change tracking, batches and sign-in.

Photos, subscriptions, open extensions and the delta of folders are not part of it.
"""

from __future__ import annotations

from emulators.graph.errors import GraphError
from emulators.graph.model import GraphModel
from emulators.graph.switches import GraphSwitches

__all__ = ["GraphError", "GraphModel", "GraphSwitches"]
