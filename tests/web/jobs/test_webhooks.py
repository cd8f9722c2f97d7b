"""Webhooks: signed, tried again, and not forgotten by a restart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from web.jobs.queues import queue, until
from weft_web.jobs import webhooks
from weft_web.jobs.webhooks import signature, webhook_secret

TOKEN = "t" * 40


@dataclass
class Receiver:
    """A server that hears webhooks. statuses: what it answers, one after the other; then 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    heard: list[tuple[dict[str, Any], dict[str, str], bytes]] = field(default_factory=list)

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.heard.append((json.loads(body), dict(request.headers), body))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


@asynccontextmanager
async def receiver(*statuses: int) -> AsyncIterator[Receiver]:
    made = Receiver(statuses=list(statuses))
    app = web.Application()
    app.router.add_post("/hook", made.hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield made
    finally:
        await runner.cleanup()


HOSTS: dict[str, Any] = {"webhook_hosts": ("127.0.0.1",)}


def test_the_end_of_a_job_is_posted_and_signed(tmp_path: Path) -> None:
    async def main() -> None:
        async with receiver() as hook, queue(tmp_path, **HOSTS) as one:
            ids = [
                await one.submit("files", count=2, webhook=hook.url),
                await one.submit("fail", webhook=hook.url),
                await one.submit("poison", webhook=hook.url),
            ]
            silent = await one.submit()
            one.dispatcher.pause("to cancel one that waits")
            ids.append(await one.submit(webhook=hook.url))
            await one.dispatcher.cancel(ids[-1])
            one.dispatcher.resume()
            await until(lambda: len(hook.heard) == 4)
            states = {view["id"]: view["state"] for view, _, _ in hook.heard}
            assert [states[id] for id in ids] == ["done", "failed", "quarantined", "cancelled"]
            assert silent not in states
            (done,) = [view for view, _, _ in hook.heard if view["state"] == "done"]
            assert [made["name"] for made in done["outputs"]] == ["0.txt", "1.txt"]
            for _, headers, body in hook.heard:
                when, _ = headers["Weft-Signature"].removeprefix("t=").split(",")
                expected = signature(webhook_secret(TOKEN), int(when), body)
                assert headers["Weft-Signature"] == expected
            assert TOKEN not in str(hook.heard)

    asyncio.run(main())


def test_a_failed_call_is_tried_again_and_then_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "BACKOFF", (0.01, 0.01, 0.01))

    async def main() -> None:
        async with receiver(500, 302, 200) as hook, queue(tmp_path, **HOSTS) as one:
            await one.submit(webhook=hook.url)
            await until(lambda: len(hook.heard) == 3)
            await until_async(one.store.webhooks.pending, lambda found: not found)
            assert len({headers["Weft-Delivery"] for _, headers, _ in hook.heard}) == 1

            hook.statuses = [500] * 10
            id = await one.submit(webhook=hook.url)
            await until(lambda: len(hook.heard) == 7)
            await until_async(one.store.webhooks.pending, lambda found: not found)
            await asyncio.sleep(0.05)
            assert len(hook.heard) == 7
            assert hook.heard[-1][0]["id"] == id

    asyncio.run(main())


def test_a_fault_of_the_server_is_tried_again_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "BACKOFF", (0.01,))

    async def main() -> None:
        async with receiver() as hook, queue(tmp_path, **HOSTS) as one:
            outputs, faults = one.store.outputs, [RuntimeError("a fault of the store")]

            async def sometimes(ids: Any) -> Any:
                if faults:
                    raise faults.pop()
                return await outputs(ids)

            monkeypatch.setattr(one.store, "outputs", sometimes)
            id = await one.submit(webhook=hook.url)
            await until(lambda: len(hook.heard) == 1)
            assert hook.heard[0][0]["id"] == id

    asyncio.run(main())


async def until_async(ask: Callable[[], Any], enough: Callable[[Any], bool]) -> None:
    async with asyncio.timeout(30):
        while not enough(await ask()):
            await asyncio.sleep(0.01)


def test_a_restart_forgets_none(tmp_path: Path) -> None:
    async def before(url: str) -> list[str]:
        async with queue(tmp_path, **HOSTS) as one:
            told = await one.submit(webhook=url)
            await one.settled([told])
            await until_async(one.store.webhooks.pending, lambda found: not found)
            # The next one ends, and the server dies before anybody could be called.
            one.dispatcher.webhooks.due = lambda *_: None  # type: ignore[method-assign]
            untold = await one.submit(webhook=url)
            await one.settled([told, untold])
            assert [one.job for one in await one.store.webhooks.pending()] == [untold]
            return [told, untold]

    async def main() -> None:
        async with receiver() as hook:
            told, untold = await before(hook.url)
            assert [view["id"] for view, _, _ in hook.heard] == [told]
            async with queue(tmp_path, **HOSTS) as one:
                await until(lambda: len(hook.heard) == 2)
                assert hook.heard[1][0]["id"] == untold
                await until_async(one.store.webhooks.pending, lambda found: not found)

    asyncio.run(main())


def test_a_retried_job_is_told_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with receiver() as hook, queue(tmp_path, **HOSTS) as one:
            id = await one.submit("fail", webhook=hook.url)
            await until(lambda: len(hook.heard) == 1)
            await until_async(one.store.webhooks.pending, lambda found: not found)
            await one.dispatcher.retry(id)
            await until(lambda: len(hook.heard) == 2)
            first, second = [headers["Weft-Delivery"] for _, headers, _ in hook.heard]
            assert first != second

    asyncio.run(main())


def test_a_server_that_hangs_holds_nobody_up(tmp_path: Path) -> None:
    async def main() -> None:
        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.read()
            finally:
                writer.close()

        server = await asyncio.start_server(hang, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with queue(tmp_path, **HOSTS) as one:
            url = f"http://127.0.0.1:{port}/hook"
            ids = [await one.submit(webhook=url) for _ in range(30)]
            await one.settled(ids)
        server.close()
        await server.wait_closed()

    asyncio.run(main())


def test_what_is_not_public_is_not_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "BACKOFF", ())

    async def main() -> None:
        async with receiver() as hook, queue(tmp_path) as one:
            for url in (hook.url, hook.url.replace("127.0.0.1", "localhost")):
                await one.settled([await one.submit(webhook=url)])
            await until_async(one.store.webhooks.pending, lambda found: not found)
            assert hook.heard == []

    asyncio.run(main())


def test_a_job_that_nobody_ran_is_cancelled_once_and_told_of(tmp_path: Path) -> None:
    async def main() -> None:
        async with receiver() as hook, queue(tmp_path, **HOSTS) as one:
            one.dispatcher.pause("so that nobody runs it")
            id = await one.submit(webhook=hook.url)
            await one.store.claim([id], "cpu")
            assert (await one.dispatcher.cancel(id)).cancel_wanted
            await one.dispatcher.audit()
            await one.dispatcher.audit()
            assert (await one.job(id)).state == "cancelled"
            await until(lambda: len(hook.heard) == 1)
            # It was wanted of that attempt, and of no later one.
            await one.dispatcher.retry(id)
            one.dispatcher.resume()
            await until(lambda: len(hook.heard) == 2)
            states = [view["state"] for view, _, _ in hook.heard]
            assert states == ["cancelled", "done"]

    asyncio.run(main())
