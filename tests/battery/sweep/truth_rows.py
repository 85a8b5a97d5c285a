"""Scenarios: the situations of the truth table that people make, in each direction.

What only a cut-off run leaves behind comes of the faults themselves; the finer kinds of an edit differ in no step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sync_core.domain import (
    Mark,
    OutlookState,
    PipelinerState,
    Resolution,
    Right,
    Situation,
    SyncType,
    rule_for,
    situations,
)
from tests.battery.sweep.scenario import (
    Act,
    Said,
    Scenario,
    gone_from_crm,
    gone_from_outlook,
    handed_over,
    in_crm,
    in_outlook,
    moved_away,
    new_in_crm,
    new_in_outlook,
    synced,
)

NEW_PHONE, NEW_CITY = "555", "Rome"
OLD = ("1", "Oslo")
IN_CRM_FIRST: tuple[Act, ...] = (new_in_crm("Abel", phone2=OLD[0], city=OLD[1]), new_in_crm("Baker"))
IN_OUTLOOK_FIRST: tuple[Act, ...] = (
    new_in_outlook("Abel", mobilePhone=OLD[0], businessAddress={"city": OLD[1]}),
    new_in_outlook("Baker"),
    synced,
)
"""Nothing travels to Outlook in one direction, so those contacts are born there."""

IN_OUTLOOK: Mapping[OutlookState, tuple[Act, ...]] = {
    OutlookState.UNCHANGED: (),
    OutlookState.EDITED: (in_outlook("Abel", mobilePhone=NEW_PHONE),),
    OutlookState.DELETED: (gone_from_outlook("Abel"),),
    OutlookState.MOVED: (moved_away("Abel"),),
}
IN_PIPELINER: Mapping[PipelinerState, tuple[Act, ...]] = {
    PipelinerState.UNCHANGED: (),
    PipelinerState.EDITED: (in_crm("Abel", city=NEW_CITY),),
    PipelinerState.DELETED: (gone_from_crm("Abel"),),
    PipelinerState.LEFT_SCOPE: (handed_over("Abel"),),
}
RIGHTS_BESIDE = {PipelinerState.LEFT_SCOPE: Right.NONE}
"""What is left of the user's rights after these acts, where they do not stay the owner."""
_IN_FOLDER = frozenset({OutlookState.UNCHANGED, OutlookState.EDITED})
_LEAVES_OUTLOOK = frozenset({Resolution.DELETE_IN_OUTLOOK, Resolution.REMOVE_FROM_OUTLOOK, Resolution.SEND_THEN_REMOVE})


def truth_rows() -> Iterator[Scenario]:
    """Return one scenario for every situation; without protection only where that decides."""
    for seen in situations():
        if seen.mark is not Mark.NONE or seen.outlook not in IN_OUTLOOK or seen.pipeliner not in IN_PIPELINER:
            continue
        if seen.right is not RIGHTS_BESIDE.get(seen.pipeliner, Right.DELETE):
            continue
        resolution = rule_for(seen).resolution
        other = rule_for(replace(seen, delete_protection=not seen.delete_protection)).resolution
        if seen.delete_protection or resolution is not other:
            yield _scenario(seen, resolution)


def _scenario(seen: Situation, resolution: Resolution) -> Scenario:
    outlook, pipeliner, sync_type, is_protected = seen.outlook, seen.pipeliner, seen.sync_type, seen.delete_protection
    in_folder = (
        outlook in _IN_FOLDER and resolution not in _LEAVES_OUTLOOK
    ) or resolution is Resolution.RECREATE_IN_OUTLOOK
    is_customer = (pipeliner is not PipelinerState.DELETED and resolution is not Resolution.DELETE_IN_PIPELINER) or (
        resolution is Resolution.RECREATE_IN_PIPELINER
    )
    said = Said(
        "Abel",
        _outlook_says(outlook, pipeliner, sync_type, resolution) if in_folder else None,
        _pipeliner_says(outlook, pipeliner, sync_type, resolution) if is_customer else None,
    )
    is_born_in_outlook = sync_type is SyncType.TO_PIPELINER
    return Scenario(
        name=f"{sync_type}_{outlook}_{pipeliner}" + ("" if is_protected else "_unprotected"),
        before=() if is_born_in_outlook else IN_CRM_FIRST,
        between=IN_OUTLOOK_FIRST if is_born_in_outlook else (),
        acts=(*IN_OUTLOOK[outlook], *IN_PIPELINER[pipeliner]),
        outlook="Abel Baker" if in_folder else "Baker",
        customers="Abel Baker" if is_customer else "Baker",
        said=(said,),
        settings={"sync_type": sync_type, "delete_protection": is_protected},
    )


def _outlook_says(
    outlook: OutlookState, pipeliner: PipelinerState, sync_type: SyncType, resolution: Resolution
) -> tuple[str, str]:
    """Outlook has its own edit, and Pipeliner's where that travels."""
    is_told = pipeliner is PipelinerState.EDITED and sync_type is not SyncType.TO_PIPELINER
    phone = NEW_PHONE if outlook is OutlookState.EDITED and resolution is not Resolution.RECREATE_IN_OUTLOOK else OLD[0]
    return phone, NEW_CITY if is_told else OLD[1]


def _pipeliner_says(
    outlook: OutlookState, pipeliner: PipelinerState, sync_type: SyncType, resolution: Resolution
) -> tuple[str, str]:
    """Pipeliner has its own edit, and Outlook's where that travels, its link is not dormant and it is still theirs."""
    may_travel = sync_type is not SyncType.TO_OUTLOOK and pipeliner is not PipelinerState.LEFT_SCOPE
    is_told = outlook is OutlookState.EDITED and may_travel and resolution is not Resolution.DORMANT
    return NEW_PHONE if is_told else OLD[0], NEW_CITY if pipeliner is PipelinerState.EDITED else OLD[1]
