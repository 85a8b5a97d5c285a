"""All errors of the sync, split by what the caller does about them.

SyncError
├── RetryLater              wait, then do the same again
│   ├── Throttled           the service asked for a pause
│   ├── ServiceUnavailable  no or no usable answer; with a write, its outcome may be unknown
│   ├── StoreUnavailable    the state store did not answer
│   └── LeaseTaken          another pass runs on this connection
├── ConnectionBroken        the connection pauses and says why; nothing is deleted
│   ├── CredentialsRejected
│   ├── AccessDenied
│   ├── MailboxGone
│   ├── FolderGone
│   ├── UserGone
│   ├── SpaceGone
│   ├── SpaceChanged
│   └── KeepsFailing
├── DeltaExpired            the delta link is no longer known: read the folder from the start
├── RowConflict             a row was not as the transaction demanded; nothing was stored
├── LeaseLost               another pass took over; what this one did not commit, it never will
├── RequestRejected         a service called our request wrong; repeating it is pointless
├── InvalidSettings         start-up stops; names every fault and its remedy
├── InvalidRequest          what a person or program asked for is wrong; names every fault
└── NotFound                unknown connection, run or attention item

Messages say what happened, to which contact or setting, and what to do. They hold ids, never contact
values, tokens or secrets.
"""

from __future__ import annotations

from collections.abc import Sequence


class SyncError(Exception):
    """Root of every error that the sync raises on purpose."""


class RetryLater(SyncError):
    """The same call may succeed later; `retry_after_s` is the least wait in seconds, when one was named."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Throttled(RetryLater):
    """The service asked for a pause."""


class ServiceUnavailable(RetryLater):
    """No usable answer came. After a write the effect may have been done or not."""


class StoreUnavailable(RetryLater):
    """The state store did not answer. After a transaction it may have been stored or not."""


class LeaseTaken(RetryLater):
    """Another pass runs on this connection."""


class ConnectionBroken(SyncError):
    """The connection cannot go on until a person acts; `reason` is stable, for programs."""

    reason = "broken"


class CredentialsRejected(ConnectionBroken):
    """A service refused our credentials (401)."""

    reason = "credentials_rejected"


class AccessDenied(ConnectionBroken):
    """The credentials are good, but what we asked for is not granted (403)."""

    reason = "access_denied"


class MailboxGone(ConnectionBroken):
    """The mailbox does not exist any more, or is not in Exchange Online."""

    reason = "mailbox_gone"


class FolderGone(ConnectionBroken):
    """The Outlook contact folder does not exist any more."""

    reason = "folder_gone"


class UserGone(ConnectionBroken):
    """The Pipeliner user does not exist any more."""

    reason = "user_gone"


class SpaceGone(ConnectionBroken):
    """The Pipeliner space does not exist under this service URL."""

    reason = "space_gone"


class SpaceChanged(ConnectionBroken):
    """The app was pointed at another Pipeliner space than the connection was made with."""

    reason = "space_changed"


class KeepsFailing(ConnectionBroken):
    """Pass after pass fails for a reason that should have passed."""

    reason = "keeps_failing"


class DeltaExpired(SyncError):
    """Graph no longer knows the delta link (410, or a malformed token)."""


class RowConflict(SyncError):
    """A row was not as the transaction demanded; nothing was stored. `index` is the operation's position."""

    def __init__(self, message: str, index: int, key: str) -> None:
        super().__init__(message)
        self.index = index
        self.key = key


class LeaseLost(SyncError):
    """Another pass took the lease over; this pass can commit nothing any more."""


class RequestRejected(SyncError):
    """A service called our request wrong (an unrecognised 4xx); `code` is the service's own error code."""

    def __init__(self, message: str, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class _Faults(SyncError):
    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class InvalidSettings(_Faults):
    """App settings are missing or malformed; every fault names its setting and the remedy."""


class InvalidRequest(_Faults):
    """A request or command is wrong; every fault names the part and the remedy."""


class NotFound(SyncError):
    """There is no connection, run or attention item of that id."""
