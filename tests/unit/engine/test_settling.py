"""What came of a plan's writes -> the rows to store, for every way that a write can end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.domain.contact import Contact, LinkId, Side
from sync_core.domain.fields import Direction, FieldMap, field_map
from sync_core.domain.lifecycle import Fate
from sync_core.domain.link import Link, LinkState
from sync_core.domain.planning import (
    LinkPlan,
    plan_create_in_outlook,
    plan_create_in_pipeliner,
    plan_link,
    plan_pair,
)
from sync_core.domain.records import Deed, FieldChange, Reason
from sync_core.domain.rules import SyncType
from sync_core.domain.sides import OutlookContact, PipelinerContact
from sync_core.engine.ports import Outcome as _Unused
