"""The users of the emulated tenant and their mailboxes."""

from __future__ import annotations

import random
from dataclasses import dataclass

from emulators.clock import ServiceClock
from emulators.graph.errors import GraphError, bad_request, user_not_found
from emulators.graph.identifiers import IdSource
from emulators.graph.mailbox import Mailbox
from emulators.graph.switches import GraphSwitches


@dataclass(slots=True)
class User:
    """A directory user; the mailbox may be out of the app's reach or gone while the user stays."""

    id: str
    upn: str
    display_name: str
    mailbox: Mailbox
    accessible: bool = True
    enabled: bool = True


class Tenant:
    """Users by id and by user principal name, with what all of them share."""

    def __init__(self, clock: ServiceClock, switches: GraphSwitches, rng: random.Random) -> None:
        """Start without users."""
        self.clock = clock
        self.switches = switches
        self.rng = rng
        self.ids = IdSource(rng)
        self._users: dict[str, User] = {}

    @property
    def users(self) -> list[User]:
        """All users, oldest first."""
        return list({user.id: user for user in self._users.values()}.values())

    def add(self, upn: str, display_name: str, user_id: str | None = None) -> User:
        """Add a user with an empty mailbox; raises GraphError 400 when the name is taken."""
        if upn.casefold() in self._users:
            raise bad_request(f"A user named {upn} exists.")
        mailbox = Mailbox(self.ids, self.clock, self.switches)
        user = User(user_id or self.ids.guid(), upn, display_name, mailbox)
        self._users[user.id.casefold()] = self._users[upn.casefold()] = user
        return user

    def remove(self, user: User) -> None:
        """Take a user out of the directory."""
        del self._users[user.id.casefold()]
        del self._users[user.upn.casefold()]

    def user(self, name: str) -> User:
        """User by id or user principal name, in any case; raises GraphError 404."""
        try:
            return self._users[name.casefold()]
        except KeyError:
            raise user_not_found(name) from None

    def reachable_mailbox(self, name: str) -> Mailbox:
        """Mailbox the app may use; raises GraphError 403 out of scope, 404 without mailbox or user."""
        user = self.user(name)
        if not user.enabled:
            message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
            raise GraphError(404, "MailboxNotEnabledForRESTAPI", message)
        if not user.accessible:
            raise GraphError(403, "ErrorAccessDenied", "Access to OData is disabled.")
        return user.mailbox
