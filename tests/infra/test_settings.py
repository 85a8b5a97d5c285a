"""The settings that the code reads, those that Bicep sets and those of the example file are the same ones."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from sync_core import settings
from sync_core.queues import POISON_QUEUE, RUNS_QUEUE
from sync_core.storage import Table
from tests.infra.deployed import ROOT, app_settings, literals_reaching, names_of

FROM_AZURE = {
    "WEBSITE_AUTH_ENABLED": "App Service sets it where its authentication is on",
}
"""Read by the code and set by nobody of ours."""

NOT_IN_AZURE = {
    "AzureWebJobsStorage": "a connection string; the account takes no keys",
    "AzureWebJobsStorage__accountName": "the addresses of the services stand instead, in any cloud",
    "SYNC_STATE": "a connection string or a file; SYNC_STATE__tableServiceUri stands instead",
    "FUNCTIONS_WORKER_RUNTIME": "Flex Consumption takes the runtime from functionAppConfig and refuses the setting",
}
"""In the example file, and not in Bicep."""

OF_HOST_AND_SDK = {
    "AzureWebJobsStorage__blobServiceUri": "the host's leases, timers and keys",
    "AzureWebJobsStorage__clientId": "which identity the host signs in with",
    "AzureWebJobsStorage__credential": "that the host signs in with an identity",
    "AZURE_CLIENT_ID": "which identity azure-identity signs in with",
}
"""In Bicep, read by the Functions host or a library, and without a meaning on a laptop."""

REFUSED_BY_FLEX = {
    "FUNCTIONS_EXTENSION_VERSION",
    "FUNCTIONS_WORKER_RUNTIME",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "WEBSITE_CONTENTSHARE",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_TIME_ZONE",
}

READ_FOR_THE_SDK = {
    "AZURE_AUTHORITY_HOST": "optional; without it the authority follows from GRAPH_BASE_URL",
    "AZURE_CLIENT_ID": "in Bicep: the identity of the app",
}
"""Variables of azure-identity that sync_core/outlook/credentials.py looks at to choose a credential."""

READERS = {"settings.py", "outlook/credentials.py", "cli/main.py", "doctor/examination.py"}
"""Modules that touch the environment: the table, the choice of a credential, and two that hand it on as a whole."""

_ENVIRONMENTS = {"environ", "environment", "source"}
_BOUNDS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def example() -> dict[str, str]:
    """The values of the example file."""
    return dict(json.loads((ROOT / "local.settings.example.json").read_text(encoding="utf-8"))["Values"])


def bindings() -> list[Mapping[str, Any]]:
    """Every binding of every function, as the worker library told them."""
    told = json.loads((ROOT / "tests/functions/bindings.json").read_text(encoding="utf-8"))
    return [binding for function in told.values() for binding in function]


def read_by_name() -> set[str]:
    """Names written out where code of ours reads the environment."""
    names: set[str] = set()
    for path in sorted((ROOT / "sync_core").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            key = _key_read(node)
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                names.add(key.value)
    return names


def _key_read(node: ast.AST) -> ast.expr | None:
    if isinstance(node, ast.Subscript):
        return node.slice if _ends_in(node.value) in _ENVIRONMENTS else None
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.func, ast.Attribute):
        return None
    from_mapping = node.func.attr == "get" and _ends_in(node.func.value) in _ENVIRONMENTS
    return node.args[0] if from_mapping or node.func.attr == "getenv" else None


def _ends_in(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


OWN = set(settings._VARIABLES.values())
PLATFORM = set(settings.PLATFORM_SETTINGS)


def test_the_environment_is_read_through_the_table_of_settings() -> None:
    """No module reads a variable that the table does not have, but those of Azure and of its library."""
    assert read_by_name() - OWN - PLATFORM == FROM_AZURE.keys() | READ_FOR_THE_SDK.keys()


def test_few_modules_touch_the_environment() -> None:
    """A new one fails here, so that no setting is read past the table."""
    touching = {
        path.relative_to(ROOT / "sync_core").as_posix()
        for path in (ROOT / "sync_core").rglob("*.py")
        if re.search(r"\b(environ|getenv)\b", path.read_text(encoding="utf-8"))
    }
    assert touching == READERS


def test_bicep_sets_what_is_read_and_nothing_else() -> None:
    """Under the same names, but for those that have a reason to be missing in Azure."""
    wanted, found = ((OWN | PLATFORM) - set(NOT_IN_AZURE)) | set(OF_HOST_AND_SDK), set(app_settings())
    assert {"missing": wanted - found, "not read": found - wanted} == {"missing": set(), "not read": set()}


def test_the_example_file_has_what_is_read_and_nothing_else() -> None:
    """A laptop's settings are the same ones."""
    wanted, found = OWN | PLATFORM, set(example())
    assert {"missing": wanted - found, "not read": found - wanted} == {"missing": set(), "not read": set()}


def test_the_same_libraries_are_not_traced_in_azure_and_on_a_laptop() -> None:
    """A library that only one of the two lists names would tell addresses with values in them from the other."""
    name = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
    (deployed,) = literals_reaching(*app_settings()[name])

    assert deployed == example()[name]
    assert {"requests", "httpx", "urllib3"} <= set(deployed.split(","))


def test_no_setting_is_one_that_flex_consumption_refuses() -> None:
    """Runtime and deployment stand in functionAppConfig; with such a setting the app does not start."""
    assert REFUSED_BY_FLEX & set(app_settings()) == set()


def test_every_binding_finds_its_setting() -> None:
    """`connection=` and `%SETTING%` name app settings; a connection may be given by the address of the service."""
    found = set(app_settings())
    for binding in bindings():
        for name in re.findall(r"%(\w+)%", json.dumps(binding)):
            assert name in found & set(example())
        connection = binding.get("connection")
        if connection is not None:
            assert {connection, f"{connection}__queueServiceUri"} & found
            assert connection in example()


def test_every_queue_and_its_poison_queue_is_deployed() -> None:
    """Those that functions listen to and that the code writes; a function on a poison queue has one too."""
    listened = {binding["queueName"] for binding in bindings() if "queueName" in binding}
    assert {RUNS_QUEUE, POISON_QUEUE} <= listened
    wanted = listened | {f"{name}-poison" for name in listened}
    assert names_of("Microsoft.Storage/storageAccounts/queueServices/queues") == wanted


def test_every_table_is_deployed_and_no_other() -> None:
    """The identity needs no right to make tables, so each must be there."""
    assert names_of("Microsoft.Storage/storageAccounts/tableServices/tables") == {table.value for table in Table}


def test_names_of_queues_and_tables_are_legal() -> None:
    """The rules of Azure Storage: lower case with single hyphens, letters and digits."""
    for name in names_of("Microsoft.Storage/storageAccounts/queueServices/queues"):
        assert re.fullmatch(r"[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]", name)
    for table in names_of("Microsoft.Storage/storageAccounts/tableServices/tables"):
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,62}", table)


def is_cron(text: str) -> bool:
    """Whether a text is an NCRONTAB expression of six fields within their bounds."""
    fields = text.split()
    return len(fields) == len(_BOUNDS) and all(map(_is_field, fields, _BOUNDS))


def _is_field(field: str, bounds: tuple[int, int]) -> bool:
    least, most = bounds
    parts = [re.fullmatch(r"(?:\*|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?", part) for part in field.split(",")]
    return all(part and all(least <= int(n) <= most for n in part.groups()[:2] if n is not None) for part in parts)


def test_every_schedule_has_six_fields() -> None:
    """In Bicep's defaults, in the parameter files and in the example file; seconds come first."""
    names = [name for binding in bindings() for name in re.findall(r"%(\w+)%", binding.get("schedule", ""))]
    assert names
    for name in names:
        written = literals_reaching(*app_settings()[name])
        assert written
        assert [text for text in (*written, example()[name]) if not is_cron(text)] == []


@pytest.mark.parametrize("text", ["*/5 * * * *", "0 */5 * * *", "0 60 * * * *", "0 */0 * * * *", "0 0 2 * * * *", ""])
def test_a_schedule_that_the_host_refuses_is_noticed(text: str) -> None:
    """Five fields, seven, and numbers out of bounds."""
    assert not is_cron(text)
