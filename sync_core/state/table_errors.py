"""What Table Storage answers, as errors of the sync.

Codes are those of "Table Service error codes" (Microsoft Learn). Messages hold the service's code and
status, never its text: that may repeat addresses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.data.tables import TableErrorCode, TableTransactionError

from sync_core.errors import (
    AccessDenied,
    CredentialsRejected,
    RequestRejected,
    RowConflict,
    StoreUnavailable,
    SyncError,
)
from sync_core.state.store import Operation

_UNANSWERED = (ServiceRequestError, ServiceResponseError, IncompleteReadError)
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_CONFLICTS = {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
_TABLE_CHANGES = {TableErrorCode.TABLE_BEING_DELETED.value, TableErrorCode.TABLE_NOT_FOUND.value}


def error_code(error: AzureError) -> str:
    """Return the service's code, or "" (ResourceExistsError, for one, may come without)."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code or ""))


def is_table_missing(error: AzureError) -> bool:
    """Whether the table itself, not a row of it, was not found."""
    return error_code(error) == TableErrorCode.TABLE_NOT_FOUND.value


def store_error(error: AzureError) -> SyncError:
    """Say what the caller does about an answer that is no answer to the question."""
    code = error_code(error)
    if isinstance(error, _UNANSWERED):
        return StoreUnavailable(f"Table Storage did not answer ({type(error).__name__})")
    if isinstance(error, ClientAuthenticationError):
        return CredentialsRejected(f"Table Storage or the identity refused our credentials ({code or 'no code'})")
    if not isinstance(error, HttpResponseError) or error.status_code is None:
        return StoreUnavailable(f"Table Storage could not be asked ({type(error).__name__})")
    return _error_of_status(error, error.status_code, code)


def transaction_error(error: AzureError, operations: Sequence[Operation]) -> SyncError:
    """Say the same of a transaction: a row that was not as demanded becomes RowConflict with its position.

    The service begins the message of a failed transaction with the position of the operation ("2:The
    specified entity already exists."), which TableTransactionError keeps as `index`.
    """
    if (
        isinstance(error, TableTransactionError)
        and error.status_code in _CONFLICTS
        and error_code(error) not in _TABLE_CHANGES
    ):
        index = error.index if error.index < len(operations) else 0
        key = operations[index].key
        return RowConflict(f"row {key!r} is not as demanded ({error_code(error)})", index, key)
    return store_error(error)


def _error_of_status(error: HttpResponseError, status: int, code: str) -> SyncError:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING or code in _TABLE_CHANGES:
        return StoreUnavailable(f"Table Storage answered {status} {code}", _retry_after(error))
    if status == HTTPStatus.UNAUTHORIZED or code == TableErrorCode.AUTHENTICATION_FAILED.value:
        return CredentialsRejected(f"Table Storage refused our credentials ({status} {code})")
    if status == HTTPStatus.FORBIDDEN:
        return AccessDenied(
            f"Table Storage denies access ({code}): give the identity the role Storage Table Data Contributor"
        )
    return RequestRejected(f"Table Storage answered {status} {code}", status, code)


def _retry_after(error: HttpResponseError) -> float | None:
    headers: Mapping[str, str] = getattr(error.response, "headers", {})
    named = headers.get("Retry-After")
    try:
        return max(0.0, float(named)) if named else None
    except ValueError:  # a date, which only the service's own clock could tell
        return None
