"""What the disk alone takes for a submission, as a process of its own: the floor of D6.

    python floor.py FOLDER COUNT SECONDS_BETWEEN

Bare transactions in SQLite (WAL, synchronous=FULL), each of as many pages as a submission writes,
at a fixed pace. Prints JSON: the seconds that each took.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
import time
from pathlib import Path

PAGES = 10  # that a submission writes: rows, and their places in the indexes
CHECKPOINT = 100  # transactions between two checkpoints, whose time does not count


def commits(folder: Path, count: int, each: float = 0.0, pages: int = PAGES) -> list[float]:
    """Seconds of each of many transactions, every one safe on the disk when it ends."""
    taken = []
    place = folder / "floor.db"
    with contextlib.closing(sqlite3.connect(place, isolation_level=None)) as connection:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 0"):
            connection.execute(f"PRAGMA {pragma}")
        for page in range(pages):
            connection.execute(f"CREATE TABLE t{page} (id INTEGER PRIMARY KEY, text TEXT)")
        for number in range(count):
            begin = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            for page in range(pages):
                row = (f"{number} " + "x" * 50,)
                connection.execute(f"INSERT INTO t{page} (text) VALUES (?)", row)
            connection.execute("COMMIT")
            taken.append(time.perf_counter() - begin)
            if number % CHECKPOINT == 0:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            time.sleep(max(0.0, each - (time.perf_counter() - begin)))
    return taken


if __name__ == "__main__":
    print(json.dumps(commits(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))
