"""What people do to contacts on both sides, by the name of the deed; a deed whose contact is not there is nothing."""

from __future__ import annotations

from collections.abc import Callable

from emulators.graph import GraphError
from emulators.pipeliner.errors import ApiError
from tests.battery.simulation.deeds_in_pipeliner import (
    archive,
    hide,
    link_account,
    merge,
    reassign,
    rename_account,
    share,
    unshare,
)
from tests.battery.simulation.deeds_of_contacts import (
    copy,
    delete,
    move_away,
    move_back,
    restore,
)
from tests.battery.simulation.deeds_of_values import (
    add_entry,
    copy_field,
    create,
    drop_entry,
    edit,
)
from tests.battery.simulation.office import Office
from tests.battery.simulation.story import Json

SHORTEST_SECRET = 4
"""Characters; shorter values may stand in an id by chance."""
Deed = Callable[[Office, Json], None]


def act(office: Office, deed: str, given: Json) -> None:
    """Do a person's deed; what a service refuses him, or what is not there, does not happen."""
    office.chronicle.canaries.update(_secrets(given))
    try:
        DEEDS[deed](office, given)
    except (ApiError, GraphError, KeyError):
        office.chronicle.deeds[f"{deed} refused"] += 1


def _secrets(given: Json) -> list[str]:
    """What a person writes: none of it may ever be told in a log line."""
    values = [given.get("value", ""), *given.get("values", {}).values()]
    texts = [text for value in values for text in ([value] if isinstance(value, str) else value)]
    return [text.strip().casefold() for text in texts if len(text.strip()) >= SHORTEST_SECRET]


DEEDS: dict[str, Deed] = {
    deed.__name__: deed
    for deed in (
        create,
        edit,
        add_entry,
        drop_entry,
        copy_field,
        delete,
        restore,
        move_away,
        move_back,
        copy,
        merge,
        reassign,
        share,
        unshare,
        archive,
        hide,
        link_account,
        rename_account,
    )
}
