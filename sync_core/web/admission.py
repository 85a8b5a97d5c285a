"""What stands before every endpoint: limits of size and rate, sign-in, and who may use it.

Rates are counted in the memory of one instance: with N instances a caller may send up to N times as much, and a new
instance starts from nothing. That keeps one caller from crowding out the others; it is no defence against a flood
from many addresses, which is the platform's to stop.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from sync_core.errors import InvalidRequest, NotAllowed, NotSignedIn, TooManyRequests, WrongKindOfBody
from sync_core.operations import Deployment
from sync_core.operations.auditing import refused
from sync_core.settings import AppSettings, HttpSignIn, SignIn
from sync_core.state import Act
from sync_core.web.access import Who, check_access
from sync_core.web.callers import STRANGER, Caller, caller_of, check_platform
from sync_core.web.exchange import JSON_TYPE, Request, check_size

MOST_CALLERS = 1000
"""Of so many callers the rates are remembered; of more, those that asked least recently are forgotten."""
_MINUTE_S = 60.0
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_OWN_SITE = frozenset({"same-origin", "none"})
_PORTS = {"https": 443, "http": 80}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def check_body(request: Request) -> None:
    """Refuse a body by its size and its declared kind, before it is read. Raises BodyTooLarge and WrongKindOfBody."""
    check_size(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if request.body.strip() and kind != JSON_TYPE:
        raise WrongKindOfBody([f"body: send it with the header Content-Type: {JSON_TYPE}"])


def is_of_another_site(headers: Mapping[str, str]) -> bool:
    """Whether a page of another site sent a request, by all that browsers tell: programs tell none of it.

    What the browser itself says (`Sec-Fetch-Site`) decides; where it says nothing, whose page asked.
    """
    site = headers.get("sec-fetch-site", "").strip().casefold()
    if site:
        return site not in _OWN_SITE
    page = headers.get("origin", "") or headers.get("referer", "")
    return bool(page) and not _is_own_page(page, headers.get("host", ""))


def _is_own_page(page: str, host: str) -> bool:
    try:
        asked, own = urlsplit(page), urlsplit(f"{urlsplit(page).scheme}://{host}")
        ports = [each.port or _PORTS.get(each.scheme) for each in (asked, own)]
    except ValueError:
        return False
    is_secure = asked.scheme == "https" or (asked.scheme == "http" and asked.hostname in _LOOPBACK)
    return is_secure and bool(own.hostname) and asked.hostname == own.hostname and ports[0] == ports[1]


@dataclass(slots=True)
class _Bucket:
    """What a caller may still send, as of a moment."""

    left: float
    at_s: float


class RequestRates:
    """A token bucket for each caller: a minute's requests at once, then as many as flow back."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, caller: str, per_minute: int) -> None:
        """Count one request; raises TooManyRequests with the wait until the next one is taken."""
        now_s, per_second = self._now_s(), per_minute / _MINUTE_S
        bucket = self._buckets.setdefault(caller, _Bucket(per_minute, now_s))
        self._buckets.move_to_end(caller)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        bucket.left = min(per_minute, bucket.left + (now_s - bucket.at_s) * per_second)
        bucket.at_s = now_s
        if bucket.left < 1:
            wait_s = (1 - bucket.left) / per_second
            raise TooManyRequests(f"more than {per_minute} requests in a minute; send the next one later", wait_s)
        bucket.left -= 1


@dataclass(frozen=True, slots=True)
class _Limits:
    """What the settings say of callers; until the app was built once, what they say unless they are set."""

    tenant_id: str = ""
    per_minute: int = AppSettings.model_fields["sync_max_requests_per_minute"].default


@dataclass(slots=True)
class Admission:
    """The one way to the endpoints of one instance."""

    sign_in: HttpSignIn = field(default_factory=HttpSignIn)
    rates: RequestRates = field(default_factory=RequestRates)
    _limits: _Limits = field(default_factory=_Limits, init=False)

    async def admit(
        self, who: Who, deployment: Callable[[], Deployment], request: Request, route: str
    ) -> tuple[Deployment, Request]:
        """Let a request in, with its caller. Raises what refuses it, and InvalidSettings.

        Who is refused for who they are, or for asking too often, stands in the audit trail with the route's name.

        Every request is counted, also one that is refused: by its body, which is measured before the app is built,
        or because nobody can be known by it.
        """
        check_platform(self.sign_in)
        try:
            check_body(request)
        except InvalidRequest:
            with suppress(NotSignedIn, NotAllowed):
                self._counted(request)
            raise
        built = deployment()
        settings = built.settings
        self._limits = _Limits(settings.sync_tenant_id, settings.sync_max_requests_per_minute)
        caller = STRANGER
        try:
            with suppress(NotSignedIn, NotAllowed):  # which is raised anew, once it was counted
                caller = caller_of(self.sign_in, settings.sync_tenant_id, request.headers, request.query)
            self._counted(request)
            self._check_site(request)
            admitted = replace(request, caller=caller)
            await check_access(built, who, admitted)
        except (NotSignedIn, NotAllowed, TooManyRequests) as error:
            await refused(built.acting_for(caller.actor), Act.REQUEST, type(error).__name__, detail=route)
            raise
        return built, admitted

    def _check_site(self, request: Request) -> None:
        """Another site's page makes a browser send a change along with the person's own sign-in. Raises NotAllowed."""
        is_change = request.method not in _SAFE_METHODS
        if self.sign_in.wanted is SignIn.ENTRA and is_change and is_of_another_site(request.headers):
            raise NotAllowed("the request was sent by a page of another site; send it from the app's own")

    def _counted(self, request: Request) -> Caller:
        """Return who calls, and count the request as theirs, or as the strangers' when nobody can be known by it.

        Raises TooManyRequests, NotSignedIn and NotAllowed.
        """
        try:
            caller = caller_of(self.sign_in, self._limits.tenant_id, request.headers, request.query)
        except (NotSignedIn, NotAllowed):
            self.rates.take(STRANGER.name, self._limits.per_minute)
            raise
        self.rates.take(caller.name, self._limits.per_minute)
        return caller
