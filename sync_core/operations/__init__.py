"""What people, timers and queues ask for, one module a capability; the API and the command line are faces of it."""

from sync_core.operations.answering import Answered, AnswerRequest, answer, forget_ruling, rulings_of
from sync_core.operations.asking import (
    approve,
    attention_of,
    check_health,
    find_run,
    overview,
    request_sync,
    retry_set_aside,
)
from sync_core.operations.connecting import ConnectionChange, ConnectRequest, change, connect, parse_request
from sync_core.operations.ending import disconnect
from sync_core.operations.feeding import examine_rights
from sync_core.operations.governing import SpaceChange, change_space, check_not_stopped, resume_all, stop_all
from sync_core.operations.linking import LinkRequest, UnlinkRequest, link_contacts, unlink_contact
from sync_core.operations.ports import Deployment, Transports
from sync_core.operations.purging import PurgeRequest, erased_people, lift_erased, purge
from sync_core.operations.reconciling import reconcile_all
from sync_core.operations.working import poison_message, tick, work, work_message
from sync_core.state import TIMER

__all__ = [
    "TIMER",
    "AnswerRequest",
    "Answered",
    "ConnectRequest",
    "ConnectionChange",
    "Deployment",
    "LinkRequest",
    "PurgeRequest",
    "SpaceChange",
    "Transports",
    "UnlinkRequest",
    "answer",
    "approve",
    "attention_of",
    "change",
    "change_space",
    "check_health",
    "check_not_stopped",
    "connect",
    "disconnect",
    "erased_people",
    "examine_rights",
    "find_run",
    "forget_ruling",
    "lift_erased",
    "link_contacts",
    "overview",
    "parse_request",
    "poison_message",
    "purge",
    "reconcile_all",
    "request_sync",
    "resume_all",
    "retry_set_aside",
    "rulings_of",
    "stop_all",
    "tick",
    "unlink_contact",
    "work",
    "work_message",
]
