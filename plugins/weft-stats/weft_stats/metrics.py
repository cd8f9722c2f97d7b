"""The sums of all time in the text format that Prometheus reads (version 0.0.4).

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from weft_stats.counts import NodeCount, RunCount

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[Mapping[str, str], float]


def metrics(runs: RunCount, nodes: Mapping[str, NodeCount]) -> str:
    """All metrics. They are sums of all processes that share the statistics, and survive them.

    nodes: by type.
    """
    named = [({"type": type_id}, one) for type_id, one in sorted(nodes.items())]
    lines = [
        *_metric(
            "weft_runs_total",
            "counter",
            "Runs that ended, by how.",
            [({"status": name}, getattr(runs, name)) for name in ("done", "failed", "cancelled")],
        ),
        *_metric(
            "weft_run_seconds_total", "counter", "Seconds that runs took.", [({}, runs.seconds)]
        ),
        *_metric(
            "weft_nodes_total",
            "counter",
            "Nodes that ran, were cached or failed, by type.",
            [
                ({**label, "state": state}, getattr(one, state))
                for label, one in named
                for state in ("ran", "cached", "failed")
            ],
        ),
        *_metric(
            "weft_node_seconds_total",
            "counter",
            "Seconds that nodes ran, by type.",
            [(label, one.seconds) for label, one in named],
        ),
        *_metric(
            "weft_node_longest_seconds",
            "gauge",
            "Seconds of the node that ran longest, by type.",
            [(label, one.longest) for label, one in named],
        ),
        *_metric(
            "weft_node_bytes_total",
            "counter",
            "Size of the values that nodes made, by type.",
            [(label, one.bytes) for label, one in named],
        ),
    ]
    return "\n".join(lines) + "\n"


def _metric(name: str, kind: str, text: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(one)}"' for label, one in labels.items())
        yield f"{name}{{{inside}}} {value!r}" if inside else f"{name} {value!r}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
