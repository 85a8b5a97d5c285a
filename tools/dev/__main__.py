"""`python -m tools.dev COMMAND …`: what `dev.py` starts once the environment stands."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dev import CANNOT_RUN, INTERRUPTED, Interpreter, SetupError, tell, this_machine
from tools.dev.commands import PREPARE
from tools.dev.running import carry_out


def main(arguments: Sequence[str]) -> int:
    """Prepare and run a command, and return its exit status."""
    machine = this_machine()
    interpreter = Interpreter((sys.executable,), tuple(sys.version_info[:3]))
    try:
        return carry_out(PREPARE[arguments[0]](interpreter, arguments[1:], machine), machine)
    except SetupError as error:
        tell(f"dev.py: {error}")
        return CANNOT_RUN
    except KeyboardInterrupt:
        tell("dev.py: interrupted")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
