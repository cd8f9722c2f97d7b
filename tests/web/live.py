"""The real application, for tests that speak to it as clients do.

`LiveServer` runs it in a thread of its own, for tests without an event loop; `serving` runs it in
the test's own loop: `asyncio.run(main())` with `async with serving(...) as server` inside.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from weft import Registry
from weft_web.api.app import create_app, make_runner
from weft_web.settings import Limits, Settings
from weft_web.workers.pool import WorkerPool

TOKEN = "test-token-" + "x" * 32
FINAL = ("done", "failed", "cancelled", "quarantined")
PATIENCE = 60.0  # seconds; for liveness only, on a busy machine


def settings_for(folder: Path, **more: Any) -> Settings:
    """Settings of a server on a free port, with its data in `folder`."""
    return Settings(data_dir=folder / "server", token=TOKEN, port=0, **more)


def texts(*values: str, **more: Any) -> dict[str, Any]:
    """A submission of the cheapest workflow there is: texts, each a target."""
    values = values or ("hello",)
    nodes = {
        f"text{number}": {"type": "primitive.text", "version": 1, "values": {"value": value}}
        for number, value in enumerate(values)
    }
    return {"workflow": {"weft": 1, "nodes": nodes}, "targets": list(nodes), **more}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The word of a refusal."""
        return str(self.json["error"]["code"])


class LiveServer:
    """A server in a thread. Use it as a context manager."""

    def __init__(
        self,
        settings: Settings,
        pool: WorkerPool | Callable[[], WorkerPool] | None = None,
        registry: Registry | None = None,
    ) -> None:
        self.settings = settings
        self.port = 0
        self.token = settings.token or TOKEN
        self.app: web.Application | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._pool = pool
        self._registry = registry
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="live server")

    def __enter__(self) -> LiveServer:
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        if self._error is not None:
            self._thread.join()
            raise self._error
        return self

    def __exit__(self, *_: object) -> None:
        if self.loop is not None and self._stop is not None:
            self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self._error = error
        finally:
            self._ready.set()

    async def _main(self) -> None:
        pool = self._pool() if callable(self._pool) else self._pool
        async with serving(self.settings, pool, self._registry) as server:
            self.loop = asyncio.get_running_loop()
            self._stop = asyncio.Event()
            self.port, self.app = server.port, server.app
            self._ready.set()
            await self._stop.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def request(
        self,
        method: str,
        path: str,
        data: Any = None,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        signed_in: bool = True,
    ) -> Answer:
        """Send a request on a connection of its own. data: sent as JSON; raw: sent as it is."""
        sent = {"Authorization": f"Bearer {self.token}"} if signed_in else {}
        if data is not None:
            raw = json.dumps(data).encode()
            sent["Content-Type"] = "application/json"
        sent |= headers or {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body=raw, headers=sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, data: Any = None, **headers: str) -> Answer:
        return self.request("POST", path, data if data is not None else {}, headers=headers)

    def put(self, path: str, data: Any, **headers: str) -> Answer:
        return self.request("PUT", path, data, headers=headers)

    def delete(self, path: str) -> Answer:
        return self.request("DELETE", path)

    def submit(self, *values: str, **more: Any) -> str:
        """Submit texts; the job's id."""
        answer = self.post("/api/jobs", texts(*values, **more))
        assert answer.status == 202, answer.body
        return str(answer.json["id"])

    def wait(self, job: str, *states: str) -> dict[str, Any]:
        """The job, once it is in one of the states (or has ended)."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found: dict[str, Any] = self.get(f"/api/jobs/{job}").json
            if found["state"] in (states or FINAL):
                return found
            time.sleep(0.01)
        raise AssertionError(f"{job} is still {found['state']}")


@dataclass(frozen=True)
class Serving:
    """A server in the test's loop, and a session that is signed in to it."""

    app: web.Application
    port: int
    session: ClientSession


@asynccontextmanager
async def serving(
    settings: Settings, pool: WorkerPool | None = None, registry: Registry | None = None
) -> AsyncIterator[Serving]:
    """Run the application on a free port of the running loop."""
    settings = settings.checked()
    app = create_app(settings, pool=pool, registry=registry)
    runner = make_runner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", settings.port)
        await site.start()
        port = runner.addresses[0][1]
        headers = {"Authorization": f"Bearer {settings.token}"}
        async with ClientSession(f"http://127.0.0.1:{port}", headers=headers) as session:
            yield Serving(app, port, session)
    finally:
        await runner.cleanup()


@contextmanager
def live(
    folder: Path,
    pool: WorkerPool | Callable[[], WorkerPool] | None = None,
    *,
    registry: Registry | None = None,
    limits: Limits | None = None,
    **more: Any,
) -> Iterator[LiveServer]:
    """A server with its data in `folder`."""
    settings = settings_for(folder, limits=limits or Limits(), **more)
    with LiveServer(settings, pool, registry) as server:
        yield server
