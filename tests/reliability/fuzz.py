"""C2: whatever comes in, the answer is no server error."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

from reliability.harness import ROOT, TOKEN, Api, Result, Server, Size

STRANGE: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e308, 10**30, "", "a", "a.b", "\0", "\ud800", "é" * 300, "x" * 20_000,
    [], {}, [[]], {"": {}}, "..", "a." * 500, "nodes.a", [0] * 1000, {"type": "text.join"},
    "9" * 5000, -0.0, "$ref", "__proto__", {"__class__": 1},
)  # fmt: skip
BYTES = (b"NaN", b"Infinity", b"-", b"{", b"]", b"\xff", b"\\ud800", b'"', b",", b"1e999", b"\0")
TYPES = (
    "image.resize", "flow.for_each", "flow.repeat", "flow.switch", "flow.reroute", "list.make",
    "no.such", "no:such.type", "faults:work.text",
)  # fmt: skip


def places(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to every value in a document."""
    found = [path]
    if isinstance(data, dict):
        for key, value in data.items():
            found += places(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            found += places(value, (*path, index))
    return found


def mutated(document: Any, dice: Random) -> Any:
    """A document with one to four things changed in it."""
    data = json.loads(json.dumps(document))
    for _ in range(dice.randint(1, 4)):
        paths = places(data)[1:]
        if not paths:
            return copy.deepcopy(dice.choice(STRANGE))
        *way, last = dice.choice(paths)
        parent = data
        for step in way:
            parent = parent[step]
        value, other = parent[last], dice.choice(paths)
        found: Any = data
        for step in other:
            found = found[step]
        match dice.randrange(8):
            case 0:
                del parent[last]
            case 1 | 2:
                parent[last] = copy.deepcopy(dice.choice(STRANGE))
            case 3:
                parent[last] = json.loads(json.dumps(found))
            case 4 if isinstance(parent, dict):
                parent[str(dice.choice(STRANGE))[:50]] = parent.pop(last)
            case 5 if isinstance(value, str):
                parent[last] = value[: dice.randrange(len(value) + 1)] + dice.choice("._:/x ")
            case 6 if last == "type":
                parent[last] = dice.choice(TYPES)
            case 6 if isinstance(value, int | float):
                parent[last] = value * dice.choice((-1, 0, 10**9, 0.5))
            case 7 if isinstance(parent, dict):
                for number in range(dice.choice((1, 20))):
                    parent[f"{last} {number}"] = json.loads(json.dumps(value))
            case _:
                parent[last] = [value]
    return data


def body(document: Any, dice: Random) -> bytes:
    """The request that carries a document; now and then spoiled as bytes too."""
    data: dict[str, Any] = {"workflow": document}
    if dice.random() < 0.2:
        parameters = {"seed": dice.choice(STRANGE), "prompt": dice.choice(STRANGE)}
        data["parameters"] = parameters if dice.random() < 0.8 else dice.choice(STRANGE)
    if dice.random() < 0.2:
        data["targets"] = [dice.choice(STRANGE), "save", "sample.latent"][: dice.randint(1, 3)]
    text = json.dumps(data).encode()
    if dice.random() < 0.15:
        for _ in range(dice.randint(1, 3)):
            place = dice.randrange(len(text))
            text = text[:place] + dice.choice(BYTES) + text[place + dice.randint(0, 3) :]
    return text


def workflows(folder: Path, size: Size) -> Result:
    """Check, plan and submit workflows that were changed at random."""
    faults: list[str] = []
    told: Counter[int] = Counter()
    shipped = [json.loads(one.read_text()) for one in sorted((ROOT / "workflows").glob("*.json"))]
    count = size(300, 10_000)
    with Server(folder, config="[server.limits]\nqueue = 100000\n") as server:
        server.ready()
        server.api.call("POST", "/api/queue/pause", {"paused": True})

        def send(seed: int) -> None:
            dice, api = Random(seed), Api(server.port)
            for number in range(seed, count, 2):
                text = body(mutated(dice.choice(shipped), dice), dice)
                routes = ["/api/validate", "/api/jobs"] + (
                    ["/api/plan"] if number % 20 == 0 else []
                )
                for path in routes:
                    answer = api.request("POST", path, raw=text)
                    told[answer.status] += 1
                    if answer.status >= 500 or answer.status < 200:
                        faults.append(f"{path}: {answer.status} {answer.body[:300]!r} {text!r}")
            api.close()

        threads = [threading.Thread(target=send, args=(seed,)) for seed in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        if told.total() < 2 * count:
            faults.append(f"only {told.total()} answers came: the server said {server.log[-2000:]}")
    return Result(
        "C2a",
        "mutated workflows",
        f"{count} mutated workflows checked and submitted: only 2xx and 4xx",
        f"answers {dict(sorted(told.items()))}, {len(faults)} faults",
        faults,
    )


# They never end; and they are tested by clients that can read them.
STREAMS = ("/api/events", "/api/ws")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


def interface(folder: Path, size: Size) -> Result:
    """Have the interface's own description tested, signed in and not."""
    faults: list[str] = []
    measured = []
    with Server(folder, env={"WEFT_TOKEN": TOKEN}) as server:
        server.ready()
        answer = server.api.request("GET", "/api/openapi.json")
        if answer.status != 200:
            faults.append(f"the description is answered with {answer.status}")
        (folder / "openapi.json").write_bytes(answer.body)

        def run(signed_in: bool) -> None:
            name = "signed in" if signed_in else "not signed in"
            report = folder / f"{name}.json"
            command = [str(Path(sys.executable).parent / "schemathesis"), "run"]
            command += [str(folder / "openapi.json"), "--url", f"http://127.0.0.1:{server.port}"]
            command += ["--checks", ",".join(CHECKS if signed_in else CHECKS[:1])]
            reduced = "coverage" if signed_in else "fuzzing"
            command += ["--phases", "examples,coverage,fuzzing" if size.full else reduced]
            command += ["--max-examples", str(size(1, 100)), "--no-shrink", "--seed", "1"]
            command += ["--suppress-health-check", "all", "--continue-on-failure"]
            command += ["--request-timeout", "60", "--workers", "2", "--warnings", "off"]
            command += ["--report", "json", "--report-json-path", str(report)]
            command += [part for one in STREAMS for part in ("--exclude-path", one)]
            if signed_in:
                command += ["-H", f"Authorization: Bearer {TOKEN}"]
            done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
            try:
                found = json.loads(report.read_text())
            except (OSError, ValueError):
                faults.append(f"{name}: no report: {done.stdout[-2000:]}{done.stderr[-2000:]}")
                return
            if not found["operations"] or not found["test_cases"]:
                faults.append(f"{name}: nothing was tested: {json.dumps(found)[:3000]}")
                return
            # The tool's own errors are none of ours, as long as it did its work.
            tested, cases = found["operations"]["tested"], found["test_cases"]["generated"]
            if tested < found["operations"]["selected"] - 3:
                faults.append(f"{name}: only {tested} operations were tested: {found['errors']}")
            if found["failures"]:
                faults.append(f"{name}: {json.dumps(found['failures'])[:6000]}")
            measured.append(f"{name}: {cases} requests to {tested} operations")

        with ThreadPoolExecutor(2) as both:
            list(both.map(run, (True, False)))
        api = Api(server.port)
        for path in STREAMS:
            for query in ("since=x", "since=-1", "job=..", "since=1&since=2", "previews=maybe"):
                status = api.request("GET", f"{path}?{query}").status
                if not 400 <= status < 500:
                    faults.append(f"{path}?{query}: {status}")
        api.close()
    return Result(
        "C2b",
        "the interface is as it says",
        "schemathesis on the OpenAPI document, with the token and without: no 5xx",
        "; ".join(measured),
        faults,
    )
