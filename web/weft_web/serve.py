"""`weft serve`: the server as a process. Sockets, signals, one line on stdout, a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
import sqlite3
import sys
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import quote

import typer
from aiohttp import web

from weft import InputError, __version__, safe_mode
from weft_web.configuration import ServeOptions, server_section, settings_of, use_config
from weft_web.errors import StorageFullError
from weft_web.logs import logging_to_stderr
from weft_web.presence import announced
from weft_web.settings import Settings

log = logging.getLogger("weft_web.serve")
BACKLOG = 1024
PATIENCE = 3.0  # seconds for answers under way when the server stops
REAP_EVERY = 10.0
# Seconds that a busy event loop may keep the store's writer waiting for the interpreter's lock,
# which it needs many times for one commit. The usual 5 ms would halve the jobs per second.
TURN = 0.0005
HINT = b"\nstopping; running jobs are queued again; once more ends it at once\n"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def serve(options: ServeOptions) -> int:
    """Serve until a signal comes. Raises InputError where it cannot start."""
    use_config(options.config)
    section = server_section()
    settings = settings_of(options, section)
    # Workers inherit the environment, and what runs there has no need of the token.
    os.environ.pop("WEFT_TOKEN", None)
    form, level = options.log or section.log, options.log_level or section.log_level
    with logging_to_stderr(form, level):
        sockets = listen(settings.host, settings.port)
        try:
            private_folder(settings.data_dir)
            checked = settings.checked()
            port = sockets[0].getsockname()[1]
            settings = checked.model_copy(update={"port": port})
            return asyncio.run(_serve(settings, sockets, options))
        finally:
            for one in sockets:
                one.close()


async def _serve(
    settings: Settings, sockets: Sequence[socket.socket], options: ServeOptions
) -> int:
    from weft_web.api import keys
    from weft_web.api.app import create_app, make_runner

    sys.setswitchinterval(TURN)
    app = create_app(settings)
    runner = make_runner(app, PATIENCE)
    with stop_signals(lambda: _kill_workers(app)) as stop:
        reaper = asyncio.create_task(reap_orphans()) if os.getpid() == 1 else None
        try:
            with _told_of_the_store(settings.data_dir):
                await runner.setup()
            if options.pause:
                app[keys.DISPATCHER].pause("started with --pause")
            for one in sockets:
                await web.SockSite(runner, one, backlog=BACKLOG).start()
            # What is there now stays; the collector need not walk it again, 30 ms at a time.
            gc.collect()
            gc.freeze()
            with announced(settings.data_dir, base_url(settings)):
                _tell(settings, options)
                number = await stop.wait()
                log.info("stopping after %s", signal.Signals(number).name)
        finally:
            await runner.cleanup()
            if reaper is not None:
                reaper.cancel()
    log.info("stopped")
    return 0


@contextmanager
def _told_of_the_store(folder: Path) -> Iterator[None]:
    """Turn what is wrong with the data folder into an InputError that says what to do."""
    try:
        yield
    except StorageFullError as error:
        raise InputError(f"{folder}: {error}; make room, and start again") from error
    except sqlite3.DatabaseError as error:
        raise InputError(
            f"{folder}: the database weft.db cannot be used: {error}; put a copy of it back, "
            "or move it away to begin with an empty one"
        ) from error


def _tell(settings: Settings, options: ServeOptions) -> None:
    url = link(settings)
    with contextlib.suppress(OSError):  # nobody reads it
        typer.echo(url)
        sys.stdout.flush()
    if safe_mode():
        log.warning("safe mode: only Weft's own plugin is loaded")
    log.info(
        "weft %s listens on %s, data in %s",
        __version__,
        base_url(settings),
        settings.data_dir,
    )
    if options.open_browser:
        asyncio.get_running_loop().run_in_executor(None, webbrowser.open, url)


def link(settings: Settings) -> str:
    """The address that signs a browser in."""
    return f"{base_url(settings)}/?token={quote(settings.token or '', safe='')}"


def base_url(settings: Settings) -> str:
    """The address to reach the server by on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def private_folder(path: Path) -> None:
    """Make the data folder, for this user alone: it holds prompts, pictures and the token.

    Raises InputError where that cannot be done.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path} cannot be used: {error.strerror or error}") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise InputError(f"{path} cannot be written; choose another with --data-dir")


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets on every address of the host. Raises InputError where the port cannot be had."""
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise InputError(f"{host!r} is no address to listen on: {error}") from error
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            if port == 0 and sockets:
                address = (address[0], sockets[0].getsockname()[1], *address[2:])
            bound = _bound(family, kind, protocol, address)
            if bound is not None:
                sockets.append(bound)
    except OSError as error:
        for one in sockets:
            one.close()
        raise InputError(_refused(host, port, error)) from error
    if not sockets:
        raise InputError(f"this machine has no address {host!r} to listen on")
    return sockets


def _bound(family: int, kind: int, protocol: int, address: Any) -> socket.socket | None:
    """A bound socket; None where this machine lacks the address, as many lack IPv6."""
    try:
        one = socket.socket(family, kind, protocol)
    except OSError:
        return None
    try:
        if os.name == "posix":  # elsewhere it lets two servers share a port
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
        one.listen(BACKLOG)
        one.setblocking(False)
    except OSError as error:
        one.close()
        if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            return None
        raise
    return one


def _refused(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; choose another with --port, or 0 for a free one"
    if error.errno == errno.EACCES:
        return f"port {port} of {host} is not allowed to this user; choose one above 1023"
    return f"cannot listen on {host}, port {port}: {error.strerror or error}"


class Stop:
    """A signal that came, to wait for."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._came = asyncio.Event()
        self.number = 0

    def note(self, number: int) -> None:
        """A signal came; called in its handler."""
        self.number = number
        self._loop.call_soon_threadsafe(self._came.set)

    async def wait(self) -> int:
        """The signal's number, once one came."""
        await self._came.wait()
        return self.number


@contextmanager
def stop_signals(at_once: Callable[[], None]) -> Iterator[Stop]:
    """Meanwhile the first SIGINT or SIGTERM is told to whoever waits; the second ends the process.

    at_once: called before that end. The handlers do not go through the event loop: a loop that
    hangs must not keep the process alive.
    """
    stop = Stop()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.number:
            with contextlib.suppress(Exception):
                at_once()
            os._exit(128 + number)
        if os.isatty(2):  # a log gets a record of it, in its own form
            os.write(2, HINT)
        stop.note(number)

    before = {one: signal.signal(one, handle) for one in SIGNALS}
    try:
        yield stop
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _kill_workers(app: web.Application) -> None:
    from weft_web.api import keys

    for one in app[keys.POOL].status():
        if one.pid is not None and one.pid > 1:
            with contextlib.suppress(OSError):
                os.kill(one.pid, getattr(signal, "SIGKILL", signal.SIGTERM))


async def reap_orphans(every: float = REAP_EVERY) -> None:
    """Take the exit codes of processes nobody waits for, which are process 1's: a container's
    server has no other init.

    Our own children are waited for by whoever started them; so only what has been dead at two
    looks in a row is taken.
    """
    seen: set[int] = set()
    while True:
        await asyncio.sleep(every)
        dead = dead_children()
        for pid in dead & seen:
            with contextlib.suppress(OSError):
                os.waitpid(pid, os.WNOHANG)
        seen = dead - seen


def dead_children() -> set[int]:
    """The ended children of this process whose exit codes nobody took yet."""
    own, found = str(os.getpid()), set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # "pid (name) state parent ..."; the name may hold anything.
            state, parent, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
            if state == "Z" and parent == own:
                found.add(int(folder.name))
    return found
