"""R1: the same workflow gives the same bytes, wherever and whenever it runs."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from reliability.harness import ROOT, WEFT, Result, Server, Size, environment

WORKFLOW = ROOT / "workflows" / "text-to-image.json"
Values = dict[str, str | int | float]


def command_line(folder: Path, values: Values) -> list[str]:
    """The sha256 of what `weft run` makes."""
    output = folder / f"output {len(list(folder.glob('output *')))}"
    command = [sys.executable, "-P", "-c", WEFT, "run", str(WORKFLOW), "--output-dir", str(output)]
    command += [part for key, value in values.items() for part in (f"--{key}", str(value))]
    done = subprocess.run(command, env=environment(folder), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [sha256(one.read_bytes()).hexdigest() for one in sorted(output.rglob("*.png"))]


def served(server: Server, values: Values) -> tuple[list[str], int]:
    """The sha256 of what the server makes, as it comes over HTTP, and how many nodes ran."""
    job = {"workflow": json.loads(WORKFLOW.read_text()), "parameters": values}
    found = server.api.wait(server.api.submit(job), patience=300)
    assert found["state"] == "done", found["error"]
    shas = []
    for one in found["outputs"]:
        body = server.api.request("GET", one["url"]).body
        shas.append(sha256(body).hexdigest())
        assert shas[-1] == one["sha256"]
    return shas, sum(one["state"] == "ran" for one in found["nodes"].values())


def same_bytes(folder: Path, size: Size) -> Result:
    """Compare the command line, the server, a server after a restart; cached, and not."""
    faults: list[str] = []
    variants: list[Values] = [{"steps": 2}]
    if size.full:
        variants = [
            {"sampler": sampler, "seed": seed, "batch": batch}
            for sampler in ("dpmpp_2m", "euler")
            for seed in (7, 8)
            for batch in (1, 2)
        ]
    expected: list[list[str]] = []
    compared = 0

    def compare(server: Server, when: str, chosen: list[int], *, runs: bool) -> None:
        nonlocal compared
        for index in chosen:
            found, ran = served(server, variants[index])
            compared += 1
            if found != expected[index]:
                faults.append(f"{when}, {variants[index]}: {found}, expected {expected[index]}")
            if not runs and ran > 1:  # the node that saves runs each time
                faults.append(f"{when}, {variants[index]}: {ran} nodes ran, expected a cached run")

    everything = list(range(len(variants)))
    server = Server(folder / "server")
    with server:  # it warms up meanwhile
        expected += [command_line(folder / "line", one) for one in variants]
        compare(server, "server", everything, runs=True)
        compare(server, "server, cached", everything, runs=False)
        if size.full:
            server.api.call("POST", "/api/cache/clear", {})
            compare(server, "server, cache cleared", everything, runs=True)
        server.stop()
        for restart in range(size(1, 20)):
            server.start()
            if restart % 2:
                server.api.call("POST", "/api/cache/clear", {})
            compare(server, f"after restart {restart + 1}", everything, runs=True)
            server.stop()
    files = sum(map(len, expected))
    return Result(
        "R1",
        "same bytes",
        "command line, server, after restarts, cached and not: equal sha256",
        f"{len(variants)} variants, {files} files, {size(1, 20)} restarts: "
        f"{compared - len(faults)} of {compared} equal",
        faults,
    )
