"""Microsoft's catalogue of resource types, as the tool `azmcp` of the npm package @azure/mcp-linux-x64 tells it.

The tool is asked once for all types that a cache under node_modules does not hold yet; nothing is sent anywhere.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[3] / "node_modules/@azure/mcp-linux-x64"
_SERVER = ("server", "start", "--mode", "all", "--namespace", "bicepschema")


@dataclass(frozen=True, slots=True)
class Member:
    """A property of a type; `type` is as the catalogue words it, such as `Hot | Cool | string`."""

    name: str
    type: str
    flags: frozenset[str]
    limits: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object: its members by name, and the type of all others where there may be any."""

    members: Mapping[str, Member]
    others: str | None = None


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One resource type in one API version.

    `variants` are the possible bodies: one, or several told apart by their literal values (such as by their name).
    """

    name: str
    version: str
    scopes: str
    variants: tuple[ObjectType, ...]
    objects: Mapping[str, ObjectType] = field(repr=False)
    choices: Mapping[str, tuple[ObjectType, ...]] = field(repr=False)

    def knows(self, name: str) -> bool:
        """Whether a type of that name is described."""
        return name in self.objects or name in self.choices


class Catalogue:
    """Resource types by name, from the cache of this package's version or from the tool."""

    def __init__(self, package: Path = PACKAGE) -> None:
        self._tool = package / "dist/azmcp"
        version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
        self._cache = package.parents[1] / ".cache" / f"azure-types-{version}"
        self._read: dict[str, ResourceType | None] = {}

    def learn(self, names: Collection[str]) -> None:
        """Fetch what the cache lacks of these types. Raises OSError or ValueError where the tool cannot answer."""
        missing = sorted(name for name in set(names) if not self._file(name).is_file())
        if not missing:
            return
        self._cache.mkdir(parents=True, exist_ok=True)
        for name, answer in zip(missing, _ask(self._tool, missing), strict=True):
            part = self._file(name).with_suffix(f".{os.getpid()}")
            part.write_text(json.dumps(answer), encoding="utf-8")
            part.replace(self._file(name))

    def find(self, name: str) -> ResourceType | None:
        """A resource type; None where the catalogue does not have it."""
        if name not in self._read:
            self.learn([name])
            answer = json.loads(self._file(name).read_text(encoding="utf-8"))
            self._read[name] = _resource_type(answer) if answer else None
        return self._read[name]

    def _file(self, name: str) -> Path:
        return self._cache / (name.lower().replace("/", "_") + ".json")


def _ask(tool: Path, names: Sequence[str]) -> list[list[dict[str, Any]]]:
    """Ask the tool over its standard input (JSON-RPC, one message a line); an empty answer for an unknown type."""
    environ = {**os.environ, "AZURE_MCP_COLLECT_TELEMETRY": "false"}
    hello = {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "bicep-lint", "version": "1"}}
    with subprocess.Popen(
        [tool, *_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ
    ) as process:

        def call(number: int, method: str, params: object) -> dict[str, Any]:
            _send(process, {"jsonrpc": "2.0", "id": number, "method": method, "params": params})
            line = process.stdout.readline() if process.stdout else b""
            return dict(json.loads(line)["result"])

        call(0, "initialize", hello)
        _send(process, {"jsonrpc": "2.0", "method": "notifications/initialized"})
        answers = []
        for number, name in enumerate(names, 1):
            arguments = {"name": "bicepschema_get", "arguments": {"resource-type": name}}
            answers.append(_schema(call(number, "tools/call", arguments)))
        process.terminate()
    return answers


def _send(process: subprocess.Popen[bytes], message: object) -> None:
    if process.stdin is not None:
        process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()


def _schema(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    said = json.loads(result["content"][0]["text"])
    return list(said["results"]["BicepSchemaResult"]) if said["status"] == 200 else []


def _resource_type(answer: Sequence[Mapping[str, Any]]) -> ResourceType:
    resource = next(entry for entry in answer if entry["$type"] == "Resource")
    name, _, version = resource["name"].partition("@")
    return ResourceType(
        name=name,
        version=version,
        scopes=resource["writableScopes"],
        variants=tuple(_variants(resource["bodyType"])),
        objects={entry["name"]: next(_variants(entry)) for entry in answer if entry["$type"] == "Object"},
        choices={entry["name"]: tuple(_variants(entry)) for entry in answer if entry["$type"] == "DiscriminatedObject"},
    )


def _variants(entry: Mapping[str, Any]) -> Iterator[ObjectType]:
    shared = entry.get("baseProperties", [])
    for element in entry.get("elements", [entry]):
        members = [_member(item) for item in (*shared, *element.get("properties", []))]
        yield ObjectType({member.name: member for member in members}, element.get("additionalPropertiesType"))


def _member(item: Mapping[str, Any]) -> Member:
    limits = dict(part.split(": ", 1) for part in _limit_parts(item.get("modifiers") or ""))
    return Member(item["name"], item["type"], frozenset((item.get("flags") or "").split(", ")), limits)


def _limit_parts(modifiers: str) -> list[str]:
    before, mark, pattern = modifiers.partition("pattern: ")
    return [part for part in before.split(", ") if ": " in part] + ([f"pattern: {pattern}"] if mark else [])
