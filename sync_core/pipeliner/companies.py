"""A contact's company: which account, if any, a name stands for (the account rule), and the link to it.

Links are always written as records of their own, and never deleted by us: what PATCH does with a nested list is
undocumented, and a relation carries roles and comments that a person entered. So a former primary account is only
demoted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync_core.domain import AccountRule, PipelinerId, UserId
from sync_core.engine.ports import AccountNames, AnyName, OpenAccountNames, Refused
from sync_core.errors import RetryLater, ServiceUnavailable
from sync_core.http import Query
from sync_core.pipeliner.answers import (
    ACCOUNT_RELATIONS,
    ACCOUNTS,
    Done,
    NotThere,
    Record,
    Target,
    flag_of,
    id_of,
    text_of,
)
from sync_core.pipeliner.client import PipelinerClient, read_page, where
from sync_core.pipeliner.mapping import Account, FreeText, Linked, Place

REMEMBERED = 500
_ACCOUNT_SHOWN: Query = (("load-only", "id,name"),)
_RELATION_SHOWN: Query = (("load-only", "id,account_id,is_primary,position,is_deleted"),)


@dataclass(slots=True)
class Companies:
    """Finds accounts by name; several of one name are never guessed among.

    What the rule created is remembered: where lists lag behind writes, a second contact of the same company
    would otherwise get a second account. It is asked for by its id, so a rename or a delete is noticed. What others are
    making is told by `names`. What the rule creates belongs to `user_id`.
    """

    client: PipelinerClient
    rule: AccountRule
    user_id: UserId
    open_names: OpenAccountNames = AnyName
    wait_s: float | None = field(default=None, init=False)
    """After which an account may be there that somebody else was making when it was asked for last."""
    _names: AccountNames | None = field(default=None, init=False)
    _made: OrderedDict[str, str] = field(default_factory=OrderedDict, init=False)

    async def places(self, names: Iterable[str]) -> Mapping[str, Place]:
        """Find the place of each company, asking once for names that differ in case only.

        Accounts are created if the rule says so; one that Pipeliner refuses leaves the name as free text: a company is
        never lost. Left out are names whose account somebody else is making, and, once Pipeliner cannot be asked, the
        names that are left.
        """
        self.wait_s = None
        spelled = list(dict.fromkeys(names))
        found: dict[str, Place] = {}
        missing: dict[str, str] = {}
        try:
            for name in spelled:
                key = name.casefold()
                if key not in found and key not in missing:
                    place = await self._existing(name)
                    if place is None:
                        missing[key] = name
                    else:
                        found[key] = place
        except RetryLater:
            pass
        if missing:
            found |= await self._made_for(missing)
        told = {name: found[name.casefold()] for name in spelled if name.casefold() in found}
        return {name: FreeText(name) if isinstance(place, FreeText) else place for name, place in told.items()}

    async def is_another(self, name: str, account_id: str) -> bool:
        """Whether a name is exactly that of one other account; where nobody can tell just now it may be."""
        try:
            place = await self._existing(name)
        except RetryLater:
            return True
        return isinstance(place, Linked) and place.account.id != account_id

    async def _existing(self, name: str) -> Place | None:
        """Find the place of a company as it is; None where an account has to be made. Raises RetryLater."""
        if not name:
            return FreeText("")
        page = await read_page(self.client, ACCOUNTS, (*where("name", name, "ieq"), *_ACCOUNT_SHOWN), size=2)
        found = [_account(record) for record in page.records]
        if not found and self.rule is AccountRule.CREATE:
            known = self._made.get(name.casefold())
            account = await self._named(known, name) if known is not None else None
            return Linked(account) if account is not None else None
        return Linked(found[0]) if len(found) == 1 else FreeText(name)

    async def _named(self, account_id: str, name: str) -> Account | None:
        """Read an account by its id; None where it is gone, or is called otherwise by now."""
        result = await self.client.get(Target(ACCOUNTS, account_id))
        if isinstance(result, Done) and not flag_of(result.record, "is_deleted"):
            account = _account(result.record)
            return account if account.name.casefold() == name.casefold() else None
        return None

    async def _made_for(self, missing: Mapping[str, str]) -> dict[str, Place]:
        """Make accounts under names that are reserved first, all at once; return the places by the folded names."""
        places: dict[str, Place] = {}
        made: dict[str, str] = {}
        try:
            there, waits = await self._reserve(list(missing.values()))
            made = {name: "" for name in missing.values() if name not in there and name not in waits}
            places = {key: Linked(there[name]) for key, name in missing.items() if name in there}
            for key, name in missing.items():
                if name in made:
                    places[key] = await self._make(name, made)
        except RetryLater:
            pass
        finally:
            if made:
                await self._reserved.record(made)
        return places

    @property
    def _reserved(self) -> AccountNames:
        self._names = self._names or self.open_names()
        return self._names

    async def _reserve(self, names: Sequence[str]) -> tuple[dict[str, Account], frozenset[str]]:
        """Reserve names; returns the accounts that no list shows yet, and which names somebody else is making."""
        taken = dict(await self._reserved.reserve(names))
        there: dict[str, Account] = {}
        for name, one in taken.items():
            account = await self._named(one.account_id, name) if one.account_id else None
            if account is not None:
                there[name] = account
        gone = {one.account_id for name, one in taken.items() if one.account_id and name not in there}
        if gone:
            left = [name for name, one in taken.items() if one.account_id in gone]
            taken = {name: one for name, one in taken.items() if name not in left}
            taken |= await self._reserved.reserve(left, gone)
        waits = {name: one for name, one in taken.items() if name not in there}
        self.wait_s = max((one.wait_s for one in waits.values()), default=None)
        return there, frozenset(waits)

    async def _make(self, name: str, made: dict[str, str]) -> Place:
        """Make an account, and note its id in `made`; one of which nobody knows whether it was made is not in there."""
        try:
            result = await self.client.post(Target(ACCOUNTS), {"name": name, "owner_id": self.user_id})
            account = _account(result.record) if isinstance(result, Done) else None
        except ServiceUnavailable:
            del made[name]
            raise
        if account is None:
            return FreeText(name)
        made[name] = self._made[name.casefold()] = account.id
        if len(self._made) > REMEMBERED:
            self._made.popitem(last=False)
        return Linked(account)


def _account(record: Record) -> Account:
    return Account(id_of(record), text_of(record, "name"))


async def link(client: PipelinerClient, contact_id: PipelinerId, account_id: str, title: str | None) -> Refused | None:
    """Make an account the contact's primary one, with the job title on the relation unless it is None.

    The new one is made primary before the others are demoted, so a crash in between leaves the contact with
    a company; repeating the call ends in the same state. Raises RetryLater when the outcome is unknown.
    """
    relations = await _relations(client, contact_id)
    wanted = [relation for relation in relations if id_of(relation, "account_id") == account_id]
    body: dict[str, Any] = {"is_primary": True} | ({} if title is None else {"position": title})
    if wanted:
        result = await client.patch(Target(ACCOUNT_RELATIONS, id_of(wanted[0])), body)
    else:
        both = {"contact_id": contact_id, "account_id": account_id}
        result = await client.post(Target(ACCOUNT_RELATIONS), {**both, **body})
    if isinstance(result, NotThere):
        raise ServiceUnavailable("a relation between contact and account went away meanwhile")
    refused = result if isinstance(result, Refused) else None
    return refused or await _demote(client, [relation for relation in relations if relation not in wanted[:1]])


async def unlink(client: PipelinerClient, contact_id: PipelinerId) -> Refused | None:
    """Leave the contact without a primary account."""
    return await _demote(client, await _relations(client, contact_id))


async def _relations(client: PipelinerClient, contact_id: PipelinerId) -> Sequence[Record]:
    page = await read_page(client, ACCOUNT_RELATIONS, (*where("contact_id", contact_id), *_RELATION_SHOWN))
    return [relation for relation in page.records if not flag_of(relation, "is_deleted")]


async def _demote(client: PipelinerClient, relations: Sequence[Record]) -> Refused | None:
    for relation in relations:
        if flag_of(relation, "is_primary"):
            result = await client.patch(Target(ACCOUNT_RELATIONS, id_of(relation)), {"is_primary": False})
            if isinstance(result, Refused):
                return result
    return None
