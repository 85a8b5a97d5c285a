"""Whether settings fit the space: its custom fields, the defaults of its required fields, the key field."""

from __future__ import annotations

from sync_core.connection_settings import ConnectionSettings
from sync_core.domain import CUSTOM_OUTLOOK_PROPERTIES, CUSTOM_TYPES
from sync_core.errors import InvalidRequest
from sync_core.operations.ports import Deployment


async def check_fields(deployment: Deployment, settings: ConnectionSettings) -> None:
    """Check custom fields, defaults and the key field against the space; raises InvalidRequest with every fault."""
    if not (settings.custom_fields or settings.required_defaults or settings.key_field):
        return
    types = await deployment.pipeliner.field_types()
    faults = []
    for custom in settings.custom_fields:
        allowed = CUSTOM_TYPES[CUSTOM_OUTLOOK_PROPERTIES[custom.outlook]]
        if custom.pipeliner not in types:
            faults.append(f"settings.custom_fields: the space has no contact field {custom.pipeliner}")
        elif types[custom.pipeliner] not in allowed:
            faults.append(
                f"settings.custom_fields: {custom.pipeliner} is of type {types[custom.pipeliner]}, but "
                f"{custom.outlook} needs one of {', '.join(sorted(allowed))}"
            )
    faults.extend(
        f"settings.required_defaults: the space has no contact field {name}"
        for name in settings.required_defaults
        if name not in types
    )
    if settings.key_field and types.get(settings.key_field) != "input":
        faults.append(f"settings.key_field: the space has no contact field {settings.key_field} of type input")
    if faults:
        raise InvalidRequest(faults)
