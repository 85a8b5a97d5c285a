"""Scenarios: every situation of the truth table, in each direction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sync_core.domain.lifecycle import Fate, OutlookState, PipelinerState, decide, situations
from sync_core.domain.rules import SyncType
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
_IN_FOLDER = frozenset({OutlookState.UNCHANGED, OutlookState.EDITED})
_LEAVES_OUTLOOK = frozenset({Fate.DELETE_IN_OUTLOOK, Fate.REMOVE_FROM_OUTLOOK, Fate.SEND_THEN_REMOVE})


def truth_rows() -> Iterator[Scenario]:
    """Give one scenario for every situation; without protection only where that decides."""
    for outlook, pipeliner, sync_type, is_protected in situations():
        fate = decide(outlook, pipeliner, sync_type, delete_protection=is_protected).fate
        other = decide(outlook, pipeliner, sync_type, delete_protection=not is_protected).fate
        if is_protected or fate is not other:
            yield _scenario(outlook, pipeliner, sync_type, is_protected, fate)


def _scenario(
    outlook: OutlookState, pipeliner: PipelinerState, sync_type: SyncType, is_protected: bool, fate: Fate
) -> Scenario:
    in_folder = (outlook in _IN_FOLDER and fate not in _LEAVES_OUTLOOK) or fate is Fate.RECREATE_IN_OUTLOOK
    is_customer = (pipeliner is not PipelinerState.DELETED and fate is not Fate.DELETE_IN_PIPELINER) or (
        fate is Fate.RECREATE_IN_PIPELINER
    )
    said = Said(
        "Abel",
        _outlook_says(outlook, pipeliner, sync_type, fate) if in_folder else None,
        _pipeliner_says(outlook, pipeliner, sync_type, fate) if is_customer else None,
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


def _outlook_says(outlook: OutlookState, pipeliner: PipelinerState, sync_type: SyncType, fate: Fate) -> tuple[str, str]:
    """Outlook has its own edit, and Pipeliner's where that travels."""
    is_told = pipeliner is PipelinerState.EDITED and sync_type is not SyncType.TO_PIPELINER
    phone = NEW_PHONE if outlook is OutlookState.EDITED and fate is not Fate.RECREATE_IN_OUTLOOK else OLD[0]
    return phone, NEW_CITY if is_told else OLD[1]


def _pipeliner_says(
    outlook: OutlookState, pipeliner: PipelinerState, sync_type: SyncType, fate: Fate
) -> tuple[str, str]:
    """Pipeliner has its own edit, and Outlook's where that travels and its link does not rest."""
    is_told = outlook is OutlookState.EDITED and sync_type is not SyncType.TO_OUTLOOK and fate is not Fate.REST
    return NEW_PHONE if is_told else OLD[0], NEW_CITY if pipeliner is PipelinerState.EDITED else OLD[1]
