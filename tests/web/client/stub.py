"""A server that misbehaves on command, for what a real one does only rarely."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

TOKEN = "stub-token"


class Stub:
    """Keeps one job per idempotency key.

    drop: how many answers to submissions are lost after the job was stored.
    busy, busy_streams, busy_files: how many requests for a job, its events, its files are answered
        with 503 first.
    streams: what each event stream sends, one after the other: events, then the connection drops.
    files: what outputs hold, by digest. cuts: how many downloads break off half-way.
    """

    def __init__(self) -> None:
        self.drop = self.busy = self.busy_streams = self.busy_files = self.cuts = 0
        self.streams: list[list[dict[str, Any]]] = []
        self.files: dict[str, bytes] = {}
        self.names: dict[str, str] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str, str | None]] = []
        self.url = ""

    def view(self, id: str, **more: Any) -> dict[str, Any]:
        """A job as the server tells of it."""
        outputs = [
            {"node": "save", "index": at, "name": self.names[one], "sha256": one, "item": {}}
            for at, one in enumerate(self.files)
        ]
        last = max((one["number"] or 0 for each in self.streams for one in each), default=0)
        state = "done" if not self.streams or not any(self.streams[1:]) else "running"
        return {
            "id": id, "state": state, "created": 1.0, "started": 2.0, "finished": 3.0,
            "outputs": outputs, "last_event": last, "workflow": {"weft": 1, "nodes": {}}, **more,
        }  # fmt: skip

    def add_file(self, name: str, content: bytes, sha256: str | None = None) -> None:
        """Something the job made; `sha256` where the server lies about it."""
        digest = sha256 or hashlib.sha256(content).hexdigest()
        self.files[digest] = content
        self.names[digest] = name

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application()
        app.router.add_post("/api/jobs", self._submit)
        app.router.add_get("/api/jobs/{id}", self._job)
        app.router.add_get("/api/events", self._events)
        app.router.add_get("/api/jobs/{id}/events", self._history)
        app.router.add_get("/api/outputs/{sha256}", self._output)
        app.router.add_get("/api/nodes", self._elsewhere)
        app.router.add_post("/api/validate", self._refuse)
        return app

    def _note(self, request: web.Request) -> None:
        header = request.headers.get("Authorization")
        self.asked.append((request.method, request.path_qs, header))

    async def _submit(self, request: web.Request) -> web.Response:
        self._note(request)
        key = request.headers["Idempotency-Key"]
        job = self.jobs.setdefault(key, {"id": f"job{len(self.jobs)}"})
        if self.drop:
            self.drop -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(self.view(job["id"], state="queued"), status=202)

    async def _job(self, request: web.Request) -> web.Response:
        self._note(request)
        if self.busy:
            self.busy -= 1
            return _error(503, "starting", "wait a little")
        return web.json_response(self.view(request.match_info["id"]))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        self._note(request)
        if self.busy_streams:
            self.busy_streams -= 1
            return _error(503, "too_many_clients", "wait a little")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b": hello\n\n")
        for event in self.streams.pop(0) if len(self.streams) > 1 else self.streams[0]:
            number = "" if event["number"] is None else f"id: {event['number']}\n"
            await response.write(f"{number}data: {json.dumps(event)}\n\n".encode())
        await asyncio.sleep(0.05)  # let it arrive before the connection drops
        assert request.transport is not None
        request.transport.abort()
        return response

    async def _history(self, request: web.Request) -> web.Response:
        self._note(request)
        since, limit = int(request.query["since"]), int(request.query["limit"])
        page = [one for one in self.streams[0] if (one["number"] or 0) > since][:limit]
        return web.json_response({"events": page, "last": page[-1]["number"] if page else since})

    async def _output(self, request: web.Request) -> web.StreamResponse:
        self._note(request)
        if self.busy_files:
            self.busy_files -= 1
            return _error(503, "starting", "wait a little")
        content = self.files[request.match_info["sha256"]]
        if not self.cuts:
            return web.Response(body=content)
        self.cuts -= 1
        response = web.StreamResponse()
        response.content_length = len(content)
        await response.prepare(request)
        await response.write(content[: len(content) // 2])
        assert request.transport is not None
        request.transport.abort()
        return response

    async def _elsewhere(self, request: web.Request) -> web.Response:
        self._note(request)
        return web.Response(status=302, headers={"Location": f"{self.url}/api/jobs/x"})

    async def _refuse(self, request: web.Request) -> web.Response:
        problems = [{"path": "nodes.a", "message": "unknown type", "suggestion": "b"}]
        return _error(422, "invalid_workflow", "the workflow is wrong", problems=problems)


def _error(status: int, code: str, message: str, **more: Any) -> web.Response:
    body = {"error": {"code": code, "message": message, **more}}
    return web.json_response(body, status=status)


@asynccontextmanager
async def running_stub(stub: Stub) -> AsyncIterator[str]:
    """The stub on a free port; its URL."""
    runner = web.AppRunner(stub.app(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    stub.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield stub.url
    finally:
        await runner.cleanup()


def event(number: int | None, name: str, job: str = "job0", **data: Any) -> dict[str, Any]:
    """An event as it travels."""
    return {"number": number, "job": job, "time": 1.0, "event": name, "data": data}
