"""The account rule: which account, if any, a company's name stands for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sync_core.domain.contact import UserId
from sync_core.domain.rules import AccountRule
from sync_core.errors import RetryLater
from sync_core.pipeliner.answers import Done
from sync_core.pipeliner.client import PipelinerClient, Query
from sync_core.pipeliner.mapping import Account
from sync_core.pipeliner.paging import read_page, where
from sync_core.pipeliner.records import Record, flag_of, id_of, text_of
from sync_core.pipeliner.targets import ACCOUNTS, Target

REMEMBERED = 500
_SHOWN: Query = (("load-only", "id,name"),)


@dataclass(frozen=True, slots=True)
class Linked:
    """The company is this account."""

    account: Account


@dataclass(frozen=True, slots=True)
class FreeText:
    """The company is a name beside the contact, or with "" none at all."""

    name: str


Place = Linked | FreeText


class Companies:
    """Finds accounts by name; several of one name are never guessed among.

    What the rule created is remembered: where lists lag behind writes, a second contact of the same company
    would otherwise get a second account. It is asked for by its id, so a rename or a delete is noticed.
    """

    def __init__(self, client: PipelinerClient, rule: AccountRule, user_id: UserId) -> None:
        """`user_id` becomes the owner of what the rule creates."""
        self._client = client
        self._rule = rule
        self._user_id = user_id
        self._made: OrderedDict[str, str] = OrderedDict()

    async def places(self, names: Iterable[str]) -> Mapping[str, Place]:
        """Find the place of each company, asking once for names that differ in case only.

        Once Pipeliner cannot be asked, the names that are left are left out.
        """
        places: dict[str, Place] = {}
        asked: dict[str, Place] = {}
        for name in dict.fromkeys(names):
            try:
                found = asked.get(name.casefold()) or await self.place(name)
            except RetryLater:
                break
            asked[name.casefold()] = found
            places[name] = FreeText(name) if isinstance(found, FreeText) else found
        return places

    async def place(self, name: str) -> Place:
        """Find the place of a company; creates the account if the rule says so.

        An account that Pipeliner refuses to create leaves the name as free text: a company is never lost.
        Raises RetryLater when Pipeliner cannot be asked.
        """
        if not name:
            return FreeText("")
        page = await read_page(self._client, ACCOUNTS, (*where("name", name, "ieq"), *_SHOWN), size=2)
        found = [_account(record) for record in page]
        if not found and self._rule is AccountRule.CREATE:
            made = await self._made_before(name) or await self._create(name)
            found = [made] if made else []
        return Linked(found[0]) if len(found) == 1 else FreeText(name)

    async def _made_before(self, name: str) -> Account | None:
        account_id = self._made.get(name.casefold())
        if account_id is None:
            return None
        result = await self._client.get(Target(ACCOUNTS, account_id))
        if not isinstance(result, Done) or flag_of(result.record, "is_deleted"):
            return None
        account = _account(result.record)
        return account if account.name.casefold() == name.casefold() else None

    async def _create(self, name: str) -> Account | None:
        result = await self._client.post(Target(ACCOUNTS), {"name": name, "owner_id": self._user_id})
        if not isinstance(result, Done):
            return None
        account = _account(result.record)
        self._made[name.casefold()] = account.id
        if len(self._made) > REMEMBERED:
            self._made.popitem(last=False)
        return account


def _account(record: Record) -> Account:
    return Account(id_of(record), text_of(record, "name"))
