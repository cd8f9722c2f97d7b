"""S6: model files that mean harm. S7: a workflow is data, and nothing but data."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import random
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from reliability.harness import ROOT, Result, Server, Size, flow, showing

STARTER = ROOT / "nodes/weft_nodes/assets/models/checkpoints/starter-unet.safetensors"
LOADED = {"shape": [2, 2], "dtype": "F32", "data_offsets": [0, 16]}


def packed(header: object, data: bytes = b"\0" * 16, length: int | None = None) -> bytes:
    """A safetensors file. header: JSON data, or its bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def hand_made() -> dict[str, bytes]:
    """Files that are wrong, or very large, in one way each."""
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    lists = b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    tensor = json.dumps(LOADED).encode()
    many = {f"t{one}": {**LOADED, "data_offsets": [0, 16]} for one in range(50_000)}
    known = "model.diffusion_model.input_blocks.0.0.weight"
    return {
        "empty": b"",
        "one-byte": b"\x01",
        "seven-bytes": b"\x10" + b"\0" * 6,
        "no-header": struct.pack("<Q", 0),
        "short-header": struct.pack("<Q", 1) + b"{",
        "length-max": struct.pack("<Q", 2**64 - 1) + b"{}",
        "length-sign": struct.pack("<Q", 2**63) + b"{}",
        "length-beyond": packed({"a": LOADED}, length=10_000),
        "length-giant": packed({"a": LOADED}, length=200 * 2**20),
        "length-short": packed({"a": LOADED}, length=5),
        "not-json": packed(b"not json at all"),
        "not-utf8": packed(b'{"a\xff": 1}'),
        "utf16": packed(json.dumps({"a": LOADED}).encode("utf-16")),
        "bom": packed(b"\xef\xbb\xbf" + json.dumps({"a": LOADED}).encode()),
        "list": packed([LOADED]),
        "null": packed(None),
        "number": packed(17),
        "text": packed("text"),
        "nan": packed(b'{"a": NaN}'),
        "big-number": packed(b'{"a": ' + b"9" * 10_000 + b"}"),
        "deep-objects": packed(deep),
        "deep-lists": packed(lists),
        "twice": packed(b'{"a":' + tensor + b',"a":' + tensor + b"}"),
        "no-dtype": packed({"a": {"shape": [4], "data_offsets": [0, 16]}}),
        "no-shape": packed({"a": {"dtype": "F32", "data_offsets": [0, 16]}}),
        "no-offsets": packed({"a": {"dtype": "F32", "shape": [4]}}),
        "tensor-null": packed({"a": None}),
        "tensor-list": packed({"a": [1, 2, 3]}),
        "dtype-unknown": packed({"a": {**LOADED, "dtype": "F1024"}}),
        "dtype-number": packed({"a": {**LOADED, "dtype": 32}}),
        "shape-negative": packed({"a": {**LOADED, "shape": [-2, -2]}}),
        "shape-float": packed({"a": {**LOADED, "shape": [2.0, 2.5]}}),
        "shape-text": packed({"a": {**LOADED, "shape": ["2", "2"]}}),
        "shape-overflow": packed({"a": {**LOADED, "shape": [2**33, 2**33]}}),
        "shape-huge": packed({"a": {**LOADED, "shape": [10**30]}}),
        "shape-long": packed({"a": {**LOADED, "shape": [1] * 100_000}}),
        "offsets-reversed": packed({"a": {**LOADED, "data_offsets": [16, 0]}}),
        "offsets-negative": packed({"a": {**LOADED, "data_offsets": [-16, 0]}}),
        "offsets-beyond": packed({"a": {**LOADED, "data_offsets": [0, 10**12]}}),
        "offsets-one": packed({"a": {**LOADED, "data_offsets": [0]}}),
        "offsets-overlap": packed({"a": LOADED, "b": LOADED}),
        "offsets-hole": packed({"a": {**LOADED, "data_offsets": [32, 48]}}, b"\0" * 48),
        "offsets-mismatch": packed({"a": {**LOADED, "data_offsets": [0, 12]}}),
        "metadata-list": packed({"__metadata__": [1], "a": LOADED}),
        "metadata-deep": packed({"__metadata__": {"a": {"b": {}}}, "a": LOADED}),
        "metadata-large": packed({"__metadata__": {"a": "x" * 8_000_000}, "a": LOADED}),
        "names": packed({"": LOADED, "../../a": LOADED, "\0": LOADED}),
        "many": packed(many),
        "trailing": packed({"a": LOADED}, b"\0" * 5000),
        "half-known": packed({known: LOADED}),
        "known-scalar": packed({known: {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}}),
        "zip": b"PK\x03\x04" + b"\0" * 100,
        "gguf": b"GGUF\x03\0\0\0" + b"\xff" * 64,
    }


class Canary:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


PICKLES = (
    "a.ckpt", "a.pt", "a.pth", "a.bin", "a.pkl", "a.safetensors", "b.SAFETENSORS",
    "c.ckpt.safetensors",
)  # fmt: skip


def mutated(header: bytes, dice: random.Random) -> bytes:
    """A header with a few bytes changed, put in, or taken away."""
    data = bytearray(header)
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(data)) if dice.random() < 0.7 else dice.randrange(16)
        match dice.randrange(4):
            case 0:
                data[place] = dice.randrange(256)
            case 1:
                data[place] ^= 1 << dice.randrange(8)
            case 2:
                data[place : place + dice.randint(1, 30)] = b""
            case _:
                data[place:place] = dice.choice((b"[", b"{", b'"', b"-1", b"9" * 30, b"\0", b","))
        data = data or bytearray(b"\0")
    return bytes(data)


def models(folder: Path, size: Size) -> Result:
    """Let the server list such files, and load them."""
    faults: list[str] = []
    canary = folder / "canary"
    place = folder / "models" / "checkpoints"
    place.mkdir(parents=True)
    bad = hand_made()
    for name, content in bad.items():
        (place / f"{name}.safetensors").write_bytes(content)
    for name in PICKLES:
        (place / name).write_bytes(pickle.dumps(Canary(canary)))
    (place / "folder.safetensors").mkdir()
    os.mkfifo(place / "pipe.safetensors")
    (place / "loop.safetensors").symlink_to("loop.safetensors")
    with (place / "sparse.safetensors").open("wb") as file:
        whole = {"dtype": "F32", "shape": [2**34], "data_offsets": [0, 2**36]}
        file.write(packed({"model.diffusion_model.out.2.weight": whole}, b""))
        file.truncate(file.tell() + 2**36)
    with STARTER.open("rb") as starter:
        length = struct.unpack("<Q", starter.read(8))[0]
        header = struct.pack("<Q", length) + starter.read(length)
    total = STARTER.stat().st_size
    workflow = json.loads((ROOT / "workflows" / "text-to-image.json").read_text())
    slowest = grown = 0.0
    loaded = 0
    with Server(folder, models=[folder / "models"]) as server:
        server.ready()
        api = server.api
        pid = server.worker()

        def listed(count: int) -> list[dict[str, Any]]:
            nonlocal slowest, grown
            before = psutil.Process(pid).memory_info().rss
            begin = time.monotonic()
            found: list[dict[str, Any]] = api.get("/api/models")["models"]
            slowest = max(slowest, (time.monotonic() - begin) / count)
            grown = max(grown, (psutil.Process(pid).memory_info().rss - before) / 2**20)
            # Plugins ship models of their own, in other folders.
            checkpoints = [one for one in found if one["folder"] == "checkpoints"]
            return [one for one in checkpoints if one["name"] != STARTER.name]

        for one in listed(len(bad) + len(PICKLES) + 4):
            if one["family"] is not None:
                faults.append(f"{one['name']} is taken for {one['family']}")
        # Loading each of them ends its job, not the worker.
        names = [f"{one}.safetensors" for one in bad] + list(PICKLES)
        names += ["sparse.safetensors", "pipe.safetensors", "folder.safetensors"]
        dice = random.Random(7)
        for name in names if size.full else [*dice.sample(names, 12), "pipe.safetensors"]:
            job = {"workflow": workflow, "parameters": {"model": name}, "deadline_s": 10}
            answer = api.request("POST", "/api/jobs", job)
            if answer.status == 202:
                loaded += 1
                end = api.wait(answer.json["id"])
                # Only the one that is truly large may take its time.
                late = end["error"]["kind"] == "deadline" and not name.startswith("sparse")
                if end["state"] != "failed" or late:
                    faults.append(f"a job with {name} is {end['state']}: {end['error']}")
                if server.ready().worker() != pid:
                    faults.append(f"the worker died of {name}: {end['state']}, {end['error']}")
                    pid = server.worker()
            elif answer.status != 422:
                faults.append(f"a job with {name} is answered with {answer.status}")
        for path in place.iterdir():
            with contextlib.suppress(IsADirectoryError):
                path.unlink()
        count = size(100, 10_000)
        for start in range(0, count, 250):
            part = min(250, count - start)
            for number in range(part):
                with (place / f"m{number}.safetensors").open("wb") as file:
                    file.write(mutated(header, dice))
                    file.truncate(total)
            listed(part)
            for path in place.glob("m*"):
                path.unlink()
        if server.worker() != pid:
            faults.append(f"the worker died: {server.log[-2000:]}")
        health = api.request("GET", "/healthz").json
        if health["status"] != "ok":
            faults.append(f"healthz says {health}")
    if canary.exists():
        faults.append("a pickle was executed")
    if grown > 200:
        faults.append(f"the worker grew by {grown:.0f} MiB")
    return Result(
        "S6",
        "hostile model files",
        f"{len(bad) + len(PICKLES) + 4} hand-made and {count} mutations: 0 crashes, "
        "<= 200 MB, no pickle executed",
        f"{len(faults)} faults; {loaded} loads failed as they should; {slowest * 1000:.1f} ms a "
        f"file, worker +{grown:.0f} MiB",
        faults,
    )


def strange_workflows() -> Iterator[dict[str, Any]]:
    """Workflows that would do something if they were more than data."""
    types = (
        "os.system", "weft:os.system", "builtins:exec", "subprocess:call.run", "__import__",
        "weft_faults.nodes:write", "faults:work.write", "faults:fault.raise_device",
        "evil_module:node.run", "model.load_checkpoint", "image.load", "../../evil:x.y",
        "weft_nodes.nodes.images:resize", "antigravity:this.flies", "http://127.0.0.1:1/x:a.b",
    )  # fmt: skip
    values: tuple[Any, ...] = (
        "/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/", "\\\\host\\share", "$(id)",
        "__import__('os').system('id')", "{{7*7}}", "%s%n", "!!python/object/apply:os.system",
        "../" * 20 + "etc/passwd", "import antigravity", {"__class__": "os"}, ["-c", "import os"],
    )  # fmt: skip
    for type in types:
        for value in values:
            names = ("value", "path", "file", "text", "prefix", "code")
            node = {"type": type, "values": dict.fromkeys(names, value)}
            document = flow({"a": node, "b": {"type": type, "links": {"value": "a.value"}}})
            document["requires"] = {"evil-module": ">=1", "antigravity": value}
            document["parameters"] = {"p": "a.value", "q": "a.__class__"}
            document["subgraphs"] = {"s": {"nodes": {"x": node}, "inputs": {}, "outputs": {}}}
            yield document
            yield {key: document[key] for key in ("weft", "nodes")}


def data_only(folder: Path, size: Size) -> Result:
    """Validate, open, plan and submit such workflows while the server's process is watched."""
    faults: list[str] = []
    log = folder / "audit.log"
    launcher = [str(Path(__file__).parent / "audit.py")]
    shipped = [json.loads(one.read_text()) for one in (ROOT / "workflows").glob("*.json")]
    strange = list(strange_workflows())
    if not size.full:
        strange = random.Random(3).sample(strange, 60)
    with Server(folder, launcher=launcher, env={"WEFT_TEST_AUDIT": str(log)}) as server:
        server.ready()
        api = server.api
        api.call("POST", "/api/queue/pause", {"paused": True})
        statuses: set[int] = set()

        def send(document: dict[str, Any], name: str) -> None:
            for method, path, body in (
                ("POST", "/api/validate", {"workflow": document}),
                ("POST", "/api/plan", {"workflow": document}),
                ("POST", "/api/jobs", {"workflow": document}),
                ("PUT", f"/api/workflows/{name}", {"workflow": document, "revision": 0}),
                ("GET", f"/api/workflows/{name}", None),
                ("POST", "/api/jobs", {"name": name}),
            ):
                statuses.add(api.request(method, path, body).status)

        # What is imported on first use is imported now; from then on, nothing is.
        for number, document in enumerate([showing("a")["workflow"], {}, shipped[0], strange[0]]):
            send(document, f"warm{number}")
        begin = time.monotonic()
        for number, document in enumerate(shipped + strange):
            send(document, f"flow{number}")
        end = time.monotonic()
        seen = 0
        for line in log.read_text().splitlines():
            when, event, what = line.split(" ", 2)
            seen += 1
            if begin <= float(when) <= end and event != "read":
                faults.append(f"{event} {what}")
        if not seen:
            faults.append("the audit saw nothing at all")
        if bad := [one for one in statuses if one >= 500]:
            faults.append(f"answers {bad}")
    return Result(
        "S7",
        "a workflow is data",
        "opening, validating, planning and submitting import, connect, write nothing",
        f"{len(shipped + strange)} workflows, answers {sorted(statuses)}, {len(faults)} events "
        f"of {seen} since the start",
        faults,
    )
