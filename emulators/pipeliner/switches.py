"""What the vendor leaves unsaid about the service, as switches: a client must survive either way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

Strictness = Literal["reject", "ignore"]
Deleted = Literal["not_found", "accept"]


@dataclass(slots=True)
class PipelinerSwitches:
    """One setting per undocumented behaviour; the defaults are the likelier or the harsher reading."""

    first_over_cap: Literal["clamp", "reject"] = "clamp"
    get_takes_parameters: bool = True
    get_deleted: Deleted = "not_found"
    lists_show_archived: bool = True
    roles_readable: bool = True
    visible_after_s: float = 0.0
    listing_cut: int | None = None
    listing_cut_entity: str = ""
    listing_cut_says_more: bool = True

    unknown_keys: Strictness = "reject"
    read_only_keys: Strictness = "reject"
    nested_lists_in_patch: Literal["reject", "replace", "append"] = "reject"
    null_clears_text: bool = True
    four_byte_text: Literal["accept", "reject", "strip"] = "accept"
    over_length: Literal["reject", "truncate"] = "reject"
    email_format_checked: bool = False
    trims_text: bool = False
    reformats_phones: bool = False
    lowercases_emails: bool = False
    unifies_line_ends: bool = False
    position_falls_back_when_empty: bool = False
    duplicate_relations: Literal["reject", "accept"] = "reject"
    unit_follows_owner: bool = False
    batch_cap: int = 100

    patch_deleted: Deleted = "not_found"
    second_delete: Deleted = "not_found"
    delete_bumps_modified: bool = True
    delete_needs_archive: bool = False
    identical_patch_bumps: bool = False
    child_changes_bump_contact: bool = False

    def change(self, settings: Mapping[str, Any]) -> None:
        """Set switches by name; raises KeyError on an unknown one, before any is set."""
        known = {item.name for item in fields(self)}
        for name in settings:
            if name not in known:
                raise KeyError(name)
        for name, value in settings.items():
            setattr(self, name, value)

    def as_json(self) -> dict[str, Any]:
        """All switches by name."""
        return asdict(self)
