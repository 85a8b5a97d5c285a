"""The ten steps of the demo. Each acts as people do, syncs, and reads both services again."""

from __future__ import annotations

from emulators.demo.runner import Check, Sides, Step, Told, at_most, equal
from emulators.demo.story import ABSENT, Card, Story
from emulators.serving import SPACE_NAME
from sync_core.connection_settings import ConnectionSettings
from sync_core.domain import Action, Recorded, Value

STORAGE_OPERATIONS_OF_AN_IDLE_RUN = 4
_SETTINGS = ConnectionSettings.model_validate({"conflict_rule": "pipeliner", "deletion_delay_minutes": 0})
_REQUIRED = "cf_segment"


async def connect_and_fill(story: Story) -> Told:
    """Connect; the new folder is filled."""
    mine = story.customers()
    before = Sides("no connected folder", _sample(mine))
    await story.connect(_SETTINGS)
    contacts = story.outlook()
    folder = story.graph.folders(story.member.mailbox_id).get(story.record.folder_id, ABSENT)
    waiting = [item.message for item in await story.attention()]
    return Told(
        f"{story.member.name}'s mailbox is connected with her Pipeliner user.",
        before,
        Sides(f"{folder}\n{_sample(contacts)}", _sample(story.customers())),
        (
            equal("the new folder has its name", f"Pipeliner ({SPACE_NAME})", folder),
            equal("every contact is there once", len(mine), len(contacts)),
            equal("mobile numbers arrived", _mobiles(mine), _mobiles(contacts)),
            equal("nothing waits for a person", [], waiting),
        ),
    )


async def created_in_outlook(story: Story) -> Told:
    """A contact written in Outlook appears in Pipeliner."""
    before = story.sides("Valdivia")
    story.write_in_outlook(
        givenName="Inés",
        surname="Valdivia",
        companyName="Copper Kettle Brewing",
        mobilePhone="+1 312 555 0142",
        emailAddresses=[{"address": "ines@kettle.example", "name": "Inés Valdivia"}],
        businessAddress={"city": "Albany"},
    )
    await story.sync()
    return Told(
        "In Outlook she writes down Inés Valdivia.",
        before,
        story.sides("Valdivia"),
        _alike(story, "Valdivia", "Inés Valdivia", "Copper Kettle Brewing", "Albany", "+1 312 555 0142"),
    )


async def created_in_pipeliner(story: Story) -> Told:
    """A contact written in Pipeliner appears in Outlook."""
    before = story.sides("星空")
    story.write_in_pipeliner(
        first_name="愛子", last_name="星空", quick_account_name="星空商店", city="大阪", phone2="+81 90 0000 0077"
    )
    await story.sync()
    return Told(
        "In Pipeliner she writes down 愛子 星空.",
        before,
        story.sides("星空"),
        _alike(story, "星空", "愛子 星空", "星空商店", "大阪", "+81 90 0000 0077"),
    )


async def edits_merge(story: Story) -> Told:
    """Different fields edited on both sides are both kept."""
    before = story.sides("Valdivia")
    story.edit_in_outlook("Valdivia", mobilePhone="+1 312 555 0199")
    story.edit_in_pipeliner("Valdivia", city="Springfield")
    await story.sync()
    return Told(
        "In Outlook the mobile number changes, in Pipeliner the city.",
        before,
        story.sides("Valdivia"),
        _alike(story, "Valdivia", "Inés Valdivia", "Copper Kettle Brewing", "Springfield", "+1 312 555 0199"),
    )


async def conflict_is_decided(story: Story) -> Told:
    """The same field edited on both sides: the rule decides, and the history keeps the loser."""
    before, customer_id = story.sides("星空"), story.customer_id("星空")
    story.edit_in_outlook("星空", businessAddress={"city": "神戸"})
    story.edit_in_pipeliner("星空", city="奈良")
    await story.sync()
    recorded = await story.history(Action.CONFLICT, customer_id)
    return Told(
        "The city becomes 神戸 in Outlook and 奈良 in Pipeliner; the rule is “Pipeliner wins”.",
        before,
        story.sides("星空"),
        (
            *_alike(story, "星空", "愛子 星空", "星空商店", "奈良", "+81 90 0000 0077"),
            equal("the history keeps what lost", {"city": "神戸"}, _old_values(recorded)),
        ),
        tuple(f"history: {_in_words(item)}" for item in recorded),
    )


async def delete_with_protection(story: Story) -> Told:
    """Deleted in Outlook under delete protection: Pipeliner keeps it, and it does not come back."""
    before = story.sides("Valdivia")
    story.delete_in_outlook("Valdivia")
    await story.sync()
    story.edit_in_pipeliner("Valdivia", city="Portland")
    await story.sync()
    in_outlook, in_pipeliner = story.both("Valdivia")
    return Told(
        "She deletes Inés in Outlook; delete protection is on. Later Inés is edited in Pipeliner.",
        before,
        story.sides("Valdivia"),
        (
            equal("Outlook does not get it back", None, in_outlook),
            equal("Pipeliner keeps it", "Portland", in_pipeliner.city if in_pipeliner else ABSENT),
        ),
    )


async def delete_without_protection(story: Story) -> Told:
    """Deleted in Outlook without protection: gone in Pipeliner too, with every value in the history."""
    before, customer_id = story.sides("星空"), story.customer_id("星空")
    await story.change_settings(delete_protection=False)
    story.delete_in_outlook("星空")
    await story.sync()
    recorded = await story.history(Action.DELETED, customer_id)
    values = _old_values(recorded)
    kept = {"given_name": "愛子", "surname": "星空", "company": "星空商店", "city": "奈良"}
    protected = story.both("Valdivia")[1]
    return Told(
        "She turns delete protection off and deletes 愛子 in Outlook.",
        before,
        story.sides("星空"),
        (
            equal("both sides have it no more", (None, None), story.both("星空")),
            equal("the history keeps its values", kept, {name: values.get(name) for name in kept}),
            equal("Inés, deleted under protection, stays", "Inés Valdivia", protected.name if protected else ABSENT),
        ),
        tuple(f"history: {_in_words(item)}" for item in recorded),
    )


async def deleted_in_pipeliner(story: Story) -> Told:
    """Deleted in Pipeliner: gone from Outlook."""
    before = story.sides("Bellweather")
    story.delete_in_pipeliner("Bellweather")
    await story.sync()
    return Told(
        "She deletes Freelance Bellweather in Pipeliner.",
        before,
        story.sides("Bellweather"),
        (equal("both sides have it no more", (None, None), story.both("Bellweather")),),
    )


async def required_field(story: Story) -> Told:
    """A field that Pipeliner requires blocks a new contact until a default is set."""
    story.crm.act("add_field", _REQUIRED, "input")
    story.crm.act("require_fields", [_REQUIRED])
    story.write_in_outlook(givenName="Tamsin", surname="Greatorex", mobilePhone="+44 7700 900155")
    await story.sync()
    before, blocked = story.sides("Greatorex"), await story.attention()
    await story.change_settings(required_defaults={_REQUIRED: "Prospect"})
    await story.sync()
    records = story.crm.contacts(story.member.user_id)
    segments = [record[_REQUIRED] for record in records if record["last_name"] == "Greatorex"]
    return Told(
        f"The administrator makes {_REQUIRED} a required field; then she writes down Tamsin Greatorex in Outlook.",
        before,
        story.sides("Greatorex"),
        (
            equal("it waited with a reason", [(_REQUIRED,)], [item.fields for item in blocked]),
            equal("with a default it is created", ["Prospect"], segments),
            equal("nothing waits any more", [], [item.message for item in await story.attention()]),
        ),
        tuple(f"attention: {item.message} {item.remedy}" for item in blocked),
    )


async def idle_run(story: Story) -> Told:
    """A run that finds nothing costs next to nothing."""
    await story.come_to_rest()
    before = Sides(_sample(story.outlook()), _sample(story.customers()))
    results = await story.one_run()
    usage = story.usage
    return Told(
        "Nobody does anything; one more run runs.",
        before,
        Sides(_sample(story.outlook()), _sample(story.customers())),
        (
            equal("one run that writes nothing", [0], [result.run.counts.writes for result in results]),
            equal("requests to Graph", 1, usage.graph_requests),
            equal("requests to Pipeliner", 0, usage.pipeliner_requests),
            at_most("storage operations", STORAGE_OPERATIONS_OF_AN_IDLE_RUN, usage.storage_operations or 0),
        ),
    )


STEPS: tuple[Step[Story], ...] = (
    Step("Connect and first sync", connect_and_fill),
    Step("Created in Outlook, appears in Pipeliner", created_in_outlook),
    Step("Created in Pipeliner, appears in Outlook", created_in_pipeliner),
    Step("Different fields edited on both sides merge", edits_merge),
    Step("A conflict is decided by the rule", conflict_is_decided),
    Step("Deleted in Outlook with delete protection", delete_with_protection),
    Step("Deleted in Outlook without protection", delete_without_protection),
    Step("Deleted in Pipeliner", deleted_in_pipeliner),
    Step("Blocked by a required field, then created", required_field),
    Step("A run with nothing to do", idle_run),
)


def _alike(story: Story, surname: str, name: str, company: str, city: str, mobile: str) -> tuple[Check, Check]:
    """Expect one contact with these values on both sides."""

    def shown(card: Card | None) -> tuple[str, ...]:
        return (card.name, card.company, card.city, card.mobile) if card else ()

    expected = (name, company, city, mobile)
    in_outlook, in_pipeliner = story.both(surname)
    return (
        equal("as it should be in Outlook", expected, shown(in_outlook)),
        equal("as it should be in Pipeliner", expected, shown(in_pipeliner)),
    )


def _sample(cards: list[Card]) -> str:
    """Show a few of the contacts, from all over the list."""
    few = cards[:: max(1, len(cards) // 5)][:5]
    return "\n".join([f"{len(cards)} contacts, such as", *(card.name for card in few)])


def _mobiles(cards: list[Card]) -> list[str]:
    return sorted(card.mobile for card in cards if card.mobile)


def _old_values(recorded: list[Recorded]) -> dict[str, Value]:
    return {change.field: change.old for item in recorded for change in item.entry.changes}


def _in_words(recorded: Recorded) -> str:
    changes = "; ".join(
        f"{change.field} {_plain(change.old)}" + (f" gave way to {_plain(change.new)}" if change.new else "")
        for change in recorded.entry.changes
    )
    return f"{recorded.entry.action.value} ({recorded.entry.why or 'as asked'}): {changes}"


def _plain(value: Value) -> str:
    return value if isinstance(value, str) else ", ".join(value)
