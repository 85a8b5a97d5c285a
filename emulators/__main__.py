"""Serves both emulated services: `python -m emulators --graph-port 9001 --pipeliner-port 9002`.

Prints one JSON line once both answer, then runs until it is interrupted or terminated.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence

from emulators.serving import API_PASSWORD, API_TOKEN, SPACE_ID, PortTaken, Services, running_services

CANNOT_RUN = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; answers the exit status."""
    options = _parser().parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with running_services(options.seed, options.contacts, options.graph_port, options.pipeliner_port) as services:
            sys.stdout.write(json.dumps(_description(services), ensure_ascii=False) + "\n")
            sys.stdout.flush()
            _wait(stopped)
    except (PortTaken, ValueError) as error:
        sys.stderr.write(f"emulators: {error}\n")
        return CANNOT_RUN
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulators", description="Emulated Graph and Pipeliner.")
    parser.add_argument("--graph-port", type=int, default=0, help="port of Graph; 0 takes a free one")
    parser.add_argument("--pipeliner-port", type=int, default=0, help="port of Pipeliner; 0 takes a free one")
    parser.add_argument("--seed", default="office", help="empty, office, or a number that deals the office anew")
    parser.add_argument("--contacts", type=int, default=0, help="so many more contacts for the first user")
    return parser


def _description(services: Services) -> dict[str, object]:
    return {
        "graph_base_url": services.graph_url,
        "pipeliner_service_url": services.crm_url,
        "pipeliner_space_id": SPACE_ID,
        "pipeliner_api_token": API_TOKEN,
        "pipeliner_api_password": API_PASSWORD,
        "users": [member.as_json() for member in services.staff],
    }


def _wait(stopped: threading.Event) -> None:
    """Wait for a signal, in slices: on Windows a longer wait would not notice one."""
    while not stopped.wait(timeout=0.5):
        pass


if __name__ == "__main__":
    sys.exit(main())
