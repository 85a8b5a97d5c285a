"""Refusals of the emulated Graph, with the codes and words of the real one."""

from __future__ import annotations

from collections.abc import Mapping


class GraphError(Exception):
    """A request that is answered with the error envelope."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers: Mapping[str, str] = headers or {}


def item_not_found() -> GraphError:
    """Refuse a stale, moved, deleted or unknown id."""
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def user_not_found(name: str) -> GraphError:
    """Refuse an unknown user."""
    message = f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
    return GraphError(404, "Request_ResourceNotFound", message)


def bad_request(message: str, code: str = "BadRequest") -> GraphError:
    """Refuse a request that is wrong in itself."""
    return GraphError(400, code, message)


def bad_body(message: str) -> GraphError:
    """Refuse a body that does not fit the entity type."""
    return GraphError(400, "RequestBodyRead", message)


def no_such_segment(segment: str) -> GraphError:
    """Refuse a path that leads nowhere."""
    return bad_request(f"Resource not found for the segment '{segment}'.")


def change_key_conflict() -> GraphError:
    """Refuse a write whose If-Match names another version (text: Q&A 271870)."""
    message = (
        "The send or update operation could not be performed because the change key passed in the request "
        "does not match the current change key for the item."
    )
    return GraphError(412, "ErrorIrresolvableConflict", message)


def folder_exists(status: int, name: str) -> GraphError:
    """Refuse a second folder of one name; the real service is seen with 409 and with 400."""
    message = f"A folder with the specified name already exists., Could not create folder '{name}'."
    return GraphError(status, "ErrorFolderExists", message)
