"""What the tests may turn on this emulated service: each unclear or unpleasant habit of Graph is one switch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

RETRY_AFTER_FORMS = ("integer", "fractional", "http_date", "none", "long")
EXPIRED_CODES = ("SyncStateNotFound", "resyncRequired")


@dataclass(slots=True)
class GraphSwitches:
    """The service's habits; shares are 0..1, times in seconds of the service's clock. Changed in place."""

    strict_properties: bool = True
    """Unknown properties in a body are a 400; otherwise they are ignored."""
    length_limits: bool = True
    """Texts over 255 characters (personalNotes: 32,768) are a 400."""
    if_match_enforced: bool = False
    folder_exists_status: int = 409
    contact_found_anywhere: bool = True
    """`/users/{id}/contacts/{cid}` also finds contacts outside the default folder."""
    deleted_items_readable: bool = False
    """A soft-deleted contact is still read by its immutable id, with the Deleted Items folder as parent."""

    extended_property_in_delta: bool = True
    """A change of nothing but an extended property brings the contact into delta."""
    delta_page_limit: int = 200
    delta_generations: int = 3
    delta_expired_code: str = "SyncStateNotFound"
    delta_empty_pages: bool = False
    delta_shuffled: bool = False
    delta_duplicate_share: float = 0.0
    delta_replays: int = 0
    """So many changes that were already told are told again in every later round."""
    delta_phantom_removals: int = 0
    """So many removals of contacts nobody has seen are told in every round."""
    delta_short_lived_told: bool = True
    """A contact created and deleted between two rounds is told as removed; otherwise not at all."""
    delta_visibility_delay_s: float = 0.0
    delta_snapshot: bool = True
    """Pages show the state at the start of their round; otherwise that of the moment they are read."""
    delta_omitted_share: float = 0.0
    """The first round leaves out this share of the contacts: a service that lies."""
    delta_loses_returned: bool = True
    """With immutable ids, a contact moved away and back between two rounds is told as removed only."""

    batch_shuffled: bool = True
    batch_throttled_share: float = 0.0
    """This share of the parts beyond the fourth of one mailbox in a batch is answered 429."""
    throttle_limit: int = 10_000
    """Requests per app and mailbox in ten minutes."""
    retry_after_form: str = "integer"
    retry_after_s: float = 1.0
    """Wait told for throttled parts of a batch; a used-up allowance tells the real wait."""

    accept_any_token: bool = True
    token_lifetime_s: int = 3599

    def change(self, changes: Mapping[str, Any]) -> None:
        """Set the named switches; raises ValueError on an unknown name or a value of the wrong kind."""
        known = {field.name for field in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"no switch is called {name}")
            if not _fits(getattr(self, name), value) or value not in _CHOICES.get(name, (value,)):
                raise ValueError(f"switch {name} does not take this value")
        for name, value in changes.items():
            setattr(self, name, value)

    def as_json(self) -> dict[str, Any]:
        """All switches by name."""
        return asdict(self)


_CHOICES: Mapping[str, tuple[str | int, ...]] = {
    "retry_after_form": RETRY_AFTER_FORMS,
    "delta_expired_code": EXPIRED_CODES,
    "folder_exists_status": (400, 409),
}


def _fits(current: object, value: object) -> bool:
    if isinstance(current, bool) or isinstance(value, bool):
        return isinstance(current, bool) and isinstance(value, bool)
    if isinstance(current, float):
        return isinstance(value, int | float)
    return isinstance(value, type(current))
