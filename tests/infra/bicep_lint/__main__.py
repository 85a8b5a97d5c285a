"""`python -m tests.infra.bicep_lint infra`: print the findings; exit status 1 where there are any."""

import sys
from pathlib import Path

from tests.infra.bicep_lint.catalogue import Catalogue
from tests.infra.bicep_lint.linting import lint_folder

if len(sys.argv) != 2:
    sys.exit("usage: python -m tests.infra.bicep_lint <folder>")
found = lint_folder(Path(sys.argv[1]), Catalogue())
print(*found, sep="\n", end="\n" if found else "")  # noqa: T201 - the output of the command
sys.exit(1 if found else 0)
