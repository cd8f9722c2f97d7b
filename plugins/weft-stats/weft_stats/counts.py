"""What is counted, as plain numbers that add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KEPT_DAYS = 400  # with runs; the oldest go first


@dataclass(slots=True)
class NodeCount:
    """What the nodes of one type did.

    ran, cached, failed: how often. seconds, longest: of those that ran. bytes: what they made.
    """

    ran: int = 0
    cached: int = 0
    failed: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    bytes: int = 0

    def add(self, other: NodeCount) -> None:
        """Add another count to this one."""
        self.ran += other.ran
        self.cached += other.cached
        self.failed += other.failed
        self.seconds += other.seconds
        self.longest = max(self.longest, other.longest)
        self.bytes += other.bytes


@dataclass(slots=True)
class RunCount:
    """How runs ended, and the seconds they took."""

    done: int = 0
    failed: int = 0
    cancelled: int = 0
    seconds: float = 0.0

    def add(self, other: RunCount) -> None:
        """Add another count to this one."""
        self.done += other.done
        self.failed += other.failed
        self.cancelled += other.cancelled
        self.seconds += other.seconds


@dataclass(slots=True)
class Tally:
    """Runs by day, and nodes by day and type. A day is written 2026-01-31."""

    runs: dict[str, RunCount] = field(default_factory=dict)
    nodes: dict[tuple[str, str], NodeCount] = field(default_factory=dict)

    def add_run(self, day: str, run: RunCount, nodes: Mapping[str, NodeCount]) -> None:
        """Add a run that ended on that day, and its nodes by type."""
        self.runs.setdefault(day, RunCount()).add(run)
        for type_id, count in nodes.items():
            self.nodes.setdefault((day, type_id), NodeCount()).add(count)

    def by_type(self) -> dict[str, NodeCount]:
        """The nodes of all days, by type."""
        found: dict[str, NodeCount] = {}
        for (_, type_id), count in self.nodes.items():
            found.setdefault(type_id, NodeCount()).add(count)
        return found

    def all_runs(self) -> RunCount:
        """The runs of all days."""
        found = RunCount()
        for one in self.runs.values():
            found.add(one)
        return found
