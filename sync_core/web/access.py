"""Which endpoint is for whom: administrators may do everything, users look after their own connection.

An endpoint without a rule is for nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from sync_core.errors import NotFound
from sync_core.operations.ports import Operator
from sync_core.state.registry import ConnectionRecord
from sync_core.web.callers import Caller, NotAllowed, NotSignedIn, Role
from sync_core.web.exchange import Request

_OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NOT_YOURS = (
    "there is no such connection of yours: a user may look after the connection of the own mailbox only; "
    "ask an administrator (role Sync.Administrator) for anything else"
)


class Rule(StrEnum):
    """Who may use an endpoint besides administrators."""

    NOBODY_ELSE = "nobody else"
    OWN_CONNECTION = "the user whose mailbox the connection in the address syncs"
    OWN_RUN = "the user whose connection's run is named in the address"
    OWN_LIST = "any user, who sees the own connections only"
    PROBE = "anybody, who learns only whether the app answers"


RULES: Mapping[str, Rule] = {
    "connect": Rule.NOBODY_ELSE,
    "list_connections": Rule.OWN_LIST,
    "read_connection": Rule.OWN_CONNECTION,
    "change_connection": Rule.OWN_CONNECTION,
    "disconnect": Rule.NOBODY_ELSE,
    "request_sync": Rule.OWN_CONNECTION,
    "approve_removals": Rule.OWN_CONNECTION,
    "retry_set_aside": Rule.OWN_CONNECTION,
    "read_history": Rule.OWN_CONNECTION,
    "read_attention": Rule.OWN_CONNECTION,
    "read_run": Rule.OWN_RUN,
    "read_health": Rule.PROBE,
    "purge": Rule.NOBODY_ELSE,
}
"""By the name of the endpoint's function. Of a connection users change the status, administrators the settings too."""


def owns(caller: Caller, record: ConnectionRecord) -> bool:
    """Whether a connection syncs the caller's own mailbox.

    The mailbox's id decides where it is an object id. An app whose Graph access is limited to contacts knows mailboxes
    by address only; then the sign-in name (UPN) decides.
    """
    if _OBJECT_ID.fullmatch(record.mailbox_id):
        return caller.object_id.casefold() == record.mailbox_id.casefold()
    return bool(caller.user_name) and caller.user_name.casefold() == record.mailbox.casefold()


def visible_to(caller: Caller, record: ConnectionRecord) -> bool:
    """Whether a caller may see a connection."""
    return caller.is_administrator or (Role.USER in caller.roles and owns(caller, record))


def check_settings_change(caller: Caller) -> None:
    """Raise NotAllowed for a user: settings decide what is read, and how much may be deleted unasked."""
    if not caller.is_administrator:
        raise NotAllowed("a user may pause and resume; settings are changed by an administrator (Sync.Administrator)")


async def check_access(operator: Operator, endpoint: str, request: Request) -> None:
    """Let a caller pass to an endpoint, or raise NotSignedIn or NotAllowed."""
    caller, rule = request.caller, RULES.get(endpoint)
    if rule is None:
        raise NotAllowed("this address is for nobody: the app has no access rule for it")
    if rule is Rule.PROBE or caller.is_administrator:
        return
    if not caller.is_known:
        raise NotSignedIn("nobody is signed in: sign in with a work account of the company")
    if Role.USER not in caller.roles:
        raise NotAllowed("the account has none of the app's roles: an administrator assigns Sync.User in Entra")
    if rule is Rule.NOBODY_ELSE:
        raise NotAllowed("only an administrator may do this: it needs the role Sync.Administrator")
    if rule in {Rule.OWN_CONNECTION, Rule.OWN_RUN} and not await _is_own(operator, rule, request):
        raise NotAllowed(_NOT_YOURS)


async def _is_own(operator: Operator, rule: Rule, request: Request) -> bool:
    """A connection that is not there and one that is another's get the same answer, so that no id can be probed."""
    named = request.route.get("connection_id", "")
    if rule is Rule.OWN_RUN:
        named = request.route.get("run_id", "").partition("-")[0]
    try:
        return visible_to(request.caller, await operator.registry.get(named))
    except (NotFound, ValueError):  # ValueError: too long to be any key
        return False
