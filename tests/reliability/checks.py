"""Every check, by its id."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reliability import clients, crash, faults, fuzz, hostile, sameness
from reliability.harness import Result, Size

Check = Callable[[Path, Size], Result]

CHECKS: dict[str, Check] = {
    "D1": crash.kill_at_random,
    "D1b": crash.kill_at_places,
    "D2": crash.poison,
    "D3": faults.full_disk,
    "D4": faults.at_nodes,
    "D5": faults.cancelling,
    "D6": clients.submitting,
    "D8": clients.soak,
    "D9": clients.fairness,
    "R1": sameness.same_bytes,
    "S6": hostile.models,
    "S7": hostile.data_only,
    "C2a": fuzz.workflows,
    "C2b": fuzz.interface,
}
