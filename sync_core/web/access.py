"""Who may do what: administrators everything, users look after their own connection."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import assert_never

from sync_core.domain import is_same_address
from sync_core.errors import NotAllowed, NotFound, NotSignedIn
from sync_core.operations import Deployment
from sync_core.state import ConnectionRecord
from sync_core.web.callers import Caller, Role
from sync_core.web.exchange import Request

_OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NOT_YOURS = (
    "there is no such connection of yours: a user may look after the connection of the own mailbox only; "
    "ask an administrator (role Sync.Administrator) for anything else"
)


class Who(StrEnum):
    """Who may use an endpoint besides administrators, who may use all of them."""

    ADMINISTRATORS = "nobody else"
    AUDITORS = "auditors"
    ONESELF = "any user, for the own mailbox"
    OWN_CONNECTION = "the user whose mailbox the connection in the address syncs"
    OWN_STATUS = "the same user, and auditors"
    OWN_RUN = "the user whose connection's run is named in the address, and auditors"
    OWN_LIST = "any user, who sees the own connections only, and auditors"
    ANYBODY = "anybody, who learns only whether the app answers"


_AUDITED = frozenset({Who.AUDITORS, Who.OWN_STATUS, Who.OWN_RUN, Who.OWN_LIST})
"""What an auditor may use: the audit trail, runs and status of all connections, and no value of any contact."""


def owns(caller: Caller, record: ConnectionRecord) -> bool:
    """Whether a connection syncs the caller's own mailbox.

    The mailbox's id decides where it is an object id. An app whose Graph access is limited to contacts knows mailboxes
    by address only; then the sign-in name (UPN) decides, by ASCII case alone.
    """
    if _OBJECT_ID.fullmatch(record.mailbox_id):
        return is_same_address(caller.object_id, record.mailbox_id)
    return is_same_address(caller.user_name, record.mailbox)


def visible_to(caller: Caller, record: ConnectionRecord) -> bool:
    """Whether a caller may see that there is a connection, and how it stands."""
    sees_all = caller.is_administrator or Role.AUDITOR in caller.roles
    return sees_all or (Role.USER in caller.roles and owns(caller, record))


async def check_access(deployment: Deployment, who: Who, request: Request) -> None:
    """Let a caller pass to an endpoint that is for `who`, or raise NotSignedIn or NotAllowed."""
    caller = request.caller
    if who is Who.ANYBODY or caller.is_administrator:
        return
    if not caller.is_known:
        raise NotSignedIn("nobody is signed in: sign in with a work account of the company")
    if Role.AUDITOR in caller.roles and who in _AUDITED:
        return
    if not caller.roles:
        raise NotAllowed("the account has none of the app's roles: an administrator assigns Sync.User in Entra")
    if Role.USER not in caller.roles and who is not Who.ADMINISTRATORS:
        raise NotAllowed(
            "an auditor reads the audit trail, runs and status; anything else needs another role (Sync.User)"
        )
    match who:
        case Who.ADMINISTRATORS:
            raise NotAllowed("only an administrator may do this: it needs the role Sync.Administrator")
        case Who.AUDITORS:
            raise NotAllowed("only an auditor or an administrator may do this: it needs the role Sync.Auditor")
        case Who.OWN_LIST | Who.ONESELF:
            return
        case Who.OWN_CONNECTION | Who.OWN_STATUS:
            await _check_own(deployment, request, request.route.get("connection_id", ""))
        case Who.OWN_RUN:
            await _check_own(deployment, request, request.route.get("run_id", "").partition("-")[0])
        case _:
            assert_never(who)


async def _check_own(deployment: Deployment, request: Request, connection_id: str) -> None:
    """A connection that is not there and one that is another's get the same answer, so that no id can be probed."""
    try:
        is_own = owns(request.caller, await deployment.registry.get(connection_id))
    except (NotFound, ValueError):  # ValueError: too long to be any key
        is_own = False
    if not is_own:
        raise NotAllowed(_NOT_YOURS)
