"""The server over its floors: durable jobs a second, what it adds to a run, start, events.

    python benchmarks/server.py [--jobs 3000] [NAME ...]

NAME: throughput, latency, start, events, watched; all where none is given. A real `weft serve` on a
folder of its own; who sends the load is a process of its own too. The floors are measured in the
same run, on the same disk: a transaction in SQLite (WAL, synchronous=FULL) of one row, or of as
many pages as a submission writes; and an aiohttp application that answers the same requests with
a constant.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
os.environ.setdefault("OMP_NUM_THREADS", "1")

import aiohttp
from rich.console import Console
from rich.table import Table

from reliability.floor import commits
from reliability.harness import TOKEN, Server, environment, free_port, quantile, scratch

Row = tuple[str, str, str]
BARE = """
import sys
from aiohttp import web

async def answer(request):
    await request.read()
    return web.json_response({"id": "0" * 36, "state": "queued"}, status=202)

app = web.Application()
app.router.add_route("*", "/{any:.*}", answer)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""


def job(text: str) -> dict[str, Any]:
    """One node, no file: what is left is what the server itself costs."""
    node = {"type": "primitive.text", "version": 1, "values": {"value": text}}
    return {"workflow": {"weft": 1, "nodes": {"text": node}}, "targets": ["text"]}


def chain(length: int, salt: str) -> dict[str, Any]:
    """Nodes of which each needs the one before."""
    nodes: dict[str, Any] = {
        "n0": {"type": "faults:work.text", "version": 1, "values": {"value": salt}}
    }
    for index in range(1, length):
        nodes[f"n{index}"] = {
            "type": "faults:work.join",
            "version": 1,
            "links": {"a": f"n{index - 1}.value"},
            "values": {"b": "."},
        }
    return {"workflow": {"weft": 1, "nodes": nodes}, "targets": [f"n{length - 1}"]}


# --- who sends the load: processes of their own ---------------------------------------------------


def request(method: str, path: str, data: Any = None) -> bytes:
    """The bytes of a request."""
    body = b"" if data is None else json.dumps(data).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes
) -> tuple[int, bytes]:
    """Send a request and read the answer; far lighter than a client library."""
    writer.write(sent)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    return int(head[9:12]), await reader.readexactly(length)


async def send(port: int, count: int, connections: int, salt: str) -> dict[str, float]:
    """Submit jobs as fast as they are taken; the seconds until the last acknowledgement."""
    numbers = iter([request("POST", "/api/jobs", job(f"{salt} {one}")) for one in range(count)])
    refused = 0

    async def line() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for sent in numbers:
            status, _ = await exchange(reader, writer, sent)
            refused += status != 202
        writer.close()

    begin = time.time()
    await asyncio.gather(*(line() for _ in range(connections)))
    return {"begin": begin, "acknowledged": time.time(), "refused": refused}


async def pace(port: int, count: int, each: float) -> dict[str, Any]:
    """Submit jobs one at a time, at a fixed pace; the seconds that each took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken = []
    for number in range(count):
        sent = request("POST", "/api/jobs", job(f"paced {number}"))
        begin = time.perf_counter()
        status, body = await exchange(reader, writer, sent)
        taken.append(time.perf_counter() - begin)
        assert status == 202, body
        await asyncio.sleep(max(0.0, each - taken[-1]))
    writer.close()
    return {"taken": taken}


async def listen(port: int, clients: int) -> None:
    """Follow all events with many clients, and do nothing with them, until stdin is closed."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as http:

        async def one() -> None:
            url = f"http://127.0.0.1:{port}/api/ws"
            async with http.ws_connect(url, max_msg_size=0) as events:
                async for _ in events:
                    pass

        tasks = [asyncio.create_task(one()) for _ in range(clients)]
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def apart(*arguments: object) -> dict[str, Any]:
    """Run one of these as a process of its own; what it says."""
    command = [sys.executable, __file__, "--apart", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def act(name: str, *arguments: str) -> None:
    """What the process apart does."""
    match name:
        case "send":
            port, count, connections, salt = arguments
            print(json.dumps(asyncio.run(send(int(port), int(count), int(connections), salt))))
        case "pace":
            port, count, each = arguments
            print(json.dumps(asyncio.run(pace(int(port), int(count), float(each)))))
        case "listen":
            port, count = arguments
            asyncio.run(listen(int(port), int(count)))


# --- floors ---------------------------------------------------------------------------------------


@contextmanager
def bare_server() -> Iterator[tuple[int, float]]:
    """An aiohttp server that does nothing: its port, and the seconds until it answered."""
    port = free_port()
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", BARE, str(port)])
    try:
        yield port, first_answer(port, begin)
    finally:
        process.terminate()
        process.wait()


def first_answer(port: int, begin: float) -> float:
    """Seconds until a server answers a request."""
    while time.perf_counter() - begin < 60:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as one:
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            if one.recv(100).startswith(b"HTTP/1.1"):
                return time.perf_counter() - begin
        time.sleep(0.002)
    raise AssertionError("it does not answer")


# --- what is measured -----------------------------------------------------------------------------


def throughput(folder: Path, jobs: int) -> list[Row]:
    """Trivial jobs from submission to their end, all kept."""
    with Server(folder) as server:
        server.ready()
        server.api.wait(server.api.submit(job("first")))
        apart("send", server.port, 300, 16, "warm")
        server.api.settle()
        rates, taken = [], []
        for turn in range(3):
            said = apart("send", server.port, jobs, 32, f"turn {turn}")
            while True:
                counts = server.api.get("/api/jobs?limit=1")["counts"]
                if not counts.get("queued") and not counts.get("running"):
                    break
                time.sleep(0.05)
            rates.append(jobs / (time.time() - said["begin"]))
            taken.append(jobs / (said["acknowledged"] - said["begin"]))
            assert not said["refused"], said
        done = server.api.get("/api/jobs?limit=1")["counts"]["done"]
        assert done == 1 + 300 + 3 * jobs, done
    floor = commits(folder, 500, pages=1)
    with bare_server() as (port, _):
        said = apart("send", port, jobs, 32, "bare")
        echo = jobs / (said["acknowledged"] - said["begin"])
    single = 1 / statistics.fmean(floor)
    best = max(rates)
    return [
        ("durable one-node jobs, end to end", f"{best:.0f} a second (best of 3)", "500"),
        ("... acknowledged meanwhile", f"{max(taken):.0f} a second", ""),
        ("floor: transactions of one row", f"{single:.0f} a second", ""),
        ("floor: aiohttp answers that do nothing", f"{echo:.0f} a second", ""),
        ("jobs over single transactions", f"{best / single:.2f}", ""),
        ("jobs over empty answers", f"{best / echo:.2f}", ""),
    ]


def latency(folder: Path, count: int = 200) -> list[Row]:
    """One job at a time, over the engine in this process."""
    from weft import Cache, Engine, Registry, Workflow

    with Engine(registry=Registry.installed(), device="cpu", cache=Cache()) as engine:
        inside = []
        for number in range(count):
            document = job(f"inside {number}")["workflow"]
            begin = time.perf_counter()
            engine.run(Workflow.from_data(document), ["text"]).check()
            inside.append(time.perf_counter() - begin)

    async def main(port: int) -> tuple[list[float], list[float]]:
        whole, first = [], []
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with (
            aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=headers) as http,
            http.ws_connect("/api/ws") as events,
        ):
            await events.receive()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for number in range(count):
                sent = request("POST", "/api/jobs", job(f"outside {number}"))
                await asyncio.sleep(0.03)  # as when a person looks: nothing else is told just now
                begin = time.perf_counter()
                answer = asyncio.create_task(exchange(reader, writer, sent))
                heard, over = False, False
                while not over:
                    for one in (await events.receive()).json():
                        if not heard and one["event"] in ("queued", "started"):
                            heard = True
                            first.append(time.perf_counter() - begin)
                        over = over or one["event"] == "finished"
                whole.append(time.perf_counter() - begin)
                await answer
            writer.close()
        return whole, first

    with Server(folder) as server:
        server.ready()
        server.api.wait(server.api.submit(job("first")))
        whole, first = asyncio.run(main(server.port))
    floor = commits(folder, 200, pages=1)
    ms = 1000 * statistics.median(whole)
    bare = 1000 * statistics.median(inside)
    return [
        ("a job, submitted to told that it ended", f"{ms:.1f} ms (median)", ""),
        ("the same run by the engine in process", f"{bare:.1f} ms", ""),
        ("added to a job", f"{ms - bare:.1f} ms", "15 ms"),
        ("first event told", f"{1000 * statistics.median(first):.1f} ms", ""),
        ("floor: a transaction", f"{1000 * statistics.median(floor):.2f} ms", ""),
    ]


def start(folder: Path, repeat: int = 5) -> list[Row]:
    """From nothing to the first answer, and to a worker that is ready."""
    answered, ready, bare = [], [], []
    for turn in range(repeat + 1):  # the first makes the folder and the catalogues
        server = Server(folder)
        begin = time.perf_counter()
        server.start(wait=False)
        answered.append(first_answer(server.port, begin))
        server.ready()
        ready.append(time.perf_counter() - begin)
        server.stop()
        if turn:
            with bare_server() as (_, seconds):
                bare.append(seconds)
    seconds, empty = statistics.median(answered[1:]), statistics.median(bare)
    return [
        ("server start to first answer", f"{seconds:.2f} s (median of {repeat})", "0.7 s"),
        ("... the very first, which makes the folder", f"{answered[0]:.2f} s", ""),
        ("... to a worker that is ready", f"{statistics.median(ready[1:]):.2f} s", ""),
        ("floor: an empty aiohttp server", f"{empty:.2f} s", ""),
        ("over the floor", f"{seconds / empty:.2f}", ""),
    ]


def events(folder: Path) -> list[Row]:
    """Bytes that one client is sent for a run of many nodes."""

    async def main(port: int, length: int) -> tuple[int, float]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with (
            aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=headers) as http,
            http.ws_connect("/api/ws?previews=1", max_msg_size=0) as socket,
        ):
            await socket.receive()
            begin = time.perf_counter()
            async with http.post("/api/jobs", json=chain(length, f"{length}")) as answer:
                assert answer.status == 202, await answer.text()
            received = 0
            while True:
                message = await socket.receive()
                received += len(message.data)
                for one in message.json():
                    if one["event"] == "finished":
                        assert one["data"]["status"] == "done", one
                        return received, time.perf_counter() - begin

    rows: list[Row] = []
    with Server(folder) as server:
        server.ready()
        server.api.wait(server.api.submit(chain(10, "first")))
        for length in (225, 450, 900, 1800):
            received, seconds = asyncio.run(main(server.port, length))
            rows.append(
                (
                    f"events of a {length}-node run",
                    f"{received / 1024:.1f} KiB, {received / length:.0f} bytes a node, "
                    f"{seconds:.2f} s",
                    "linear",
                )
            )
    return rows


def watched(folder: Path, count: int = 1000, clients: int = 100) -> list[Row]:
    """Submissions, 40 a second, while many clients follow every event."""
    with Server(folder) as server:
        server.ready()
        server.api.wait(server.api.submit(job("first")))
        alone = apart("pace", server.port, count // 4, 0.025)["taken"]
        command = [sys.executable, __file__, "--apart", "listen", str(server.port), str(clients)]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as listeners:
            while server.api.get("/api/system")["clients"] < clients:
                time.sleep(0.1)
            # The disk's bad moments are everybody's: the floor is measured in the same ones.
            with ThreadPoolExecutor(1) as beside:
                paced = beside.submit(commits, folder, count, 0.025)
                taken = apart("pace", server.port, count, 0.025)["taken"]
                floor = paced.result()
            load = os.getloadavg()[0]
            assert listeners.stdin is not None
            listeners.stdin.close()

    def told(values: Sequence[float]) -> str:
        middle, slow = quantile(values, 0.5) * 1000, quantile(values, 0.99) * 1000
        return f"p50 {middle:.1f} ms, p99 {slow:.1f} ms"

    return [
        (f"submit, {clients} clients following", told(taken), "p99 25 ms"),
        ("submit, nobody following", told(alone), ""),
        ("floor: a transaction as large, meanwhile", told(floor), ""),
        ("load of the machine, meanwhile", f"{load:.1f}", ""),
    ]


def main() -> None:
    """Print a table, or JSON lines."""
    if sys.argv[1:2] == ["--apart"]:
        return act(*sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--jobs", type=int, default=3000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    benchmarks: dict[str, Callable[[Path], list[Row]]] = {
        "throughput": lambda folder: throughput(folder, options.jobs),
        "latency": latency,
        "start": start,
        "events": events,
        "watched": watched,
    }
    table = Table(title="The server")
    for title in ("what", "measured", "aim"):
        table.add_column(title)
    for name in options.names or benchmarks:
        with scratch() as folder:
            os.environ |= {"WEFT_CACHE_DIR": environment(folder)["WEFT_CACHE_DIR"]}
            for row in benchmarks[name](folder):
                if options.json:
                    print(json.dumps(dict(zip(("what", "measured", "aim"), row, strict=True))))
                table.add_row(*row)
        table.add_section()
    if not options.json:
        Console(width=110).print(table)
    return None


if __name__ == "__main__":
    main()
