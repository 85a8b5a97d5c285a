"""What stands before every endpoint: limits, sign-in, access."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sync_core.operations.ports import Operator
from sync_core.settings import HttpSignIn, SignIn
from sync_core.web.access import check_access
from sync_core.web.callers import NotAllowed, caller_of, check_platform
from sync_core.web.exchange import Request
from sync_core.web.limits import RequestRates, check_body

_SAFE_METHODS = frozenset({"GET", "HEAD"})
_FROM_ELSEWHERE = frozenset({"cross-site", "same-site"})


@dataclass(frozen=True, slots=True)
class Door:
    """The one way to the endpoints of one instance."""

    sign_in: HttpSignIn = field(default_factory=HttpSignIn)
    rates: RequestRates = field(default_factory=RequestRates)

    async def admit(
        self, endpoint: str, operator: Callable[[], Operator], request: Request
    ) -> tuple[Operator, Request]:
        """Let a request in, with its caller. Raises what refuses it, and InvalidSettings."""
        check_platform(self.sign_in)
        check_body(request)
        built = operator()
        settings = built.settings
        caller = caller_of(self.sign_in, settings.sync_tenant_id, request.headers, request.query)
        self.rates.take(caller.name, settings.sync_max_requests_per_minute)
        if self.sign_in.wanted is SignIn.ENTRA:
            _check_origin(request)
        admitted = replace(request, caller=caller)
        await check_access(built, endpoint, admitted)
        return built, admitted


def _check_origin(request: Request) -> None:
    """Refuse a change that another site's page makes a browser send along with the person's own sign-in."""
    is_foreign = request.headers.get("sec-fetch-site", "").casefold() in _FROM_ELSEWHERE
    if is_foreign and request.method not in _SAFE_METHODS:
        raise NotAllowed("the request was sent by a page of another site; send it from the app's own")
