"""What the sync keeps: connections, the rows that runs and the feed leave, and what people may see of them."""

from sync_core.state.asked import AskedRuns
from sync_core.state.askers import StoredAskers
from sync_core.state.audit import (
    AUDIT,
    PROGRAM,
    TIMER,
    Act,
    Actor,
    AuditEntry,
    AuditResult,
    AuditTrail,
    Origin,
    place_of,
)
from sync_core.state.connection_record import (
    DISCONNECTING,
    PAUSED_BY_PERSON,
    ConnectionRecord,
    ConnectionStatus,
    UnreadableRecord,
)
from sync_core.state.connection_state import StoredConnectionState
from sync_core.state.duplicates import NotedDuplicate, StoredDuplicates
from sync_core.state.erased import Erased, ErasedPeople
from sync_core.state.erasure import (
    Erasure,
    Mention,
    Subject,
    erase_in_index,
    follow,
    forget_in_feed,
    living_links,
    survey,
    values_of,
)
from sync_core.state.feed import StoredFeedState, forget, next_remembered
from sync_core.state.feed_turn import StoredFeedTurn, polled_at
from sync_core.state.history_pages import HistoryPage
from sync_core.state.index import StoredSideIndex
from sync_core.state.index_lookup import SideLookup, StoredIdentityIndex
from sync_core.state.index_rows import folder_place, space_place
from sync_core.state.keyed import KeyedHash, open_key
from sync_core.state.lease import Tenant, mark_stop
from sync_core.state.reading import ConnectionReading, ConnectionSummary, Waiting, call_back, put_looks, run_actions
from sync_core.state.registry import Registry, space_of
from sync_core.state.repair import Repairs, RowRepair
from sync_core.state.reservations import (
    StoredAccountNames,
    StoredReservations,
    end_old_reservations,
    end_reservations,
    reservations_of,
)
from sync_core.state.rights_rows import rights_of
from sync_core.state.rows import RIGHTS
from sync_core.state.ruling_rows import end_rulings, erase_rulings
from sync_core.state.rulings import StoredRulings
from sync_core.state.run_rows import user_as_read
from sync_core.state.trimming import (
    ask_for_clearing,
    clear_departed,
    erase_departure,
    erase_space,
    is_clearing_wanted,
    note_departure,
    remove_all,
    trim,
    withdraw_clearing,
)

__all__ = [
    "AUDIT",
    "DISCONNECTING",
    "PAUSED_BY_PERSON",
    "PROGRAM",
    "RIGHTS",
    "TIMER",
    "Act",
    "Actor",
    "AskedRuns",
    "AuditEntry",
    "AuditResult",
    "AuditTrail",
    "ConnectionReading",
    "ConnectionRecord",
    "ConnectionStatus",
    "ConnectionSummary",
    "Erased",
    "ErasedPeople",
    "Erasure",
    "HistoryPage",
    "KeyedHash",
    "Mention",
    "NotedDuplicate",
    "Origin",
    "Registry",
    "Repairs",
    "RowRepair",
    "SideLookup",
    "StoredAccountNames",
    "StoredAskers",
    "StoredConnectionState",
    "StoredDuplicates",
    "StoredFeedState",
    "StoredFeedTurn",
    "StoredIdentityIndex",
    "StoredReservations",
    "StoredRulings",
    "StoredSideIndex",
    "Subject",
    "Tenant",
    "UnreadableRecord",
    "Waiting",
    "ask_for_clearing",
    "call_back",
    "clear_departed",
    "end_old_reservations",
    "end_reservations",
    "end_rulings",
    "erase_departure",
    "erase_in_index",
    "erase_rulings",
    "erase_space",
    "folder_place",
    "follow",
    "forget",
    "forget_in_feed",
    "is_clearing_wanted",
    "living_links",
    "mark_stop",
    "next_remembered",
    "note_departure",
    "open_key",
    "place_of",
    "polled_at",
    "put_looks",
    "remove_all",
    "reservations_of",
    "rights_of",
    "run_actions",
    "space_of",
    "space_place",
    "survey",
    "trim",
    "user_as_read",
    "values_of",
    "withdraw_clearing",
]
