"""What the statistics say of some days, as the command prints it and the server answers."""

from __future__ import annotations

import datetime

from pydantic import BaseModel, ConfigDict, Field

from weft_stats.counts import NodeCount, RunCount
from weft_stats.store import default_path, read


class Runs(BaseModel):
    """How runs ended."""

    model_config = ConfigDict(frozen=True)

    done: int
    failed: int
    cancelled: int
    seconds: float = Field(description="What they took together.")


class Day(Runs):
    """The runs that ended on a day."""

    day: datetime.date


class NodeUse(BaseModel):
    """What the nodes of one type did."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="The node type.")
    ran: int = Field(description="How often it ran to its end.")
    cached: int = Field(description="How often its value came from the cache.")
    failed: int = Field(description="How often it failed.")
    seconds: float = Field(description="What those that ran to their end took together.")
    longest: float = Field(description="Seconds of the one that took longest.")
    bytes: int = Field(description="The size of all values that it made.")


class Summary(BaseModel):
    """The statistics of some days, today the last of them. Days are those of the local time."""

    model_config = ConfigDict(frozen=True)

    first: datetime.date = Field(description="The first of the days.")
    last: datetime.date = Field(description="Today.")
    runs: Runs
    hit_rate: float | None = Field(
        description="The part of the values that came from the cache, in 0..1; null for no values."
    )
    days: list[Day] = Field(description="The days with runs.")
    nodes: list[NodeUse] = Field(description="The node types, what took most time first.")


def summary(days: int, today: datetime.date | None = None) -> Summary:
    """The summary of that many days up to today. Raises InputError where it cannot be read."""
    today = today or datetime.date.today()
    first = today - datetime.timedelta(days=days - 1)
    tally = read(default_path(), first.isoformat(), today.isoformat())
    by_type = tally.by_type()
    return Summary(
        first=first,
        last=today,
        runs=_runs(tally.all_runs()),
        hit_rate=_hit_rate(list(by_type.values())),
        days=[Day(day=_date(day), **_runs(one).model_dump()) for day, one in tally.runs.items()],
        nodes=sorted(
            (_node(type_id, count) for type_id, count in by_type.items()),
            key=lambda one: (-one.seconds, -one.ran, one.type),
        ),
    )


def _runs(one: RunCount) -> Runs:
    return Runs(
        done=one.done, failed=one.failed, cancelled=one.cancelled, seconds=round(one.seconds, 6)
    )


def _node(type_id: str, one: NodeCount) -> NodeUse:
    return NodeUse(
        type=type_id,
        ran=one.ran,
        cached=one.cached,
        failed=one.failed,
        seconds=round(one.seconds, 6),
        longest=round(one.longest, 6),
        bytes=one.bytes,
    )


def _hit_rate(counts: list[NodeCount]) -> float | None:
    cached = sum(one.cached for one in counts)
    asked = cached + sum(one.ran + one.failed for one in counts)
    return round(cached / asked, 6) if asked else None


def _date(day: str) -> datetime.date:
    return datetime.date.fromisoformat(day)
