"""Executables that stand in for Python, uv, Node and npm on a machine of the test's making."""

from dataclasses import dataclass
from pathlib import Path

from dev import REQUIREMENTS, Machine
from tools.dev.commands import CHECKOV_REQUIREMENTS
from tools.dev.pieces import NODE_LOCK

# Written without any tool of PATH, which holds nothing but these. Every call is written down in $CALLS.
_PYTHON = """#!/bin/sh
echo "{name} $*" >> "$CALLS"
case "$1 $2" in
  "-c "*) echo "{version}" ;;
  "-m venv")
    /bin/mkdir -p "$4/bin" && /bin/cp "$0" "$4/bin/python"
    echo "version = {version}" > "$4/pyvenv.cfg" ;;
  "-m pip")
    if [ -n "$INTERRUPTED_IN_PIP" ]; then kill -INT $PPID; read -r line < "$INTERRUPTED_IN_PIP"; fi
    if [ -n "$PIP_FAILS" ]; then echo "some advice"; echo "ERROR: no such index" >&2; exit 1; fi
    case "$*" in *"install uv=="*) /bin/cp "$UV" "${{0%/*}}/uv" ;; esac ;;
  *) echo "ran $* without=$SYNC_TESTS_WITHOUT"; exit "${{CHILD_STATUS:-0}}" ;;
esac
"""
_UV = """#!/bin/sh
echo "uv $*" >> "$CALLS"
[ -z "$UV_FAILS" ]
"""
_NPM = """#!/bin/sh
echo "npm $*" >> "$CALLS"
[ -z "$NPM_FAILS" ] || { echo "npm error network" >&2; exit 1; }
/bin/mkdir -p node_modules/@azure/mcp-linux-x64/dist
[ -n "$NOT_ON_LINUX" ] || : > node_modules/@azure/mcp-linux-x64/dist/azmcp
"""


@dataclass(frozen=True)
class Workshop:
    """A folder holding a project, a PATH and a home, all of them empty at first."""

    folder: Path

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.folder / "project"

    def write(self, path: str, text: str) -> None:
        """Write a file below the folder; one that begins with #! can be run."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if text.startswith("#!"):
            file.chmod(0o755)

    def add_project(self) -> None:
        """Write the files that dev.py looks at."""
        for name in (REQUIREMENTS, CHECKOV_REQUIREMENTS, NODE_LOCK):
            self.write(f"project/{name}", f"contents of {name}\nuv==1.2.3\n")
        self.write("uv", _UV)

    def add_python(self, path: str, version: str) -> None:
        """Add a Python of that version, which pretends to make environments and to install packages."""
        self.write(path, _PYTHON.format(name=path, version=version))

    def add_node(self, version: str = "v20.1.0", *, npm: bool = True) -> None:
        """Add Node of that version, with or without npm."""
        self.write("bin/node", f"#!/bin/sh\necho {version}\n")
        if npm:
            self.write("bin/npm", _NPM)

    def environ(self, **more: str) -> dict[str, str]:
        """Return an environment that knows nothing but this folder."""
        return {
            "PATH": str(self.folder / "bin"),
            "HOME": str(self.folder / "home"),
            "CALLS": str(self.folder / "calls"),
            "UV": str(self.folder / "uv"),
            **more,
        }

    def machine(self, **more: str) -> Machine:
        """Return the machine, whose own interpreter is what stands at `own/python`, if anything."""
        own = str(self.folder / "own" / "python")
        return Machine(self.root, self.folder / "home", self.environ(**more), own, windows=False)

    def calls(self, containing: str) -> list[str]:
        """Return the calls so far that contain a text, in order."""
        log = self.folder / "calls"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [line for line in lines if containing in line]
