"""A real server as a process of its own, to talk to by HTTP and to kill.

Nothing here imports the server: what is tested is what a client sees.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
PLUGIN = Path(__file__).parent / "plugin"
TOKEN = "reliability-" + "x" * 32
FINAL = ("done", "failed", "cancelled", "quarantined")
PATIENCE = 120.0  # seconds; for liveness only, on a busy machine
WEFT = "import sys; from weft.cli import main; sys.exit(main())"


@dataclass(frozen=True)
class Size:
    """How much of a promise is tested: everything, or what a test suite has time for."""

    full: bool = False

    def __call__(self, small: int, full: int) -> int:
        return full if self.full else small


@dataclass(frozen=True)
class Result:
    """What a check of a promise measured."""

    id: str
    promise: str
    goal: str
    measured: str
    faults: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the promise was kept."""
        return not self.faults


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """Its JSON."""
        return json.loads(self.body)


class RefusedError(Exception):
    """An answer that was not expected."""


class Api:
    """A client with a connection for each thread."""

    def __init__(self, port: int, token: str | None = TOKEN) -> None:
        self.port = port
        self.token = token
        self._local = threading.local()
        self._open: set[http.client.HTTPConnection] = set()

    def close(self) -> None:
        """Close every connection."""
        for one in list(self._open):
            one.close()

    def request(
        self,
        method: str,
        path: str,
        data: Any = None,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request. data: sent as JSON. Raises OSError or HTTPException without a server."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if raw is not None or data is not None:
            sent["Content-Type"] = "application/json"
        raw = json.dumps(data).encode() if data is not None else raw
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            connection.connect()
            # Or small requests of two packets wait for the first one's acknowledgement.
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._local.connection = connection
            self._open.add(connection)
        try:
            connection.request(method, path, body=raw, headers=sent | dict(headers or {}))
            answer = connection.getresponse()
            found = Answer(answer.status, answer.headers, answer.read())
        except BaseException:
            self._forget(connection)
            raise
        if answer.will_close:
            self._forget(connection)
        return found

    def _forget(self, connection: http.client.HTTPConnection) -> None:
        connection.close()
        self._open.discard(connection)
        self._local.connection = None

    def get(self, path: str) -> Any:
        """The JSON of an answer that succeeds. Raises RefusedError for others."""
        return self.call("GET", path)

    def call(self, method: str, path: str, data: Any = None, **more: Any) -> Any:
        """As `request`; the JSON of an answer that succeeds. Raises RefusedError for others."""
        answer = self.request(method, path, data, **more)
        if answer.status >= 300:
            raise RefusedError(f"{method} {path}: {answer.status} {answer.body[:600]!r}")
        return answer.json if answer.body else None

    def submit(self, submission: Mapping[str, Any], key: str | None = None) -> str:
        """Submit a job; its id."""
        headers = {"Idempotency-Key": key} if key else {}
        return str(self.call("POST", "/api/jobs", dict(submission), headers=headers)["id"])

    def job(self, id: str) -> dict[str, Any]:
        """A job."""
        found: dict[str, Any] = self.get(f"/api/jobs/{id}")
        return found

    def wait(self, id: str, *states: str, patience: float = PATIENCE) -> dict[str, Any]:
        """A job, once it is in one of the states, or has ended. Raises AssertionError."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            found = self.job(id)
            if found["state"] in (states or FINAL):
                return found
            time.sleep(0.01)
        raise AssertionError(f"job {id} is still {found['state']}: {found}")

    def events(self, id: str) -> list[dict[str, Any]]:
        """A job's stored events."""
        found: list[dict[str, Any]] = []
        while True:
            since = found[-1]["number"] if found else 0
            page = self.get(f"/api/jobs/{id}/events?limit=1000&since={since}")["events"]
            if not page:
                return found
            found += page

    def settle(self, patience: float = PATIENCE) -> None:
        """Wait until no job waits or runs. Raises AssertionError."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            counts = self.get("/api/jobs?limit=1")["counts"]
            if not counts.get("queued") and not counts.get("running"):
                return
            time.sleep(0.05)
        raise AssertionError(f"jobs are left after {patience} s: {counts}")

    def resume(self) -> None:
        """Let the queue run."""
        self.call("POST", "/api/queue/pause", {"paused": False})


class Server:
    """`weft serve` on a folder of its own. `start` and `kill` it as often as wanted."""

    def __init__(
        self,
        folder: Path,
        *,
        models: Sequence[Path] = (),
        config: str = "",
        env: Mapping[str, str] | None = None,
        launcher: Sequence[str] = ("-c", WEFT),
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = free_port()
        self.api = Api(self.port)
        self.said: deque[str] = deque(maxlen=2000)
        self.starts = 0
        self._env = environment(folder) | dict(env or {})
        folder.mkdir(parents=True, exist_ok=True)
        # All faulty nodes are one plugin's, which would be left out before all of them ran.
        own = "[server]\ngrace_s = 0.5\nplugin_crashes = 0\n"
        Path(self._env["WEFT_CONFIG"]).write_text(own + config)
        self._command = [sys.executable, "-P", *launcher, "serve", "--port", str(self.port)]
        self._command += ["--data-dir", str(self.data)]
        self._command += [part for one in models for part in ("--models", str(one))]
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.api.close()

    @property
    def pid(self) -> int:
        """Of the server's process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """The end of what it wrote to stderr."""
        return "\n".join(self.said)

    def start(self, env: Mapping[str, str] | None = None, *, wait: bool = True) -> Server:
        """Start it, and wait until it answers. Raises AssertionError where it ends at once."""
        self.starts += 1
        self._process = process = subprocess.Popen(
            self._command,
            env=self._env | dict(env or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=self.folder,
        )
        self._reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._reader.start()
        end = time.monotonic() + PATIENCE
        while wait:
            if self.answers():
                break
            assert process.poll() is None or env, f"it ended at once:\n{self.log}"
            if process.poll() is not None:
                break
            assert time.monotonic() < end, f"it does not answer:\n{self.log}"
            time.sleep(0.02)
        return self

    def answers(self) -> bool:
        """Whether it answers at all."""
        try:
            return self.api.request("GET", "/healthz").status in (200, 503)
        except (OSError, http.client.HTTPException):
            return False

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with contextlib.suppress(ValueError):
            for line in process.stdout:
                self.said.append(line.rstrip())

    def ready(self) -> Server:
        """Wait until a worker is there."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.worker() is not None:
                return self
            time.sleep(0.02)
        raise AssertionError(f"no worker came:\n{self.log}")

    def worker(self) -> int | None:
        """The pid of a worker that is ready."""
        workers = self.api.get("/api/system")["workers"]
        return next((one["pid"] for one in workers if one["state"] == "ready"), None)

    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """kill -9, and wait until it and every process it made are gone."""
        assert self._process is not None
        family = descendants(self.pid)
        with contextlib.suppress(OSError):
            self._process.kill()
        self._gone(family)

    def stop(self, patience: float = 30.0) -> int | None:
        """SIGTERM, and wait; the exit status, None where it had to be killed."""
        if self._process is None or self._process.poll() is not None:
            return self._process.returncode if self._process else None
        family = descendants(self.pid)
        self._process.terminate()
        try:
            status: int | None = self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = None
        self._gone(family)
        return status

    def died(self, patience: float = PATIENCE) -> None:
        """Wait for it to die by itself."""
        assert self._process is not None
        self._process.wait(patience)
        self._gone([])

    def _gone(self, family: Sequence[psutil.Process]) -> None:
        assert self._process is not None
        self._process.wait(PATIENCE)
        end = time.monotonic() + 15
        left = [one for one in family if _lives(one)]
        while left and time.monotonic() < end:
            time.sleep(0.01)
            left = [one for one in left if _lives(one)]
        for one in left:
            one.kill()
        assert not left, f"processes outlived the server: {left}"
        if self._reader is not None:
            self._reader.join(5)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self.api.close()

    def corruption(self) -> list[str]:
        """What is wrong with the database and the files of a server that does not run."""
        faults = []
        with contextlib.closing(sqlite3.connect(self.data / "weft.db")) as database:
            found = database.execute("PRAGMA integrity_check").fetchall()
            if found != [("ok",)]:
                faults.append(f"integrity_check: {found}")
            found = database.execute("PRAGMA foreign_key_check").fetchall()
            if found:
                faults.append(f"foreign_key_check: {found}")
        for path in (self.data / "blobs").rglob("*"):
            if path.is_file() and not path.name.startswith(".tmp"):
                name = path.parent.name + path.name
                if sha256(path.read_bytes()).hexdigest() != name:
                    faults.append(f"{path} is not what its name says")
        return faults


_shared: Server | None = None


@contextmanager
def sharing(folder: Path) -> Iterator[None]:
    """Meanwhile, checks in the reduced size that leave a server as it was share one."""
    global _shared
    _shared = Server(folder)
    try:
        yield
    finally:
        _shared.stop()
        _shared = None


@contextmanager
def serving(folder: Path, size: Size) -> Iterator[Server]:
    """A server with a worker that is ready: of the check's own, or the shared one."""
    if size.full or _shared is None:
        with Server(folder) as own:
            yield own.ready()
    else:
        if not _shared.alive():
            _shared.start()
        yield _shared.ready()


def _lives(process: psutil.Process) -> bool:
    """Whether a process can still do something: not where only its exit code is left."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def descendants(pid: int) -> list[psutil.Process]:
    """Every process that a process made, and those that they made."""
    try:
        found: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return found


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment(folder: Path) -> dict[str, str]:
    """The variables of a server's, or a command's, own world: the faulty nodes are installed."""
    env = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("WEFT_", "PYTHON", "COVERAGE"))
    }
    places = [plugin_folder(), *(ROOT / one for one in ("core", "nodes", "web"))]
    return env | {
        "PYTHONPATH": os.pathsep.join(map(str, places)),
        "WEFT_TOKEN": TOKEN,
        "WEFT_CACHE_DIR": str(folder / "cache"),
        "WEFT_CONFIG": str(folder / "config.toml"),
        "WEFT_PLUGIN_DATA": str(folder / "plugin-data"),
        "OMP_NUM_THREADS": "1",
        "NO_COLOR": "1",
    }


_plugin: Path | None = None


def plugin_folder() -> Path:
    """A folder that makes the faulty nodes an installed plugin for whoever has it on its path."""
    global _plugin
    if _plugin is None:
        _plugin = Path(tempfile.mkdtemp(prefix="weft-faults-"))
        atexit.register(shutil.rmtree, _plugin, True)
        shutil.copytree(
            PLUGIN / "weft_faults",
            _plugin / "weft_faults",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        info = _plugin / "weft_faults-0.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: weft-faults\nVersion: 0.1\n")
        (info / "entry_points.txt").write_text("[weft]\nfaults = weft_faults.plugin\n")
        (info / "RECORD").write_text("")
    return _plugin


@contextmanager
def scratch(parent: Path | None = None) -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(
        prefix="weft-reliability-", dir=parent, ignore_cleanup_errors=True
    ) as name:
        yield Path(name)


# --- workflows ------------------------------------------------------------------------------------


def writing(text: str, *, size: int = 1000, seconds: float = 0.0, files: int = 1) -> dict[str, Any]:
    """A job that writes files whose content follows from the text."""
    values = {"text": text, "size": size, "seconds": seconds, "files": files}
    return {"workflow": flow({"write": {"type": "faults:work.write", "values": values}})}


def written(text: str, *, size: int = 1000, files: int = 1) -> list[str]:
    """The sha256 of the files that such a job makes."""
    found = []
    for index in range(files):
        block = hashlib.sha256(f"{text} {index}".encode()).digest()
        found.append(sha256((block * (size // len(block) + 1))[:size]).hexdigest())
    return found


def showing(text: str) -> dict[str, Any]:
    """The cheapest job that makes something: it shows a text."""
    nodes = {
        "text": {"type": "faults:work.text", "values": {"value": text}},
        "show": {"type": "faults:work.show", "links": {"value": "text.value"}},
    }
    return {"workflow": flow(nodes)}


def one_node(type: str, links: Mapping[str, str] | None = None, **values: Any) -> dict[str, Any]:
    """A job of one node whose value is shown."""
    nodes: dict[str, Any] = {
        "node": {"type": type, "values": values, "links": dict(links or {})},
        "show": {"type": "faults:work.show", "links": {"value": "node.value"}},
    }
    return {"workflow": flow(nodes)}


def flow(nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A workflow of the nodes."""
    return {"weft": 1, "nodes": {id: {"version": 1, **one} for id, one in nodes.items()}}


# --- small helpers --------------------------------------------------------------------------------


def quantile(values: Sequence[float], share: float) -> float:
    """The value that a share of all values does not exceed; NaN of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def until(
    condition: Callable[[], bool], patience: float = PATIENCE, every: float = 0.02, what: str = ""
) -> float:
    """Wait for a condition; the seconds it took. Raises AssertionError."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > patience:
            raise AssertionError(f"waited {patience} s in vain: {what}")
        time.sleep(every)
    return time.monotonic() - begin


def chance(seed: int) -> random.Random:
    """Numbers that are the same every time."""
    return random.Random(seed)


def interrupt(pid: int, number: int = signal.SIGKILL) -> None:
    """Send a signal to a process that may be gone."""
    with contextlib.suppress(OSError):
        os.kill(pid, number)
