"""Test what the server promises, in full, and print what was measured.

    python -m tests.reliability [--reduced] [IDS]

IDS: such as D1 S6; all where none is given. Exits with 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from rich.console import Console
from rich.table import Table

from reliability.checks import CHECKS
from reliability.harness import Result, Size, scratch

COLUMNS = ("id", "promise", "goal", "measured", "ok")


def main() -> int:
    """Run the checks; the exit status."""
    parser = argparse.ArgumentParser(description="Test what the server promises.")
    parser.add_argument("ids", nargs="*", metavar="ID", help=", ".join(CHECKS))
    parser.add_argument("--reduced", action="store_true", help="as the test suite does")
    options = parser.parse_args()
    unknown = [one for one in options.ids if one not in CHECKS]
    if unknown:
        parser.error(f"there is no check {unknown[0]}; there are {', '.join(CHECKS)}")
    console = Console(width=None if sys.stdout.isatty() else 200)
    results: list[Result] = []
    for id in options.ids or CHECKS:
        begin = time.monotonic()
        with scratch() as folder:
            try:
                found = CHECKS[id](folder, Size(full=not options.reduced))
            except Exception as error:
                found = Result(id, "", "", "it could not be tested", [repr(error)])
        results.append(found)
        mark = "kept" if found.ok else "BROKEN"
        console.print(f"{id}: {mark} ({time.monotonic() - begin:.0f} s)", highlight=False)
        for fault in found.faults[:20]:
            console.print(f"    {fault[:2000]}", highlight=False, markup=False)
    table = Table()
    for name in COLUMNS:
        table.add_column(name)
    for one in results:
        table.add_row(one.id, one.promise, one.goal, one.measured, "yes" if one.ok else "NO")
    console.print(table)
    return int(any(not one.ok for one in results))


if __name__ == "__main__":
    sys.exit(main())
