"""The command line: what an administrator types, and what they read."""

from sync_core.cli.commands import COMMANDS, command_line
from sync_core.cli.main import Surroundings, main

__all__ = ["COMMANDS", "Surroundings", "command_line", "main"]
