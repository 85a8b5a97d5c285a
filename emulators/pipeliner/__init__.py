"""Emulator of Pipeliner CRM's REST API v100: contacts and what belongs to them."""

from emulators.pipeliner.model import PipelinerModel
from emulators.pipeliner.switches import PipelinerSwitches

__all__ = ["PipelinerModel", "PipelinerSwitches"]
