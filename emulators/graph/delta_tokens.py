"""Tokens of change tracking: opaque, of one folder, and replayable for a few generations only."""

from __future__ import annotations

import binascii
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

from emulators.graph.delta_round import Round
from emulators.graph.errors import GraphError, bad_request
from emulators.graph.tenant import Tenant

SKIP = "$skiptoken"
DELTA = "$deltatoken"
_HEAD = b"\x47\x4b\xae\xb2\x63\x03\x34\x68\x34\x27" * 6
_NUMBER_BYTES = 6


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a chain stands: within a round at `offset`, or (without round) at a place of the folder's log."""

    position: int = 0
    round: Round | None = None
    offset: int = 0
    paused: bool = False


@dataclass(slots=True)
class Chain:
    """One client's series of links on a folder: the generations still kept, oldest first."""

    number: int
    folder_id: str
    selected: tuple[str, ...] | None
    newest: int
    kept: dict[int, Cursor] = field(default_factory=dict)
    expired: bool = False


class TokenRegister:
    """Issues tokens and finds the place each stands for."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._chains: list[Chain] = []

    def start(self, folder_id: str, selected: tuple[str, ...] | None) -> Chain:
        """Begin a chain."""
        chain = Chain(len(self._chains), folder_id, selected, newest=self._tenant.rng.randrange(100, 200))
        self._chains.append(chain)
        return chain

    def issue(self, chain: Chain, cursor: Cursor) -> str:
        """Token of the next generation; the oldest kept one falls off."""
        chain.newest += 1
        chain.kept[chain.newest] = cursor
        while len(chain.kept) > self._tenant.switches.delta_generations:
            del chain.kept[next(iter(chain.kept))]
        name = DELTA if cursor.round is None else SKIP
        return _encode(name, chain.number, chain.newest)

    def redeem(self, folder_id: str, name: str, token: str) -> tuple[Chain, Cursor]:
        """Chain and place of a token; raises GraphError 400 for a malformed one, 410 for one too old."""
        number, generation = _decode(name, token)
        if number >= len(self._chains) or self._chains[number].folder_id != folder_id:
            raise _badly_formed()
        chain = self._chains[number]
        if chain.expired or generation not in chain.kept:
            raise self._gone(chain, generation)
        return chain, chain.kept[generation]

    def expire(self, folder_ids: frozenset[str] | None = None) -> None:
        """Forget the generations of all chains, or of those on some folders."""
        for chain in self._chains:
            if folder_ids is None or chain.folder_id in folder_ids:
                chain.expired = True
                chain.kept.clear()

    def _gone(self, chain: Chain, generation: int) -> GraphError:
        code = self._tenant.switches.delta_expired_code
        if code == "resyncRequired":
            return GraphError(410, code, "Resync required. Replace any local items with the server's version.")
        kept = sorted(chain.kept)
        highest = [f"highest={chain.newest}", *kept[-1:], *kept[:-1]]
        shown = "".join(f"[{number}]" for number in highest)
        message = f"The sync state generation is not found; generation={generation};{shown}."
        return GraphError(410, code, message)


def _encode(name: str, number: int, generation: int) -> str:
    plain = _HEAD + name.encode() + number.to_bytes(_NUMBER_BYTES, "big") + generation.to_bytes(_NUMBER_BYTES, "big")
    return urlsafe_b64encode(plain + binascii.crc32(plain).to_bytes(4, "big")).decode()


def _decode(name: str, token: str) -> tuple[int, int]:
    try:
        sealed = b64decode(token.encode(), altchars=b"-_", validate=True)
    except ValueError:
        raise _badly_formed() from None
    plain, seal = sealed[:-4], sealed[-4:]
    head = _HEAD + name.encode()
    if binascii.crc32(plain).to_bytes(4, "big") != seal or not plain.startswith(head):
        raise _badly_formed()
    numbers = plain[len(head) :]
    return int.from_bytes(numbers[:_NUMBER_BYTES], "big"), int.from_bytes(numbers[_NUMBER_BYTES:], "big")


def _badly_formed() -> GraphError:
    return bad_request("Badly formed token.")
