"""The roles that Bicep gives the app's identity allow each call that is made, and no narrower ones would do."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from functools import cache
from itertools import combinations

import pytest
from azure.data.tables.aio import TableClient, TableServiceClient
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from tests.infra.access_table import (
    ACCOUNT,
    CALLS,
    OF_THE_HOST,
    ONLY_WHERE_NOTHING_IS_DEPLOYED,
    ROLE_RIGHTS,
    WITHOUT_A_REQUEST,
    Rights,
)
from tests.infra.deployed import ROOT, assignments

CLIENTS = (TableClient, TableServiceClient, QueueClient, QueueServiceClient)
METHODS = {name for client in CLIENTS for name in dir(client) if not name.startswith("_")}
LIBRARIES = {"azure.core", "azure.data.tables", "azure.functions", "azure.identity", "azure.storage.queue"}
NEEDS = {**CALLS, **OF_THE_HOST}


@cache
def sources() -> tuple[ast.Module, ...]:
    """Every module of the product."""
    paths = (ROOT / "function_app.py", *sorted((ROOT / "sync_core").rglob("*.py")))
    return tuple(ast.parse(path.read_text(encoding="utf-8")) for path in paths)


@cache
def azure_imports(tree: ast.Module) -> frozenset[str]:
    """The packages of Azure's SDK that a module imports."""
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return frozenset(name for name in names if name == "azure" or name.startswith("azure."))


def storage_calls() -> set[str]:
    """The methods of storage clients that the code calls, and the operations of its transactions."""
    found: set[str] = set()
    for tree in sources():
        if not any(name.startswith(("azure.data", "azure.storage")) for name in azure_imports(tree)):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
                found.add(node.func.attr)
            elif isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "TransactionOperation":
                found.add(f"TransactionOperation.{node.attr}")
    return found


def is_enough(needed: Collection[Rights], roles: Iterable[str]) -> bool:
    """Whether roles together allow everything that is needed."""
    allowed = frozenset[str]().union(*(ROLE_RIGHTS[role][1] for role in roles))
    return all(rights & allowed for rights in needed)


def given() -> dict[str, set[str]]:
    """The roles of the app's identity, by the type of what they hold for."""
    roles: dict[str, set[str]] = {}
    for assignment in assignments():
        roles.setdefault(assignment.scope, set()).add(assignment.role)
    return roles


def needed_for(kind: str) -> list[Rights]:
    """The rights that the code and the host need for one type of resource."""
    return [rights for scope, rights in NEEDS.values() if scope == kind]


def test_every_storage_call_is_in_the_table() -> None:
    """A new call fails here until its right is written down; one that is gone, until its row is."""
    assert storage_calls() == CALLS.keys() | ONLY_WHERE_NOTHING_IS_DEPLOYED.keys() | WITHOUT_A_REQUEST.keys()


def test_no_other_service_of_azure_is_called() -> None:
    """Another client library would need rows of its own."""
    used = {name for tree in sources() for name in azure_imports(tree)}
    assert [name for name in sorted(used) if not any(f"{name}.".startswith(f"{known}.") for known in LIBRARIES)] == []


@pytest.mark.parametrize("need", NEEDS)
def test_a_granted_role_allows_it(need: str) -> None:
    """Each call of the code and each action of the host."""
    scope, rights = NEEDS[need]
    assert is_enough([rights], given().get(scope, ()))


@pytest.mark.parametrize("scope", sorted({scope for scope, _ in NEEDS.values()}))
def test_no_narrower_roles_would_do(scope: str) -> None:
    """No choice of other roles allows all that is needed and less besides, and no role is given in vain."""
    roles, needed = given()[scope], needed_for(scope)
    known = [role for role, (kind, _) in ROLE_RIGHTS.items() if kind == scope]
    enough = [set(some) for size in (1, 2, 3) for some in combinations(known, size) if is_enough(needed, some)]
    allowed = {frozenset(some): _allowed(some) for some in enough}
    assert roles in enough
    assert [some for some, rights in allowed.items() if rights < _allowed(roles)] == []


def _allowed(roles: Iterable[str]) -> Rights:
    return frozenset[str]().union(*(ROLE_RIGHTS[role][1] for role in roles))


def test_every_role_holds_for_the_narrowest_thing() -> None:
    """Tables and queues each for themselves; the account only for the containers that the host makes."""
    for assignment in assignments():
        assert assignment.scope == ROLE_RIGHTS[assignment.role][0]
    assert given()[ACCOUNT] == {"Storage Blob Data Owner"}


def test_a_role_too_many_is_noticed() -> None:
    """A reader beside a contributor adds nothing; the comparison of rights would show a wider role as well."""
    contributor, reader = "Storage Table Data Contributor", "Storage Table Data Reader"
    needed = needed_for(ROLE_RIGHTS[contributor][0])
    assert is_enough(needed, [contributor])
    assert not is_enough(needed, [reader])
