"""`python -m emulators` serves both services and says where."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

PROJECT = Path(__file__).resolve().parents[2]


@contextmanager
def emulators(*arguments: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """Start them and give what they say in their first line."""
    command = [sys.executable, "-m", "emulators", *arguments]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline()), process
        finally:
            process.terminate()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_both_services_answer_once_the_line_is_printed() -> None:
    """On the ports that were asked for, to the credentials that were told, with the contacts that were asked for."""
    graph_port, pipeliner_port = free_port(), free_port()
    arguments = ("--graph-port", str(graph_port), "--pipeliner-port", str(pipeliner_port))
    with emulators(*arguments, "--seed", "empty", "--contacts", "3") as (said, _):
        assert said["graph_base_url"] == f"http://127.0.0.1:{graph_port}"
        assert said["pipeliner_service_url"] == f"http://127.0.0.1:{pipeliner_port}"
        user = said["users"][0]
        mailbox = requests.get(
            f"{said['graph_base_url']}/v1.0/users/{user['address']}",
            headers={"Authorization": "Bearer any"},
            timeout=10,
        )
        contacts = requests.get(
            f"{said['pipeliner_service_url']}/api/v100/rest/spaces/{said['pipeliner_space_id']}/entities/Contacts",
            auth=(said["pipeliner_api_token"], said["pipeliner_api_password"]),
            timeout=10,
        )
    assert mailbox.json()["id"] == user["mailbox_id"]
    assert [row["owner_id"] for row in contacts.json()["data"]] == [user["pipeliner_user_id"]] * 3


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals for a single process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_them_in_peace(number: signal.Signals) -> None:
    """Exit status 0, and the ports are free again."""
    with emulators("--seed", "empty") as (said, process):
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(said["graph_base_url"], timeout=5)


@pytest.mark.parametrize("option", ["--graph-port", "--pipeliner-port"])
def test_a_port_that_is_taken_is_named(option: str) -> None:
    """One sentence and exit status 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run("--seed", "empty", option, str(port))
    name = "Graph" if option == "--graph-port" else "Pipeliner"
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"emulators: the emulator of {name} cannot have port {port}: choose another or free it\n"


def test_an_unknown_seed_is_named() -> None:
    """One sentence and exit status 2."""
    ended = run("--seed", "nursery")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "emulators: there is no seed 'nursery': take empty, office or a number\n"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run them to their end."""
    command = [sys.executable, "-m", "emulators", *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, encoding="utf-8", timeout=60, check=False)
