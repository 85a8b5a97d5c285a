"""The recipes of CONTRIBUTING.md name few places, and none of them is forgotten: each list is derived from the code."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeGuard

import pytest

from sync_core.cli.commands import ALL
from sync_core.connection_settings import ConnectionSettings
from sync_core.domain import STANDARD_FIELDS, AttentionItem, Connection, Direction, Reason
from sync_core.errors import ConnectionBroken, SyncError
from sync_core.settings import _VARIABLES, AppSettings
from sync_core.web import ROUTES, api
from sync_core.web.routes import BY_NAME
from tests.documents import DOCS
from tests.settings_reference import origin_of

ROOT = DOCS.parent
BOUNDS = {
    "A field": 2,
    "A setting of a connection": 3,
    "A setting of the app": 5,
    "An endpoint": 5,
    "A command": 4,
    "A reason for an attention item": 6,
    "A reason for a pause": 6,
}
"""The most files that a person edits, by recipe; any other recipe names six at most."""


def text_of(*path: str) -> str:
    """A file of the repository."""
    return ROOT.joinpath(*path).read_text(encoding="utf-8")


def recipes() -> dict[str, list[str]]:
    """The recipes with their numbered places."""
    part = text_of("CONTRIBUTING.md").partition("## How to add …\n")[2].partition("\n## ")[0]
    pieces = re.split(r"^### (.+)$", part, flags=re.MULTILINE)[1:]
    return {
        title: [step.strip() for step in re.split(r"^\d+\. ", text, flags=re.MULTILINE)[1:]]
        for title, text in zip(pieces[::2], pieces[1::2], strict=True)
    }


@cache
def modules(folder: str = "sync_core") -> dict[str, ast.Module]:
    """Every module of a folder, by its path."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def attributes() -> tuple[ast.Attribute, ...]:
    """Every attribute of something that the product reads or writes."""
    nodes = (node for module in modules().values() for node in ast.walk(module))
    return tuple(node for node in nodes if isinstance(node, ast.Attribute))


def is_a_reason(node: ast.expr) -> TypeGuard[ast.Attribute]:
    """Whether an expression names a member of `Reason`."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Reason"


@cache
def names_read() -> frozenset[str]:
    """Names that are read as an attribute of something, from the environment, or by the host as a schedule."""
    read = {node.attr for node in attributes() if isinstance(node.ctx, ast.Load)}
    named = re.findall(r'source\.get\("(\w+)"', text_of("sync_core", "settings.py"))
    named += re.findall(r"%(\w+)%", text_of("function_app.py"))
    return frozenset(read | {name.lower() for name in named})


# The lists themselves


def test_a_recipe_names_few_places() -> None:
    """Each numbered step is one file, and there are no more of them than was promised."""
    found = recipes()
    assert set(BOUNDS) <= set(found)
    assert {title: len(steps) for title, steps in found.items() if len(steps) > BOUNDS.get(title, 6)} == {}
    assert all(steps for title, steps in found.items() if title != "A test")


def test_every_place_that_a_recipe_names_is_there() -> None:
    """A file that moved takes its name along."""
    steps = [step for places in recipes().values() for step in places]
    named = {path for step in steps for path in re.findall(r"`([\w./]+/[\w./]*)`", step)}
    assert len(named) > 15
    assert [path for path in named if not (ROOT / path).exists()] == []


# A field


def test_every_field_travels_in_a_scenario() -> None:
    """Each field that is synced is set on both sides by the scenario of all fields."""
    scenario = text_of("tests", "scenarios", "test_fields_travel.py")
    synced = [row for row in STANDARD_FIELDS if row.direction is not Direction.NONE]
    names = {row.name: (row.outlook, *row.pipeliner) for row in synced}
    missing = {
        name: [part for part in parts if part not in scenario and part.partition(".")[0] not in scenario]
        for name, parts in names.items()
    }
    assert {name: parts for name, parts in missing.items() if len(parts) == len(names[name])} == {}


# A setting


def test_every_setting_of_the_app_is_read() -> None:
    """By code of ours, or by the host as the schedule of a timer."""
    assert [name for name in AppSettings.model_fields if name not in names_read()] == []


def test_every_setting_of_a_connection_is_read() -> None:
    """Directly, or as the field of the same name that a run knows."""
    assert [name for name in ConnectionSettings.model_fields if name not in names_read()] == []


def test_a_setting_that_nobody_reads_is_found() -> None:
    """The check itself sees one."""
    assert "public_base_url" not in names_read()
    assert {"sync_sign_in", "sync_schedule", "graph_base_url"} <= names_read()


def test_every_setting_of_a_connection_is_bounded() -> None:
    """A number has a least and a text a shape; whatever else there is has a type that bounds it."""
    fields = ConnectionSettings.model_fields
    numbers = [name for name, item in fields.items() if item.annotation is int]
    texts = [name for name, item in fields.items() if item.annotation is str]
    assert [name for name in numbers if not any(hasattr(limit, "ge") for limit in fields[name].metadata)] == []
    assert [name for name in texts if not any(getattr(limit, "pattern", "") for limit in fields[name].metadata)] == []


def test_a_run_knows_a_setting_under_its_own_name() -> None:
    """A field of a run's connection is a setting of the same name, or one of these."""
    others = {"id", "user", "field_map", "limits"}
    assert {name for name in Connection.__dataclass_fields__ if name not in ConnectionSettings.model_fields} == others


def given_by_bicep() -> set[str]:
    """App settings that the template gives."""
    given = text_of("infra", "modules", "app.bicep").partition("name: 'appsettings'")[2].partition("\n}\n")[0]
    return set(re.findall(r"^    ([A-Z]\w+): ", given, re.MULTILINE))


def test_every_setting_of_the_app_is_given_by_the_template() -> None:
    """But for those that say that they are not set in Azure."""
    given = given_by_bicep()
    wanted = {variable: origin_of(name).where.startswith("not set") for name, variable in _VARIABLES.items()}
    assert [variable for variable, is_left_out in wanted.items() if (variable in given) is is_left_out] == []


def test_every_parameter_of_a_setting_reaches_the_app() -> None:
    """What an administrator chooses in infra/main.bicep is handed on to the module of the app."""
    handed_on = text_of("infra", "main.bicep").partition("module app ")[2].partition("\n}\n")[0]
    named = {
        one for name in AppSettings.model_fields for one in re.findall(r"parameter `(\w+)`", origin_of(name).where)
    }
    assert handed_on
    assert [one for one in sorted(named) if one not in handed_on] == []


# An endpoint


def endpoints() -> set[str]:
    """Functions of the API that answer a request."""
    found = inspect.getmembers(api, inspect.iscoroutinefunction)
    return {name for name, function in found if function.__module__ == api.__name__ and not name.startswith("_")}


def test_every_endpoint_has_its_row() -> None:
    """A handler without a route is unreachable, and a route has a summary and a way of its own."""
    others = {route.for_others.__name__ for route in ROUTES if route.for_others}
    assert endpoints() == set(BY_NAME) | others
    ways = {(route.method, route.path) for route in ROUTES}
    assert len(ways) == len(ROUTES)
    assert [route.name for route in ROUTES if not re.fullmatch(r"[A-Z].+\.", route.summary)] == []


def test_every_endpoint_is_asked_in_a_test() -> None:
    """By the name of its function, through the worker library or in this process."""
    folders = ("functions", "privacy", "security")
    files = [path for folder in folders for path in (ROOT / "tests" / folder).glob("test_*.py")]
    asked = "".join(path.read_text(encoding="utf-8") for path in files)
    assert [name for name in BY_NAME if not re.search(rf'call\("{name}"|api\.{name}\b', asked)] == []


def test_a_request_that_may_have_a_body_says_which() -> None:
    """For the documents, and for a description that programs read: every model that a handler reads is in its row."""
    source = {name: inspect.getsource(getattr(api, name)) for name in BY_NAME}
    with_body = {name for name, text in source.items() if "json_object(request" in text}
    assert with_body == {route.name for route in ROUTES if route.body is not None}
    wrong = [
        f"{route.name}: {parameter}"
        for route in ROUTES
        for parameter in re.findall(r'(?:request\.query\.get\(|_text\(request, )"(\w+)"', source[route.name])
        if parameter not in route.query
    ]
    assert wrong == []


# A command


def test_every_command_is_whole() -> None:
    """A name of its own, a summary, and what it does."""
    names = [name for command in ALL for name in (command.name, *command.aliases)]
    assert len(set(names)) == len(names)
    assert [command.name for command in ALL if not re.fullmatch(r"[A-Z].+\.", command.summary)] == []


def test_every_command_is_typed_in_a_test_and_described() -> None:
    """As a person types it."""
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    described = text_of("docs", "operations.md").casefold()
    assert [one.name for one in ALL if not re.search(rf'\.(?:run|start|refused|_?\w+)\([^)]*"{one.name}"', tests)] == []
    assert [one.name for one in ALL if one.name not in described] == []


# A reason


def said_by(module: ast.Module) -> Iterator[tuple[str, list[ast.expr]]]:
    """Reasons that a module writes out in a call, with the arguments of that call."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            for argument in arguments:
                if is_a_reason(argument):
                    yield argument.attr, arguments


def test_every_reason_is_found_somewhere() -> None:
    """A code that nothing gives is a heading that nobody needs."""
    used = {node.attr for node in attributes() if is_a_reason(node)}
    assert {reason.name for reason in Reason} - used == set()


def test_every_attention_item_says_what_is_wrong_and_what_to_do() -> None:
    """Message and remedy have no default, so that no reason comes without them."""
    required = [
        name for name, item in AttentionItem.__dataclass_fields__.items() if item.default is item.default_factory
    ]
    assert required == ["subject", "reason", "message", "remedy"]
    told = [arguments for module in modules().values() for _, arguments in said_by(module)]
    assert told
    assert [ast.unparse(text) for arguments in told for text in arguments if is_blank(text)] == []


def is_blank(text: ast.expr) -> bool:
    """Whether an argument is the empty text."""
    return isinstance(text, ast.Constant) and text.value == ""


def every_pause(kind: type[ConnectionBroken] = ConnectionBroken) -> Iterator[type[ConnectionBroken]]:
    """Errors that pause a connection."""
    for child in kind.__subclasses__():
        yield child
        yield from every_pause(child)


@pytest.mark.parametrize("kind", [*every_pause()], ids=lambda kind: kind.__name__)
def test_every_reason_for_a_pause_has_its_own_code_and_remedy(kind: type[ConnectionBroken]) -> None:
    """And is raised or made somewhere outside the tree."""
    assert kind.reason != ConnectionBroken.reason
    assert kind.remedy not in {"", SyncError.remedy, ConnectionBroken.remedy}
    assert kind.__name__ in names_used()


@cache
def names_used() -> frozenset[str]:
    """Names that modules use outside the tree of errors, to make one or to choose it."""
    used = (module for path, module in modules().items() if path != "sync_core/errors.py")
    return frozenset(node.id for module in used for node in ast.walk(module) if isinstance(node, ast.Name))


def test_a_folder_that_is_named_holds_tests() -> None:
    """The recipes point at folders whose tests are run."""
    assert all(list(Path(ROOT, "tests", name).glob("test_*.py")) for name in ("cli", "doctor", "scenarios"))
