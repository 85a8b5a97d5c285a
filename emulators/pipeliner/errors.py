"""The service's error bodies and the exception that carries one up to the router."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MISSING = (119, "ERROR_PARAMETER_MISSING")
INVALID = (117, "ERROR_PARAMETER_INVALID")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a record; without `field_name` it concerns the record as a whole."""

    message: str
    field_name: str = ""
    field_id: str = ""
    kind: tuple[int, str] = INVALID

    def as_json(self) -> dict[str, Any]:
        """Return the inner error object."""
        code, name = self.kind
        found: dict[str, Any] = {"code": code, "name": name, "message": self.message}
        if self.field_name:
            found |= {"field_id": self.field_id, "field_name": self.field_name}
        return found


class ApiError(Exception):
    """The request is answered with this status and body."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {body.get('name', '')}")
        self.status = status
        self.body = body
        self.headers = headers or {}

    def at(self, index: int) -> dict[str, Any]:
        """Return the body as one element of a batch answer shows it."""
        return {**self.body, "entity_index": index}


def _plain(status: int, code: int, name: str, message: str) -> dict[str, Any]:
    return {"code": code, "name": name, "message": message, "http_status": status, "success": False}


def parameter_invalid(message: str) -> ApiError:
    """Report a malformed body or query parameter: 400, code 117 (recorded from a real space)."""
    return ApiError(400, _plain(400, *INVALID, message))


def unknown_type(name: str) -> ApiError:
    """Report an entity name that does not exist, such as a singular: 404, code 2006 (recorded)."""
    return ApiError(404, _plain(404, 2006, "ERROR_UNKNOWN_TYPE", f"cannot determine entity type from {name}"))


def not_found(singular: str, record_id: str) -> ApiError:
    """Report an id that does not exist: 404; the code is assumed."""
    return ApiError(404, _plain(404, 2001, "ERROR_ENTITY_NOT_FOUND", f"{singular} {record_id} does not exist"))


def unauthorized() -> ApiError:
    """Report missing or wrong credentials: 401; the body is assumed, the header is from older documents."""
    body = _plain(401, 401, "ERROR_UNAUTHORIZED", "Missing or wrong credentials.")
    return ApiError(401, body, {"WWW-Authenticate": 'Basic realm="restapi"'})


def no_permission(plural: str) -> ApiError:
    """Refuse what the application may not read."""
    return ApiError(403, _plain(403, 403, "ERROR_ACCESS_DENIED", f"The application has no access to {plural}."))


def no_route(status: int = 404) -> ApiError:
    """Report a path or method outside the API: the other error shape, without `success` (recorded for 404)."""
    message = "The requested URL was not found on the server." if status == 404 else "Method not allowed."
    return ApiError(status, {"status": status, "message": message, "errorcode": None, "traceback": None})


def invalid_record(singular: str, record_id: str, problems: Sequence[Problem]) -> ApiError:
    """Report everything wrong with a record: 422, code 40000, in the recorded shape."""
    body: dict[str, Any] = {
        "code": 40000,
        "name": "ERROR_ENTITY_VALIDATION",
        "message": "\n".join(problem.message for problem in problems),
        "entity_id": record_id,
        "entity_name": singular,
        "entity_errors": [problem.as_json() for problem in problems if not problem.field_name],
        "field_errors": _field_errors(problems),
        "step_checklist_errors": [],
        "entity_index": None,
        "http_status": 422,
        "success": False,
    }
    return ApiError(422, body)


def _field_errors(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    by_field: dict[str, dict[str, Any]] = {}
    for problem in problems:
        if not problem.field_name:
            continue
        entry = by_field.setdefault(
            problem.field_name,
            {
                "field_id": problem.field_id,
                "field_name": problem.field_name,
                "name": "ERROR_FIELD_VALIDATION",
                "code": 40002,
                "errors": [],
            },
        )
        entry["errors"].append(problem.as_json())
    return list(by_field.values())
