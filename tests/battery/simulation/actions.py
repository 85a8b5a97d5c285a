"""What people do to contacts on both sides, by name; an action whose contact is not there does nothing."""

from __future__ import annotations

from collections.abc import Callable

from emulators.graph import GraphError
from emulators.pipeliner.errors import ApiError
from tests.battery.simulation.actions_in_pipeliner import (
    archive,
    hide,
    link_account,
    merge,
    reassign,
    rename_account,
    share,
    unshare,
)
from tests.battery.simulation.actions_of_contacts import (
    copy,
    delete,
    migrate,
    move_away,
    move_back,
    restore,
    type_again,
    type_over,
)
from tests.battery.simulation.actions_of_rights import deactivate, give_role, move_unit, transfer, watch
from tests.battery.simulation.actions_of_values import (
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
Action = Callable[[Office, Json], None]


def act(office: Office, action: str, given: Json) -> None:
    """Do a person's action; what a service refuses them, or what is not there, does not happen."""
    office.chronicle.canaries.update(_secrets(given))
    try:
        ACTIONS[action](office, given)
    except (ApiError, GraphError, KeyError):
        office.chronicle.actions[f"{action} refused"] += 1


def _secrets(given: Json) -> list[str]:
    """What a person writes: none of it may ever be told in a log line."""
    values = [given.get("value", ""), *given.get("values", {}).values()]
    texts = [text for value in values for text in ([value] if isinstance(value, str) else value)]
    return [text.strip().casefold() for text in texts if len(text.strip()) >= SHORTEST_SECRET]


ACTIONS: dict[str, Action] = {
    action.__name__: action
    for action in (
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
        type_again,
        migrate,
        type_over,
        merge,
        reassign,
        share,
        unshare,
        archive,
        hide,
        link_account,
        rename_account,
        watch,
        move_unit,
        transfer,
        deactivate,
        give_role,
    )
}
