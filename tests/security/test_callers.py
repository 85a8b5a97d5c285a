from __future__ import annotations

import base64

import pytest

from sync_core.errors import NotAllowed, NotSignedIn, SignInOff
from sync_core.settings import HttpSignIn, SignIn, http_sign_in
from sync_core.web import auth_level
from sync_core.web.callers import KEY_HEADER, PRINCIPAL_HEADER, STRANGER, Caller, Role, caller_of
from tests.security.identities import ADA, BEN, KEYS, OFF, ON, OTHER_TENANT, TENANT, claims, encoded, headers, principal


def signed_in(header: str, tenant: str = TENANT) -> Caller:
    """Say who sends this header."""
    return caller_of(ON, tenant, {PRINCIPAL_HEADER: header}, {})


def aad(*given: object) -> str:
    """Write a principal of Entra with these claims."""
    return encoded({"auth_typ": "aad", "claims": list(given)})


MALFORMED = {
    "no base64": "@@@",
    "base64 with a line end": principal(Role.ADMINISTRATOR) + "\n",
    "no JSON": base64.b64encode(b"{").decode(),
    "no UTF-8": base64.b64encode(b'{"auth_typ":"\xff"}').decode(),
    "a list": encoded([]),
    "no claims": encoded({"auth_typ": "aad"}),
    "claims of another shape": encoded({"auth_typ": "aad", "claims": {"roles": "Sync.Administrator"}}),
    "a value that is a list": aad(*claims(), {"typ": "roles", "val": ["Sync.Administrator"]}),
    "a value that is a number": aad({"typ": "oid", "val": 1}),
    "another provider": encoded({"auth_typ": "google", "claims": claims(roles=("Sync.Administrator",))}),
    "no object id": aad({"typ": "tid", "val": TENANT}, {"typ": "roles", "val": "Sync.Administrator"}),
    "two object ids": aad(*claims(), {"typ": "oid", "val": BEN}),
    "two tenants": aad(*claims(), {"typ": "tid", "val": OTHER_TENANT}),
    "too many claims": aad(*claims(), *[{"typ": "x", "val": "y"}] * 1000),
    "too long": "A" * 65_540,
}


@pytest.mark.parametrize("name", MALFORMED)
def test_an_identity_that_cannot_be_read_is_none(name: str) -> None:
    """Whatever is odd about the header, nobody is signed in, and the answer repeats none of it."""
    with pytest.raises(NotSignedIn) as refused:
        signed_in(MALFORMED[name])
    assert len(str(refused.value)) < 100


def test_a_person_is_known_by_object_id_name_and_roles() -> None:
    """Roles of other apps are passed over, and the name of a claim may be long or short."""
    caller = signed_in(principal("Sync.User", "Other.Role", upn="ada@example.test"))
    assert (caller.object_id, caller.user_name) == (ADA, "ada@example.test")
    assert caller.roles == {Role.USER}
    assert not caller.is_administrator
    assert signed_in(aad(*claims(), {"typ": "oid", "val": ADA})).object_id == ADA


@pytest.mark.parametrize("role", ["sync.administrator", "Sync.Administrator ", "Sync", "administrator"])
def test_only_the_exact_role_counts(role: str) -> None:
    """A similar word gives nothing."""
    assert signed_in(principal(role)).roles == frozenset()


@pytest.mark.parametrize("claim", ["email", "preferred_username", "name", "emails"])
def test_what_people_may_write_themselves_is_no_name(claim: str) -> None:
    """An address that its owner, or another tenant, can set does not make anybody a mailbox's owner."""
    assert signed_in(aad(*claims(), {"typ": claim, "val": "ben@example.test"})).user_name == ""


def test_another_tenants_administrator_is_nobody_here() -> None:
    """Roles are given by the account's own tenant: another one's administrator could give them to himself."""
    with pytest.raises(NotAllowed, match="another Entra tenant"):
        signed_in(principal(Role.ADMINISTRATOR, tenant=OTHER_TENANT))
    with pytest.raises(NotAllowed):
        signed_in(principal(Role.ADMINISTRATOR), tenant="")
    with pytest.raises(NotAllowed):
        signed_in(principal(Role.ADMINISTRATOR, tenant=""), tenant="")


def test_without_identity_one_is_a_stranger() -> None:
    """A key does not help where sign-in is demanded."""
    assert caller_of(ON, TENANT, {KEY_HEADER: "some-key"}, {"code": "some-key"}) == STRANGER


def test_where_nothing_signs_in_nobody_is_believed() -> None:
    """With App Service authentication off the header could come from anybody."""
    with pytest.raises(SignInOff, match="App Service authentication is off: turn it on"):
        caller_of(OFF, TENANT, headers(Role.ADMINISTRATOR), {})


def test_with_keys_the_header_of_the_platform_means_nothing() -> None:
    """The host has checked the key; whoever holds it is an administrator, told apart from others without its text."""
    one, other = (caller_of(KEYS, "", {KEY_HEADER: key, **headers(Role.USER)}, {}) for key in ("key-1", "key-2"))
    assert one.is_administrator
    assert one.object_id == ""
    assert one.name != other.name
    assert "key-1" not in one.name
    assert caller_of(KEYS, "", {}, {"code": "key-1"}) == one


@pytest.mark.parametrize(
    ("wanted", "platform", "level"),
    [
        ("keys", "True", "FUNCTION"),
        ("", "", "FUNCTION"),
        ("Entra", "True", "FUNCTION"),
        ("entra ", "True", "FUNCTION"),
        ("entra", "", "FUNCTION"),
        ("entra", "False", "FUNCTION"),
        ("entra", "1", "FUNCTION"),
        ("entra", "True", "ANONYMOUS"),
        ("entra", "true", "ANONYMOUS"),
    ],
)
def test_functions_are_without_a_key_only_behind_the_platforms_sign_in(wanted: str, platform: str, level: str) -> None:
    """A misspelt setting, or sign-in that is not switched on, opens nothing."""
    assert auth_level(http_sign_in({"SYNC_SIGN_IN": wanted, "WEBSITE_AUTH_ENABLED": platform})) == level


def test_without_settings_keys_are_wanted() -> None:
    """The default of the environment is the one of the settings."""
    assert http_sign_in({}) == HttpSignIn(SignIn.KEYS, is_platform_on=False)
