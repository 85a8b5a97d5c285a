from __future__ import annotations

from random import Random

import pytest

from emulators.in_process import PassingClock
from sync_core.errors import ServiceUnavailable, Throttled
from sync_core.http import Answer, Request, Transport
from sync_core.pipeliner import PipelinerClient
from sync_core.pipeliner.answers import Target

OK = Answer(200, {"date": "Mon, 05 Jan 2026 08:00:00 GMT"}, b'{"success": true, "data": {"id": "1"}}')
BUSY = Answer(429)
BROKEN = Answer(500)


class _Script(Transport):
    """Return prepared answers, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self.sent: list[Request] = []
        self._answers = list(answers)

    async def send(self, request: Request) -> Answer:
        self.sent.append(request)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    async def close(self) -> None:
        """Nothing is open."""


def _client(script: _Script, clock: PassingClock | None = None, key: str = "ours") -> PipelinerClient:
    jitter = Random(3)  # noqa: S311 - seeded, not secret
    return PipelinerClient(script, "eu_Space", clock or PassingClock(), 1000.0, key, jitter)


async def test_requests_go_below_the_space_with_the_skip_key_on_writes_only() -> None:
    """Reads trigger no webhook."""
    script = _Script(OK)
    client = _client(script)
    await client.get(Target("Contacts"), (("filter[name]", "A & B"),))
    await client.patch(Target("Contacts", "a-1"), {"city": "Bern"})
    await client.post(Target("Contacts", action="batch-modify"), [], (("rollback-method", "1"),))
    await client.delete(Target("Contacts", "1"))
    root = "/api/v100/rest/spaces/eu_Space/entities/Contacts"
    assert [(request.method, request.target) for request in script.sent] == [
        ("GET", f"{root}?filter%5Bname%5D=A%20%26%20B"),
        ("PATCH", f"{root}/a-1?validation-level=2"),
        ("POST", f"{root}/batch-modify?rollback-method=1"),
        ("DELETE", f"{root}/1"),
    ]
    assert ["Webhook-Skip-Key" in request.headers for request in script.sent] == [False, True, True, True]
    assert ["Content-Type" in request.headers for request in script.sent] == [False, True, True, False]


async def test_no_skip_key_is_sent_when_there_is_none() -> None:
    """An empty header would be a key of its own."""
    script = _Script(OK)
    await _client(script, key="").delete(Target("Contacts", "1"))
    assert "Webhook-Skip-Key" not in script.sent[0].headers


async def test_post_is_not_repeated_after_a_failure_of_unknown_effect() -> None:
    """It may have been done."""
    script = _Script(BROKEN)
    with pytest.raises(ServiceUnavailable):
        await _client(script).post(Target("Contacts"), {})
    assert len(script.sent) == 1


async def test_post_is_repeated_when_it_was_not_done_and_stops_where_that_is_unsure() -> None:
    """A pause asked for means not done; a failure after it ends the tries."""
    script = _Script(BUSY, BUSY, BROKEN)
    with pytest.raises(ServiceUnavailable):
        await _client(script).post(Target("Contacts"), {})
    assert len(script.sent) == 3


@pytest.mark.parametrize("method", ["get", "delete"])
async def test_repeatable_requests_end_with_the_last_try(method: str) -> None:
    """Four tries, then the error is the caller's."""
    script = _Script(BUSY)
    client = _client(script)
    with pytest.raises(Throttled):
        await getattr(client, method)(Target("Contacts", "1"))
    assert len(script.sent) == 4


async def test_pauses_are_the_same_for_the_same_seed() -> None:
    """A simulation can be replayed."""
    pauses: list[list[float]] = []
    for _ in range(2):
        clock = PassingClock()
        with pytest.raises(ServiceUnavailable):
            await _client(_Script(BROKEN), clock).get(Target("Contacts"))
        pauses.append(clock.slept)
    assert pauses[0] == pauses[1]
    assert len(pauses[0]) == 3


async def test_service_without_a_clock_is_told() -> None:
    """Our own clock is no stand-in for Pipeliner's."""
    with pytest.raises(ServiceUnavailable, match="Date"):
        await _client(_Script(Answer(200, {}, OK.body))).server_time()
