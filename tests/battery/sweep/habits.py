"""Habits of the two services under which a scenario must come to the same end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulators.graph import GraphSwitches
from emulators.pipeliner import PipelinerSwitches


@dataclass(frozen=True, slots=True)
class Habits:
    """Switches of both emulated services that are not as usual."""

    name: str
    graph: Mapping[str, Any] = field(default_factory=dict)
    crm: Mapping[str, Any] = field(default_factory=dict)

    def graph_switches(self) -> GraphSwitches:
        """Graph's switches, as a new value."""
        return GraphSwitches(**self.graph)

    def crm_switches(self) -> PipelinerSwitches:
        """Pipeliner's switches, as a new value."""
        return PipelinerSwitches(**self.crm)


USUAL = Habits("usual")
ALL_HABITS = (
    USUAL,
    Habits("if_match", graph={"if_match_enforced": True}),
    Habits("unordered", graph={"delta_shuffled": True, "delta_duplicate_share": 0.5, "delta_empty_pages": True}),
    Habits("late", graph={"delta_visibility_delay_s": 2.0}, crm={"visible_after_s": 2.0}),
    Habits("rewriting", crm={"trims_text": True, "reformats_phones": True, "lowercases_emails": True}),
    Habits("bin_readable", graph={"deleted_items_readable": True}, crm={"get_deleted": "accept"}),
    Habits("bumping", crm={"child_changes_bump_contact": True, "identical_patch_bumps": True}),
    Habits(
        "late_and_unordered",
        graph={"delta_visibility_delay_s": 2.0, "delta_shuffled": True, "delta_empty_pages": True},
        crm={"visible_after_s": 2.0, "reformats_phones": True},
    ),
)
