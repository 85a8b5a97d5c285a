"""Tells a story from a seed: a world with its habits, its people, and a mixture of scenes and small actions."""

from __future__ import annotations

import random
from typing import Any

from tests.battery.simulation.scenes import SCENES
from tests.battery.simulation.scenes_process import trouble
from tests.battery.simulation.stage import Stage
from tests.battery.simulation.story import Json, Step, Story
from tests.battery.simulation.words import Words


def tell(seed: int) -> Story:
    """Tell the story of a seed; the same seed always gives the same story."""
    rng = random.Random(seed)  # noqa: S311 - seeded, not secret
    words = Words(rng)
    world = _world(rng, words)
    stage = Stage(rng, words, [person["who"] for person in world["people"]], world)
    steps: list[Json] = [{"action": "tick"}] if rng.random() < 0.8 else []
    for _ in range(rng.randint(2, 4)):
        scene = SCENES[rng.randrange(len(SCENES))] if rng.random() < 0.75 else None
        told = scene(stage) if scene else [stage.any_action() for _ in range(rng.randint(1, 4))]
        if rng.random() < 0.35:
            told.insert(rng.randrange(len(told) // 2, len(told)), trouble(stage))
        steps.extend(told)
        if rng.random() < 0.7:
            steps.append({"action": "tick"})
    return Story(seed, world, tuple(Step(item["action"], _given(item)) for item in steps))


def _given(item: Json) -> Json:
    return {name: value for name, value in item.items() if name != "action"}


def _world(rng: random.Random, words: Words) -> Json:
    world: Json = {
        "connections": _connections(rng),
        "graph": _chosen(rng, _GRAPH_HABITS),
        "crm": _chosen(rng, _CRM_HABITS),
        "app": {},
        "answers": rng.random() < 0.7,
        "accounts": [words.value("company") for _ in range(2)] if rng.random() < 0.5 else [],
    }
    if rng.random() < 0.06:
        # The shortest budgets that are allowed, and services so slow that they do not suffice.
        world |= {"app": {"sync_pass_budget_s": rng.choice((10, 20))}, "latency_s": 1.0}
    if rng.random() < 0.25:
        world["key_field"] = True
        for connection in world["connections"]:
            connection["settings"]["key_field"] = "cf_sync_key"
    world["people"] = [
        person for _ in range(rng.randint(3, 6)) for person in _person(rng, words, len(world["connections"]))
    ]
    return world


def _connections(rng: random.Random) -> list[Json]:
    first: Json = {"mailbox": 0, "user": 0, "folder": "new", "settings": _settings(rng)}
    second: Json = {"mailbox": 1, "user": 1, "folder": "new", "settings": _settings(rng)}
    other: Json = {"mailbox": 0, "user": 0, "folder": "Second", "settings": _settings(rng)}
    count = rng.choices((1, 2, 3), (65, 30, 5))[0]
    return [first, *rng.sample([second, other], 2)[: count - 1]] if count < 3 else [first, second, other]


def _settings(rng: random.Random) -> Json:
    settings: Json = {
        "sync_type": rng.choices(("two_way", "to_pipeliner", "to_outlook"), (70, 14, 16))[0],
        "scope": rng.choices(("owned", "owned_or_editable", "visible"), (50, 35, 15))[0],
        "delete_protection": rng.random() < 0.4,
        "conflict_rule": rng.choice(("newest", "pipeliner", "outlook")),
        "account_rule": rng.choice(("free_text", "free_text", "create")),
    }
    if rng.random() < 0.4:
        settings |= {"max_delete_count": 1, "max_delete_percent": rng.choice((0, 20))}
    if rng.random() < 0.3:
        settings |= {"max_change_count": 1, "max_change_percent": 20}
    if rng.random() < 0.25:
        settings["deletion_delay_minutes"] = 15
    return settings


_GRAPH_HABITS: tuple[tuple[float, str, tuple[Any, ...]], ...] = (
    (0.3, "if_match_enforced", (True,)),
    (0.3, "contact_found_anywhere", (False,)),
    (0.3, "deleted_items_readable", (True,)),
    (0.3, "extended_property_in_delta", (False,)),
    (0.2, "delta_page_limit", (1, 2)),
    (0.2, "delta_generations", (1, 2)),
    (0.3, "delta_expired_code", ("resyncRequired",)),
    (0.2, "delta_empty_pages", (True,)),
    (0.3, "delta_shuffled", (True,)),
    (0.3, "delta_duplicate_share", (0.5,)),
    (0.25, "delta_replays", (1, 3)),
    (0.25, "delta_phantom_removals", (1, 2)),
    (0.3, "delta_short_lived_told", (False,)),
    (0.2, "delta_visibility_delay_s", (5.0, 20.0)),
    (0.3, "delta_snapshot", (False,)),
    (0.3, "delta_loses_returned", (False,)),
    (0.3, "batch_shuffled", (False,)),
    (0.5, "retry_after_form", ("fractional", "http_date", "none", "long")),
    (0.1, "folder_exists_status", (400,)),
)
_CRM_HABITS: tuple[tuple[float, str, tuple[Any, ...]], ...] = (
    (0.2, "first_over_cap", ("reject",)),
    (0.2, "get_takes_parameters", (False,)),
    (0.3, "get_deleted", ("accept",)),
    (0.2, "lists_show_archived", (False,)),
    (0.2, "visible_after_s", (2.0, 20.0, 60.0)),
    (0.2, "four_byte_text", ("reject", "strip")),
    (0.2, "email_format_checked", (True,)),
    (0.4, "trims_text", (True,)),
    (0.4, "reformats_phones", (True,)),
    (0.4, "lowercases_emails", (True,)),
    (0.4, "unifies_line_ends", (True,)),
    (0.1, "position_falls_back_when_empty", (True,)),
    (0.3, "null_clears_text", (False,)),
    (0.2, "duplicate_relations", ("accept",)),
    (0.3, "unit_follows_owner", (True,)),
    (0.3, "patch_deleted", ("accept",)),
    (0.3, "second_delete", ("accept",)),
    (0.3, "delete_bumps_modified", (False,)),
    (0.2, "identical_patch_bumps", (True,)),
    (0.3, "child_changes_bump_contact", (True,)),
)


def _chosen(rng: random.Random, habits: tuple[tuple[float, str, tuple[Any, ...]], ...]) -> Json:
    return {name: rng.choice(values) for chance, name, values in habits if rng.random() < chance}


def _person(rng: random.Random, words: Words, connections: int) -> list[Json]:
    who = words.name()
    values = words.person(who)
    side = rng.choices(("pipeliner", "outlook", "both"), (45, 35, 20))[0]
    birth: Json = {"who": who, "at": rng.randrange(connections), "user": rng.choices((0, 1), (75, 25))[0]}
    if side != "both":
        return [{**birth, "side": side, "values": values}]
    other = dict(values)
    for name in rng.sample(sorted(set(values) - {"surname", "given_name", "emails"}), 1):
        other[name] = words.value(name)
    if rng.random() < 0.5:
        other.pop("given_name", None)
    return [{**birth, "side": "pipeliner", "values": values}, {**birth, "side": "outlook", "values": other}]
