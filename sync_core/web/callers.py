"""Who calls: the holder of a function key, or a person whom App Service authentication has signed in.

With Entra sign-in the platform puts the identity into the header X-MS-CLIENT-PRINCIPAL, and takes that header out of
every request from outside (Microsoft Learn: Work with user identities in Azure App Service authentication).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sync_core.domain import address_key, is_same_address
from sync_core.errors import NotAllowed, NotSignedIn, SignInOff
from sync_core.settings import HttpSignIn, SignIn
from sync_core.state import Actor, Origin

PRINCIPAL_HEADER = "x-ms-client-principal"
KEY_HEADER, KEY_PARAMETER = "x-functions-key", "code"
MAX_PRINCIPAL_CHARACTERS = 64 * 1024

_CLAIMS = "http://schemas.microsoft.com/identity/claims/"
_SOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_OBJECT_ID = frozenset({"oid", f"{_CLAIMS}objectidentifier"})
_TENANT_ID = frozenset({"tid", f"{_CLAIMS}tenantid"})
# Not e-mail nor preferred_username: those can be what their owner, or another tenant, says they are.
_USER_NAME = frozenset({"upn", f"{_SOAP}upn"})
_ACCOUNT = frozenset({"acct"})
_GUEST = "1"
_GUEST_NAME = "#ext#"
"""In the sign-in name of a guest, who has the tenant's own id in the claim of the tenant."""
_ROLE = frozenset({"roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"})


class Role(StrEnum):
    """The app roles that a person or program can be given in Entra."""

    ADMINISTRATOR = "Sync.Administrator"
    USER = "Sync.User"
    AUDITOR = "Sync.Auditor"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request. `name` tells callers apart for the rate limit; it is never shown or logged."""

    name: str
    roles: frozenset[Role] = frozenset()
    object_id: str = ""
    user_name: str = ""

    @property
    def is_administrator(self) -> bool:
        """Whether everything is allowed."""
        return Role.ADMINISTRATOR in self.roles

    @property
    def actor(self) -> Actor:
        """Who is written down as having done something."""
        return Actor(self.ruler if self.is_known else self.name, Origin.HTTP, self.is_administrator)

    @property
    def ruler(self) -> str:
        """Who is written down as having decided something: the person's object id, or that a key was used."""
        return self.object_id or "function key"

    @property
    def is_known(self) -> bool:
        """Whether somebody is signed in."""
        return self != STRANGER


STRANGER = Caller("stranger")
"""Whoever is not signed in; all of them share one rate limit."""


class _Claim(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    typ: Annotated[str, Field(min_length=1, max_length=500)]
    val: Annotated[str, Field(max_length=10_000)]


class _Principal(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    auth_typ: str
    claims: Annotated[list[_Claim], Field(max_length=1000)]


def caller_of(sign_in: HttpSignIn, tenant_id: str, headers: Mapping[str, str], query: Mapping[str, str]) -> Caller:
    """Return who calls; header names in lower case.

    Raises SignInOff, NotSignedIn for an identity that cannot be read, NotAllowed for one of another tenant.
    """
    if sign_in.wanted is SignIn.KEYS:
        # The host has checked the key before the request came here; whoever holds one may do everything.
        key = checked_key(headers, query)
        return Caller(f"key:{hashlib.sha256(key.encode()).hexdigest()}", frozenset({Role.ADMINISTRATOR}))
    check_platform(sign_in)
    given = headers.get(PRINCIPAL_HEADER, "")
    return _signed_in(_principal(given), tenant_id) if given else STRANGER


def checked_key(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """Return the key that the host checked, "" for none: the header before the parameter, of several the first.

    The host joins with commas what was sent more than once, and its own keys hold none; it asks for the parameter
    whatever its case.
    """
    parameters = (value for name, value in query.items() if name.casefold() == KEY_PARAMETER)
    given = headers.get(KEY_HEADER) or next(parameters, "")
    return given.partition(",")[0].strip()


def check_platform(sign_in: HttpSignIn) -> None:
    """Raise SignInOff when sign-in is demanded and App Service authentication is off: anybody could claim anything."""
    if sign_in.wanted is SignIn.ENTRA and not sign_in.is_platform_on:
        raise SignInOff(
            "SYNC_SIGN_IN is entra, but App Service authentication is off: turn it on for this app (Settings > "
            "Authentication), or set SYNC_SIGN_IN to keys; until then every request is refused"
        )


def auth_level(sign_in: HttpSignIn) -> str:
    """Return the level of the HTTP functions: without a key only behind App Service authentication."""
    is_open = sign_in.wanted is SignIn.ENTRA and sign_in.is_platform_on
    return "ANONYMOUS" if is_open else "FUNCTION"


def _principal(given: str) -> _Principal:
    if len(given) > MAX_PRINCIPAL_CHARACTERS:
        raise NotSignedIn("the platform's identity header is too long to be one; sign in again")
    try:
        return _Principal.model_validate_json(base64.b64decode(given, validate=True))
    except (binascii.Error, ValidationError, ValueError):
        raise NotSignedIn("the platform's identity header cannot be read; sign in again") from None


def _signed_in(principal: _Principal, tenant_id: str) -> Caller:
    object_id, tenant = _only(principal, _OBJECT_ID), _only(principal, _TENANT_ID)
    if principal.auth_typ != "aad" or not object_id:
        raise NotSignedIn("the identity is none of Microsoft Entra; sign in with a work account")
    if not is_same_address(tenant, tenant_id):
        raise NotAllowed("the account belongs to another Entra tenant than this app; sign in with the company's own")
    user_name = _only(principal, _USER_NAME)
    if _only(principal, _ACCOUNT) == _GUEST or _GUEST_NAME in user_name.casefold():
        raise NotAllowed("the account is a guest in the company's Entra tenant; sign in with an account of its own")
    given = {claim.val for claim in principal.claims if claim.typ in _ROLE}
    roles = frozenset(role for role in Role if role.value in given)
    return Caller(f"person:{address_key(object_id)}", roles, object_id, user_name)


def _only(principal: _Principal, names: frozenset[str]) -> str:
    """Return the value of a claim that may go by several names, or "". Raises NotSignedIn for two values."""
    values = {claim.val for claim in principal.claims if claim.typ in names}
    if len(values) > 1:
        raise NotSignedIn("the identity contradicts itself; sign in again")
    return next(iter(values), "")
