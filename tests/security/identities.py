"""Identities as App Service authentication hands them to the app, and requests of their holders."""

from __future__ import annotations

import base64
import json
from typing import Any

from sync_core.settings import HttpSignIn, SignIn
from sync_core.web.callers import PRINCIPAL_HEADER, Role

TENANT = "5f7e1c2a-0000-4000-8000-00000000beef"
OTHER_TENANT = "5f7e1c2a-0000-4000-8000-00000000dead"
ADA = "aaaaaaaa-0000-4000-8000-000000000001"
BEN = "bbbbbbbb-0000-4000-8000-000000000002"
ON = HttpSignIn(SignIn.ENTRA, is_platform_on=True)
OFF = HttpSignIn(SignIn.ENTRA, is_platform_on=False)
KEYS = HttpSignIn()

_CLAIMS = "http://schemas.microsoft.com/identity/claims/"


def claims(
    object_id: str = ADA, tenant: str = TENANT, upn: str = "", roles: tuple[str, ...] = (), acct: str = ""
) -> list[Any]:
    """Make the claims of one account, some under their long names, as the platform writes them."""
    found = [(f"{_CLAIMS}objectidentifier", object_id), (f"{_CLAIMS}tenantid", tenant), ("name", "Ada Example")]
    found += [("upn", upn)] if upn else []
    found += [("acct", acct)] if acct else []
    found += [("roles", role) for role in roles]
    return [{"typ": name, "val": value} for name, value in found]


def encoded(content: Any) -> str:
    """Write a principal as it stands in the header."""
    return base64.b64encode(json.dumps(content).encode()).decode()


def principal(*roles: Role | str, **more: str) -> str:
    """Make the header of an account with these roles."""
    given = claims(roles=tuple(str(role) for role in roles), **more)
    return encoded({"auth_typ": "aad", "claims": given, "name_typ": "name", "role_typ": "roles"})


def headers(*roles: Role | str, **more: str) -> dict[str, str]:
    """Make the headers of a request of an account with these roles."""
    return {PRINCIPAL_HEADER: principal(*roles, **more)}


def said(content: Any) -> str:
    """What a problem says, "" for an answer that is none."""
    return str(content.get("detail", ""))
