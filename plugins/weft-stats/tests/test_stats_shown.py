"""The command, the routes of a real server, and what Prometheus reads."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from web.live import LiveServer, live
from web.stand_in import StandIn
from weft import InputError, Registry
from weft.plugins import build_catalogue
from weft_stats.cli import stats
from weft_stats.counts import NodeCount, RunCount, Tally
from weft_stats.metrics import metrics
from weft_stats.report import bytes_text, seconds_text
from weft_stats.store import Store
from weft_stats.summary import summary

TODAY = datetime.date.today()
SAMPLE = NodeCount(ran=4, cached=12, failed=1, seconds=130.0, longest=65.5, bytes=5 << 20)
SAVE = NodeCount(ran=3, seconds=0.3, longest=0.15)


def fill(path: Path) -> None:
    """Two runs today, one five days ago and one long ago."""
    tally = Tally()
    for days, run, nodes in (
        (0, RunCount(done=1, failed=1, seconds=100.0), {"image.sample": SAMPLE}),
        (5, RunCount(cancelled=1, seconds=40.0), {"image.save": SAVE}),
        (90, RunCount(done=1, seconds=1.0), {"image.old": NodeCount(ran=1)}),
    ):
        tally.add_run((TODAY - datetime.timedelta(days)).isoformat(), run, nodes)
    store = Store(path)
    store.add(tally, 1.0)
    store.close()


def weft_stats(*args: str) -> Result:
    app = typer.Typer()
    app.command()(stats)
    return CliRunner().invoke(app, list(args))


def test_the_table(path: Path) -> None:
    fill(path)
    done = weft_stats()
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "3 runs in the last 7 days, 2 min 20 s: 1 done, 1 failed, 1 cancelled",
        "60% of the values came from the cache",
        "",
        "node type           time  share  ran    mean     longest    cached  failed     made",
        "image.sample  2 min 10 s   100%    4  32.5 s  1 min 06 s  12 (71%)       1  5.0 MiB",
        "image.save        300 ms    <1%    3  100 ms      150 ms         0       0      0 B",
    ]


def test_without_runs_it_says_so_and_makes_nothing(path: Path) -> None:
    assert weft_stats().output == "no runs in the last 7 days\n"
    assert weft_stats("--days", "1").output == "no runs today\n"
    assert weft_stats("--clear").exit_code == 0
    assert not path.parent.exists()


def test_json_is_the_summary(path: Path) -> None:
    fill(path)
    told = json.loads(weft_stats("--json", "--days", "100").output)
    assert told == summary(100).model_dump(mode="json")
    assert told["last"] == TODAY.isoformat()
    assert [one["type"] for one in told["nodes"]] == ["image.sample", "image.save", "image.old"]
    assert [one["done"] for one in told["days"]] == [1, 0, 1]
    assert told["hit_rate"] == round(12 / 21, 6)
    assert json.loads(weft_stats("--json", "--days", "5").output)["runs"] == {
        "done": 1, "failed": 1, "cancelled": 0, "seconds": 100.0,
    }  # fmt: skip


@pytest.mark.parametrize("days", ["0", "401", "week"])
def test_days_that_cannot_be_are_refused(days: str) -> None:
    assert weft_stats("--days", days).exit_code == 2


@pytest.mark.parametrize("damaged", [False, True])
def test_clear_begins_anew(path: Path, damaged: bool) -> None:
    fill(path)
    if damaged:
        path.write_bytes(b"no database, but longer than a header of one" * 40)
        assert isinstance(weft_stats().exception, InputError)
    assert weft_stats("--clear").output == "the statistics begin anew\n"
    assert weft_stats("--days", "400").output == "no runs in the last 400 days\n"
    fill(path)
    assert summary(7).runs.done == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ms"), (0.0002, "<1 ms"), (0.0124, "12 ms"), (0.9999, "1.0 s"), (59.94, "59.9 s"),
        (59.96, "1 min 00 s"), (3599.6, "1 h 00 min"), (45_296.0, "12 h 35 min"),
    ],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), ((1 << 20) - 1, "1.0 MiB"),
     (3 << 40, "3.0 TiB")],
)  # fmt: skip
def test_sizes(count: int, text: str) -> None:
    assert bytes_text(count) == text


def test_what_prometheus_reads() -> None:
    text = metrics(RunCount(1, 2, 0, 2.5), {'a"\\\n:b': NodeCount(3, 2, 1, 1.5, 0.75, 9)})
    assert text.endswith("\n")
    label = r'type="a\"\\\n:b"'
    assert [line for line in text.splitlines() if not line.startswith("# HELP")] == [
        "# TYPE weft_runs_total counter",
        'weft_runs_total{status="done"} 1',
        'weft_runs_total{status="failed"} 2',
        'weft_runs_total{status="cancelled"} 0',
        "# TYPE weft_run_seconds_total counter",
        "weft_run_seconds_total 2.5",
        "# TYPE weft_nodes_total counter",
        f'weft_nodes_total{{{label},state="ran"}} 3',
        f'weft_nodes_total{{{label},state="cached"}} 2',
        f'weft_nodes_total{{{label},state="failed"}} 1',
        "# TYPE weft_node_seconds_total counter",
        f"weft_node_seconds_total{{{label}}} 1.5",
        "# TYPE weft_node_longest_seconds gauge",
        f"weft_node_longest_seconds{{{label}}} 0.75",
        "# TYPE weft_node_bytes_total counter",
        f"weft_node_bytes_total{{{label}}} 9",
    ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    registry = Registry()
    registry.add_catalogue(build_catalogue("stats", "weft_stats.plugin", "weft-stats", "0.1.0"))
    with live(tmp_path_factory.mktemp("server"), StandIn, registry=registry) as server:
        yield server


def test_the_server_answers(server: LiveServer, path: Path) -> None:
    assert server.get("/ext/stats/api/summary").json["nodes"] == []
    fill(path)
    assert server.get("/ext/stats/api/summary").json == summary(7).model_dump(mode="json")
    month = server.get("/ext/stats/api/summary?days=100").json
    assert month["runs"] == {"done": 2, "failed": 1, "cancelled": 1, "seconds": 141.0}
    answer = server.get("/ext/stats/api/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.body.decode().splitlines()
    assert 'weft_runs_total{status="done"} 2' in lines
    assert 'weft_node_longest_seconds{type="image.sample"} 65.5' in lines


@pytest.mark.parametrize("query", ["days=0", "days=401", "days=x", "day=7"])
def test_a_wrong_query_is_refused(server: LiveServer, query: str) -> None:
    assert server.get(f"/ext/stats/api/summary?{query}").status == 422


def test_statistics_that_cannot_be_read(server: LiveServer, path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 5000)
    for name in ("summary", "metrics"):
        answer = server.get(f"/ext/stats/api/{name}")
        assert (answer.status, answer.code) == (503, "unreadable")
        assert "weft stats --clear" in answer.json["error"]["message"]
        assert str(path.parent) not in answer.json["error"]["message"]


def test_only_who_is_signed_in_is_answered(server: LiveServer) -> None:
    for name in ("summary", "metrics"):
        assert server.request("GET", f"/ext/stats/api/{name}", signed_in=False).status == 401


def test_the_routes_are_described(server: LiveServer) -> None:
    told = server.get("/api/openapi.json").json
    operation = told["paths"]["/ext/stats/api/summary"]["get"]
    assert operation["operationId"] == "stats_summary"
    (days,) = operation["parameters"]
    assert (days["schema"]["default"], days["schema"]["maximum"]) == (7, 400)
    ref = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    schema = told["components"]["schemas"][ref.rpartition("/")[2]]
    assert set(schema["properties"]) == {"first", "last", "runs", "hit_rate", "days", "nodes"}
    content = told["paths"]["/ext/stats/api/metrics"]["get"]["responses"]["200"]["content"]
    assert list(content) == ["text/plain"]


def test_its_modules_import_nothing_heavy() -> None:
    code = (
        "import weft_stats.plugin, weft_stats.cli, weft_stats.listener; "
        "assert not {'torch', 'numpy', 'pydantic', 'aiohttp'} & set(sys.modules), sys.modules; "
        "import weft_stats.routes, weft_stats.summary, weft_stats.report; "
        "assert not {'torch', 'numpy'} & set(sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"], check=True
    )
