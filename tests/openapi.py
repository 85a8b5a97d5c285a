"""Checks exchanges with Pipeliner against the vendor's OpenAPI description, where that file is at hand.

The description lies beside the repository and is no part of it. Without it the checker is inert: it says
`available` is False and finds nothing.

Where the description and recorded answers disagree, the recorded answers win; each leniency is named
where it is granted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from emulators.wire import Answer, Model, Reply, Request

DESCRIPTION = Path(__file__).resolve().parents[2] / "shared" / "specs" / "pipeliner-openapi.json"
_PREFIX = re.compile(r"/api/v100/rest/spaces/[^/]+(?=/)")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
# The prose documentation lists these for reading one record too; the description lists them for lists only.
_GET_PARAMETERS = {"expand", "load-only", "include-deleted"}
_READ_ONLY_TOO = 8
# Text is cleared with an empty string; only these formats have no value that means "nothing".
_NULLABLE_IN_REQUESTS = {"uuid", "date-time", "date"}

Schema = dict[str, Any]

NEWER = frozenset({"MasterRights", "SalesUnitClientRelations", "FieldPermissions", "AllowedContactTypes"})
"""Entities of the service that this age of its description leaves out; a newer one has them."""


@dataclass(frozen=True, slots=True)
class _Operation:
    template: str
    definition: Schema
    is_on_record: bool

    @property
    def entity_path(self) -> str:
        return "/".join(self.template.split("/")[:3])


class OpenApiChecker:
    """Finds what in a request or an answer the description does not allow."""

    def __init__(self, path: Path = DESCRIPTION) -> None:
        """Read the description, if it is there."""
        self.available = path.is_file()
        document: Schema = json.loads(path.read_text()) if self.available else {}
        self._paths: Schema = document.get("paths", {})
        self._schemas: Schema = document.get("components", {}).get("schemas", {})
        self._validator = lru_cache(maxsize=256)(self._built)

    def wrap(self, model: Model) -> CheckedModel:
        """Return the model with every exchange checked."""
        return CheckedModel(model, self)

    def check(self, request: Request, answer: Answer) -> list[str]:
        """Return what is wrong with one exchange, in words without values."""
        if not self.available:
            return []
        operation = self._operation(request)
        if operation is None and request.path.rsplit("/", 1)[-1] in NEWER:
            return []
        if operation is None:
            return [f"{request.method} {request.path}: not described"]
        found = [*self._in_query(operation, request), *self._in_body(operation, request)]
        found += self._in_answer(operation, request, answer)
        return [f"{request.method} {operation.template}: {words}" for words in found]

    def _operation(self, request: Request) -> _Operation | None:
        path = _PREFIX.sub("", request.path)
        for template in (path, re.sub(r"/[^/]+$", "/{id}", path)):
            definition = self._paths.get(template, {}).get(request.method.lower())
            if definition is not None:
                return _Operation(template, definition, template.endswith("/{id}"))
        return None

    def _in_query(self, operation: _Operation, request: Request) -> Iterator[str]:
        known = {item["name"]: item["schema"] for item in operation.definition["parameters"] if item["in"] == "query"}
        if operation.is_on_record and request.method == "GET":
            known |= {name: {"type": "string"} for name in _GET_PARAMETERS}
        for name, value in request.parameters.items():
            plain = name.split("[", 1)[0]
            if plain not in known:
                yield f"query parameter {plain} is not described"
            elif known[plain].get("type") == "integer" and not value.isdigit():
                yield f"query parameter {plain} is no number"
            elif known[plain].get("type") == "boolean" and value not in {"true", "false"}:
                yield f"query parameter {plain} is no boolean"
            else:
                yield from self._unknown_names(operation, name, value)

    def _unknown_names(self, operation: _Operation, parameter: str, value: str) -> Iterator[str]:
        """Find fields named in a query that the entity does not have."""
        if "[" in parameter:
            named = [parameter.split("[", 1)[1].rstrip("]")]
        elif parameter in {"order-by", "expand", "load-only"}:
            named = [part.lstrip("-").split(".")[0] for part in value.split(",")]
        else:
            return
        fields = self._record_schema(operation).get("properties", {})
        for name in named:
            if name not in fields and not name.startswith("cf_"):
                yield f"{parameter.split('[', maxsplit=1)[0]} names the unknown field {name}"

    def _record_schema(self, operation: _Operation) -> Schema:
        body = _json_schema_of(self._paths[operation.entity_path]["get"]["responses"]["200"])
        reference: str = body["properties"]["data"]["items"]["$ref"]
        schema: Schema = self._schemas[reference.rsplit("/", 1)[-1]]
        return schema

    def _in_body(self, operation: _Operation, request: Request) -> Iterator[str]:
        described = operation.definition.get("requestBody")
        if described is None:
            if request.body:
                yield "a body is not described"
            return
        level = int(request.parameters.get("validation-level", "0"))
        way = "privileged request" if level & _READ_ONLY_TOO else "request"
        yield from self._violations(_json_schema_of(described), _parsed(request.body), way)

    def _in_answer(self, operation: _Operation, request: Request, answer: Answer) -> Iterator[str]:
        described = operation.definition["responses"].get(str(answer.status))
        if described is None and answer.status < 400:
            yield f"status {answer.status} is not described"
            return
        if not answer.headers.get("Content-Type", "").startswith("application/json"):
            return
        # Statuses 400, 401 and 422 are recorded from real spaces and not described; they carry an Error too.
        schema = _json_schema_of(described) if described else {"$ref": "#/components/schemas/Error"}
        way = "partial answer" if "load-only" in request.parameters else "answer"
        yield from self._violations(schema, _parsed(answer.body), way)

    def _violations(self, schema: Schema, body: Any, way: str) -> Iterator[str]:
        for found in self._validator(json.dumps(schema), way).iter_errors(body):
            error = _innermost(found)
            place = ".".join(str(part) for part in error.absolute_path)
            # The message of a missing or unknown key names keys only; others would show values.
            words = error.message if error.validator in {"required", "additionalProperties"} else error.validator
            yield f"{way} at {place or 'top'}: {words}"

    def _built(self, schema: str, way: str) -> Draft202012Validator:
        return Draft202012Validator(self._converted(json.loads(schema), way), format_checker=_FORMATS)

    def _converted(self, schema: Schema, way: str) -> Schema:
        """Turn a described schema into JSON Schema, with the leniencies that recorded answers ask for."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[-1]
            # An Error has keys beyond the described ones in every recorded answer; it is an object, too.
            return self._record(self._schemas[name], way, is_open=name == "Error")
        if "oneOf" in schema:
            return {"anyOf": [self._converted(part, way) for part in schema["oneOf"]]}
        if schema.get("type") == "array":
            return {"type": "array", "items": self._converted(schema.get("items", {}), way)}
        if "properties" in schema:
            return self._envelope(schema, way)
        return {key: schema[key] for key in ("type", "format", "enum") if key in schema}

    def _envelope(self, schema: Schema, way: str) -> Schema:
        parts: Schema = {name: self._converted(part, way) for name, part in schema["properties"].items()}
        if "page_info" in parts:
            # `total` is missing from the description and present in every recorded list.
            parts["total"] = {"type": "integer"}
        if "end_cursor" in parts:
            # Both cursors are null on an empty page.
            parts |= {name: {"type": ["string", "null"]} for name in ("start_cursor", "end_cursor")}
        return {"type": "object", "properties": parts, "additionalProperties": False}

    def _record(self, schema: Schema, way: str, *, is_open: bool) -> Schema:
        properties = schema.get("properties", {})
        is_request = way.endswith("request")
        if way == "request":
            properties = {name: part for name, part in properties.items() if not part.get("readOnly")}
        convert = self._sent if is_request else self._shown
        return {
            "type": "object",
            "properties": {name: convert(part, way) for name, part in properties.items()},
            # Custom fields are ordinary keys that no static description can list.
            "patternProperties": {"^cf_": {}},
            "additionalProperties": is_open,
            # With load-only an answer holds only the keys asked for.
            "required": [] if way == "partial answer" else list(schema.get("required", ())),
        }

    def _sent(self, part: Schema, way: str) -> Schema:
        if part.get("type") == "array" and part.get("items", {}).get("type") == "object":
            # Nested records are described by their id alone, with a reference to another schema in prose.
            return {"type": "array", "items": {"type": "object"}}
        converted = self._converted(part, way)
        is_nullable = part.get("format") in _NULLABLE_IN_REQUESTS or part.get("type") in {"integer", "number"}
        return {"anyOf": [converted, {"type": "null"}]} if is_nullable else converted

    def _shown(self, part: Schema, way: str) -> Schema:
        # Unset ids, relations and times read as null in recorded answers though nothing is called nullable.
        allowed = [self._converted(part, way), {"type": "null"}]
        if part.get("format") == "uri":
            # With `expand` the URI is replaced by an object, or (for a data set) by a list of objects.
            allowed += [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]
        if part.get("type") == "array" and part.get("items", {}).get("format") == "uri":
            allowed.append({"type": "array", "items": {"type": "object"}})
        return {"anyOf": allowed}


@dataclass(slots=True)
class CheckedModel:
    """A model whose exchanges are checked; what is wrong gathers in `violations`."""

    model: Model
    checker: OpenApiChecker
    violations: list[str] = field(default_factory=list)

    def handle(self, request: Request) -> Reply:
        """Answer a request and check the exchange; a dropped connection has nothing to check."""
        reply = self.model.handle(request)
        if isinstance(reply, Answer):
            self.violations += self.checker.check(request, reply)
        return reply

    def control(self, request: Request) -> Answer:
        """Answer a control request, which no description covers."""
        return self.model.control(request)


def _innermost(error: ValidationError) -> ValidationError:
    """Return what is wrong inside the alternative that fits best."""
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    return error


def _json_schema_of(described: Mapping[str, Any]) -> Schema:
    """Return the schema of a body; the description writes its media type in two spellings."""
    content: Mapping[str, Any] = described["content"]
    found: Schema = next(
        part["schema"] for name, part in content.items() if name.replace(" ", "") == "application/json"
    )
    return found


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("uuid")
def _is_uuid(value: object) -> bool:
    """Ids are UUID-shaped without being valid versions."""
    return not isinstance(value, str) or _UUID.fullmatch(value) is not None


@_FORMATS.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or value.startswith(("https://", "http://"))


@_FORMATS.checks("date-time")
def _is_time(value: object) -> bool:
    """Times are written with a space where the standard has a T."""
    return not isinstance(value, str) or _TIME.fullmatch(value) is not None
