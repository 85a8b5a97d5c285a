"""Links whose two sides show two people, as an earlier version made some: asked about, and left as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync_core.domain import Link, PairKey, PairRuling, Reason, link_subject, pair_key
from sync_core.domain.identity import Verdict, compare, traits
from sync_core.engine.notices import question_notice
from sync_core.operations.ports import Deployment
from sync_core.state import ConnectionRecord


async def ask_about_contradictions(deployment: Deployment, record: ConnectionRecord) -> int:
    """Ask about each linked pair whose sides contradict and that nobody has ruled on; returns about how many.

    Both sides are as they were when they agreed last. Most links hold one baseline for both, and cost no comparison.
    """
    reader, asked = deployment.reader(record.id), 0
    standing = {item.subject for item in await reader.attention()}
    async for links in reader.differing_links():
        contradicting = [link for link in _contradicting(links) if link_subject(link.id) not in standing]
        if not contradicting:
            continue
        keys = {link.id: _key_of(link) for link in contradicting}
        ruled = await deployment.rulings(record).on_pairs(list(keys.values()))
        for link in contradicting:
            if ruled.get(keys[link.id]) is not PairRuling.SAME:
                await reader.report(
                    question_notice(
                        Reason.LINK_CONTRADICTS,
                        link_subject(link.id),
                        candidates=(link.pipeliner_id,),
                        outlook_id=link.outlook_id,
                        pipeliner_id=link.pipeliner_id,
                        link_id=link.id,
                    )
                )
                asked += 1
    return asked


def _contradicting(links: Sequence[Link]) -> Iterator[Link]:
    for link in links:
        one, other = traits(link.baselines.outlook), traits(link.baselines.pipeliner)
        is_known = link.absent is None and link.pending is None and one.name and other.name
        if is_known and compare(one, other, has_stored_id=True).verdict is not Verdict.SAME:
            yield link


def _key_of(link: Link) -> PairKey:
    outlook, pipeliner = traits(link.baselines.outlook), traits(link.baselines.pipeliner)
    return pair_key(link.outlook_id, outlook, link.pipeliner_id, pipeliner)
