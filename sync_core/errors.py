"""All errors of the sync, as one tree, split by what whoever catches one does about it.

SyncError
├── RetryLater              wait, then do the same again
│   ├── Throttled           the service asked for a pause
│   ├── ServiceUnavailable  no or no usable answer; of a write, the outcome may be unknown
│   ├── ContactsFailing     some contacts could not be read, each for a reason of its own
│   ├── StoreUnavailable    the state store did not answer
│   ├── LeaseTaken          another run runs on this connection
│   ├── IndexUnknown        who is who is not known as a whole yet
│   └── TooManyRequests     a caller over HTTP used up what one may ask in a minute
├── ReadAgain               what was known is out of date: read it anew, then decide anew
│   ├── DeltaExpired        the delta link is no longer known: read the folder anew
│   ├── RowConflict         a row was not as the transaction demanded; nothing was stored
│   └── EditionGone         another edition of the index took the place of the one that was read, or rows are lost
├── RunStopped              end this run; another one goes on from what is stored
│   ├── LeaseLost           another run took over; what this one did not commit, it never will
│   ├── RunInterrupted      the time is used up, or a service asked for a pause
│   └── Stopped             an administrator stopped the whole space
├── RequestRejected         set the contact aside that it was about; if it was about none, the run fails
├── ConnectionBroken        pause the connection and ask a person; nothing is deleted
│   ├── CredentialsRejected
│   ├── AccessDenied
│   ├── MailboxGone
│   ├── FolderGone
│   ├── UserGone
│   │   └── UserStopped     only a person lets the connection go on
│   ├── SpaceGone
│   ├── SpaceChanged
│   ├── KeepsFailing
│   └── Unreadable          what is stored of the connection cannot be read
├── WrongSetup              do nothing until whoever runs the app has corrected it
│   ├── InvalidSettings     names every fault and its remedy
│   └── SignInOff           sign-in is demanded, but nothing signs anybody in
├── WrongRequest            refuse: what a person or a program asked for is wrong
│   ├── InvalidRequest      names every fault
│   │   ├── Paused          a paused connection runs nothing on request
│   │   ├── NothingHeld     there is nothing to approve
│   │   ├── BodyTooLarge
│   │   └── WrongKindOfBody
│   ├── NotFound            unknown connection, run or attention item
│   ├── NotSignedIn
│   └── NotAllowed
└── UnexpectedFailure       stands for an error that nobody foresaw: end the call, and look at the log

Messages hold ids, never contact values, tokens or secrets; `remedy` is what a person does about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class SyncError(Exception):
    """Root of every error that the sync raises on purpose."""

    remedy: ClassVar[str] = "look at the log for its type and place, and report it"


class RetryLater(SyncError):
    """The same call may succeed later; `retry_after_s` is the least wait in seconds, when one was named."""

    remedy = "look at the service's status page and try again; the sync repeats its requests by itself"

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Throttled(RetryLater):
    """The service asked for a pause."""


class ServiceUnavailable(RetryLater):
    """No usable answer came. After a write the effect may have been done or not."""


class ContactsFailing(RetryLater):
    """Some contacts could not be read, `failed` says why, while others were `found`; `untried` are not to blame."""

    def __init__(self, failed: Mapping[str, str], found: Any, untried: Sequence[str] = (), wait_s: float = 0.0) -> None:
        reasons = "; ".join(sorted(set(failed.values()))[:3]) or "a pause"
        super().__init__(f"{len(failed or untried)} contacts could not be read: {reasons}", wait_s or None)
        self.failed, self.found, self.untried = failed, found, frozenset(untried)


class StoreUnavailable(RetryLater):
    """The state store did not answer; a transaction may have been stored or not."""


class LeaseTaken(RetryLater):
    """Another run runs on this connection."""


class IndexUnknown(RetryLater):
    """Who is who is not known as a whole yet: the index is being built, or was hashed with another key."""

    remedy = "nothing is to be done: the index is built by itself, and what waits for it goes on then"


class TooManyRequests(RetryLater):
    """The caller has used up what one may ask in a minute."""

    remedy = "wait as long as Retry-After says, or raise SYNC_MAX_REQUESTS_PER_MINUTE"


class ReadAgain(SyncError):
    """What was known is out of date: whoever catches it reads anew and decides anew."""

    remedy = "read it anew and try again"


class DeltaExpired(ReadAgain):
    """Graph no longer knows the delta link (410, or a malformed token)."""


class RowConflict(ReadAgain):
    """A row was not as the transaction demanded; nothing was stored. `index` is the operation's position."""

    def __init__(self, message: str, index: int, key: str) -> None:
        super().__init__(message)
        self.index, self.key = index, key


class EditionGone(ReadAgain):
    """Rows of an edition of the index are missing: another one took its place while it was read, or they are lost."""


class RunStopped(SyncError):
    """This run ends here; another one goes on from what is stored."""

    remedy = "nothing is to be done: another run goes on from what is stored"


class LeaseLost(RunStopped):
    """Another run took the lease over; this run can commit nothing any more."""


class RunInterrupted(RunStopped):
    """The run stops at a checkpoint and is followed by another, no sooner than `retry_after_s`."""

    def __init__(self, why: str, retry_after_s: float = 0.0) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


class Stopped(RunStopped):
    """An administrator stopped all connections of the space: nothing is written for anybody."""

    remedy = "resume all connections (resume --all) once the reason is gone"

    def __init__(self, message: str = "an administrator has stopped all connections (pause --all)") -> None:
        super().__init__(message)


class RequestRejected(SyncError):
    """A service called our request wrong (an unrecognised 4xx); `code` is the service's own error code."""

    def __init__(self, message: str, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code


class ConnectionBroken(SyncError):
    """The connection cannot go on until a person acts; `reason` is stable, for programs."""

    reason: ClassVar[str] = "broken"
    remedy = "see this reason in docs/operations.md, then resume the connection"


class CredentialsRejected(ConnectionBroken):
    """A service refused our credentials (401); `code` is the sign-in service's, where it named one."""

    reason = "credentials_rejected"
    remedy = "set fresh credentials for this service"

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class AccessDenied(ConnectionBroken):
    """The credentials are good, but what we asked for is not granted (403)."""

    reason = "access_denied"
    remedy = "grant the app access to this service"


class MailboxGone(ConnectionBroken):
    """The mailbox does not exist any more, or is not in Exchange Online."""

    reason = "mailbox_gone"
    remedy = "check in the Exchange admin center that the user has a licence and a mailbox in Exchange Online"


class FolderGone(ConnectionBroken):
    """The Outlook contact folder does not exist any more."""

    reason = "folder_gone"
    remedy = "restore the folder in Outlook (Deleted Items), or disconnect and connect again"


class UserGone(ConnectionBroken):
    """The Pipeliner user does not exist any more."""

    reason = "user_gone"
    remedy = "activate the user in Pipeliner, or disconnect and connect the mailbox with another user"


class UserStopped(UserGone):
    """The Pipeliner user was deactivated, or is one of the vendor's support."""

    reason = "user_deactivated"
    remedy = "activate the user in Pipeliner, then have an administrator resume the connection; or disconnect it"


class SpaceGone(ConnectionBroken):
    """The Pipeliner space does not exist under this service URL."""

    reason = "space_gone"
    remedy = "copy PIPELINER_SPACE_ID and PIPELINER_SERVICE_URL from Administration > Applications > Show API Access"


class SpaceChanged(ConnectionBroken):
    """The app was pointed at another Pipeliner space than the connection was made with."""

    reason = "space_changed"
    remedy = "set PIPELINER_SPACE_ID back, or disconnect and connect again"


class KeepsFailing(ConnectionBroken):
    """Run after run fails for a reason that should have passed."""

    reason = "keeps_failing"
    remedy = "act on the last run's message, then resume the connection"


class Unreadable(ConnectionBroken):
    """What is stored of the connection cannot be read: a newer version wrote it, or it was damaged."""

    reason = "unreadable"
    remedy = "install the version that wrote it, or disconnect and connect again; the contacts stay"


class _Faults(SyncError):
    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class WrongSetup(SyncError):
    """The app is set up wrongly and does nothing until that is corrected."""

    remedy = "correct the app settings and restart the app; docs/settings.md describes them"


class InvalidSettings(WrongSetup, _Faults):
    """App settings are missing or malformed; every fault names its setting and the remedy."""


class SignInOff(WrongSetup):
    """Sign-in is demanded, but nothing stands before the app that would sign anybody in."""

    remedy = "turn App Service authentication on for this app, or set SYNC_SIGN_IN to keys"


class WrongRequest(SyncError):
    """What a person or a program asked for is wrong; nothing was done."""

    remedy = "correct the request and send it again"


class InvalidRequest(WrongRequest, _Faults):
    """A request or command is wrong; every fault names the part and the remedy."""


class Paused(InvalidRequest):
    """The connection is paused and runs nothing on request."""

    remedy = "resume the connection first"


class NothingHeld(InvalidRequest):
    """The connection holds nothing back, so there is nothing to approve."""

    remedy = "look at its attention items: they say what waits for an approval"


class BodyTooLarge(InvalidRequest):
    """The body is longer than any that makes sense here."""


class WrongKindOfBody(InvalidRequest):
    """The body is not declared as JSON."""

    remedy = "send the body with the header Content-Type: application/json"


class NotFound(WrongRequest):
    """There is no connection, run or attention item of that id."""

    remedy = "list the connections, and use an id of theirs"


class NotSignedIn(WrongRequest):
    """Nobody is signed in, or the identity cannot be read."""

    remedy = "sign in with a work account of the company"


class NotAllowed(WrongRequest):
    """The caller is known, but may not do this."""

    remedy = "ask an administrator of the app (role Sync.Administrator)"


class UnexpectedFailure(SyncError):
    """Stands for an error that nobody foresaw; names its type and where it was raised, never its text."""
