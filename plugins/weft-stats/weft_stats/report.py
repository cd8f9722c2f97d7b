"""A summary as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weft_stats.summary import NodeUse, Summary

HEAD = ("node type", "time", "share", "ran", "mean", "longest", "cached", "failed", "made")


def report(found: Summary) -> Iterator[str]:
    """The lines: how the runs ended, the cache's share, and a row for each node type."""
    runs = found.runs
    number = runs.done + runs.failed + runs.cancelled
    days = (found.last - found.first).days + 1
    when = "today" if days == 1 else f"in the last {days} days"
    if number == 0:
        yield f"no runs {when}"
        return
    yield (
        f"{_counted(number, 'run')} {when}, {seconds_text(runs.seconds)}: {runs.done} done, "
        f"{runs.failed} failed, {runs.cancelled} cancelled"
    )
    if found.hit_rate is not None:
        yield f"{found.hit_rate:.0%} of the values came from the cache"
    if found.nodes:
        yield ""
        total = sum(one.seconds for one in found.nodes)
        yield from _aligned([HEAD, *(_row(one, total) for one in found.nodes)])


def _row(one: NodeUse, total: float) -> Sequence[str]:
    asked = one.ran + one.cached + one.failed
    return (
        one.type,
        seconds_text(one.seconds),
        _share(one.seconds / total) if total else "0%",
        str(one.ran),
        seconds_text(one.seconds / one.ran) if one.ran else "-",
        seconds_text(one.longest) if one.ran else "-",
        f"{one.cached} ({one.cached / asked:.0%})" if one.cached else "0",
        str(one.failed),
        bytes_text(one.bytes),
    )


def _share(part: float) -> str:
    return "<1%" if 0 < part < 0.005 else f"{part:.0%}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns: the first to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = [one.rjust(width) for one, width in zip(rest, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells])


def _counted(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"


def seconds_text(seconds: float) -> str:
    """A duration for people: "12 ms", "3.4 s", "2 min 05 s", "3 h 20 min"."""
    if 0 < seconds < 0.0005:
        return "<1 ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min"


def bytes_text(count: float) -> str:
    """A size for people: "3.4 MiB"."""
    if count < 1024:
        return f"{count:.0f} B"
    for unit in ("KiB", "MiB", "GiB"):
        count /= 1024
        if count < 1023.95:
            return f"{count:.1f} {unit}"
    return f"{count / 1024:.1f} TiB"
