"""Submits jobs at a fixed pace, as a process of its own: what it measures is the server's time.

    python pacer.py PORT COUNT SECONDS_BETWEEN

Prints JSON: the jobs' ids, and the seconds that each acknowledgement took.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from reliability.harness import Api, showing


def main(port: int, count: int, each: float) -> None:
    """Submit, and print."""
    api = Api(port)
    ids, taken = [], []
    for number in range(count):
        job = showing(f"job {number}")
        begin = time.perf_counter()
        ids.append(api.submit(job))
        taken.append(time.perf_counter() - begin)
        time.sleep(max(0.0, each - taken[-1]))
    api.close()
    print(json.dumps({"ids": ids, "taken": taken}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
