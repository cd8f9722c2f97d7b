"""Checks of the server's own things: config, token, database, plugins, models, port."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from weft import Config, InputError, ModelFolders, Registry, safe_mode
from weft_web.api.editor import Editor
from weft_web.configuration import server_section
from weft_web.doctor.check import Check, State
from weft_web.presence import running
from weft_web.settings import Settings

DATABASE = "weft.db"


def config_file() -> Iterator[Check]:
    """Whether the config file can be read and every key is known."""
    path = Config.path()
    try:
        Config.load()
        server_section()
    except InputError as error:
        yield Check("fail", "config file", str(error), "correct it, or remove it")
        return
    yield Check("ok", "config file", str(path) if path.exists() else f"none at {path}")


def token(settings: Settings) -> Iterator[Check]:
    """Whether the token will do, and nobody else can read it."""
    if settings.token is not None or not settings.loopback:
        try:
            settings.checked()  # makes none here
        except InputError as error:
            advice = "python -c 'import secrets; print(secrets.token_urlsafe(32))' makes one"
            yield Check("fail", "token", str(error), advice)
        else:
            yield Check("ok", "token", "set by you")
        return
    path = settings.data_dir / "token"
    if not path.exists():
        yield Check("ok", "token", "made at the first start")
    elif os.name == "posix" and path.stat().st_mode & 0o077:
        yield Check(
            "fail",
            "token",
            f"other users can read {path}",
            f"delete it, so that the next start makes another; then: chmod 700 {path.parent}",
        )
    else:
        yield Check("ok", "token", f"{path}, which only you can read")


def database(path: Path) -> Iterator[Check]:
    """Whether the database is sound."""
    if not path.exists():
        yield Check("ok", "database", f"none yet at {path}")
        return
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
        try:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
            jobs = connection.execute("SELECT count(*) FROM job").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        found, jobs = [str(error)], 0
    if found != ["ok"]:
        yield Check(
            "fail",
            "database",
            f"{path} is damaged: {'; '.join(found)}",
            "stop the server, keep a copy of the folder, and try: "
            f"sqlite3 {path} '.recover' | sqlite3 recovered.sqlite",
        )
    else:
        yield Check("ok", "database", f"{path}, sound, {jobs} jobs")


def plugins() -> Iterator[Check]:
    """Whether every installed plugin could be loaded, and which stay out."""
    registry = Registry.installed()
    if safe_mode():
        advice = "start without --safe-mode and WEFT_SAFE_MODE to load the others"
        yield Check("warn", "safe mode", "only Weft's own plugin is loaded", advice)
    else:
        for name, absent in registry.absent.items():
            yield Check("warn", f"plugin {name}", absent.why, absent.remedy)
    for name, reason in registry.failed.items():
        last = (reason.strip().splitlines() or ["for an unknown reason"])[-1]
        yield Check(
            "fail", f"plugin {name}", f"failed to load: {last}", "update the plugin, or remove it"
        )
    names = ", ".join(f"{name} {there}" for name, there in sorted(registry.versions.items()))
    yield Check("ok", "plugins", f"{names}; {len(registry.specs())} node types")


def models() -> Iterator[Check]:
    """Whether the model folders are there and can be read."""
    given = [Path(one) for one in os.environ.get("WEFT_MODELS", "").split(os.pathsep) if one]
    given += [Path(one).expanduser() for one in Config.load().models]
    for path in given:
        if not path.is_dir():
            advice = "correct WEFT_MODELS or the config file"
            yield Check("warn", "models", f"{path} is no folder", advice)
        elif not os.access(path, os.R_OK | os.X_OK):
            yield Check("fail", "models", f"{path} cannot be read", "give this user the folder")
    folders = ModelFolders.default()
    there = [str(root) for root in folders.roots if root.is_dir()]
    yield Check("ok", "models", ", ".join(there) or "no folder has any")


def editor() -> Iterator[Check]:
    """Whether the browser's part is there."""
    built = Editor()
    if built.page() is None:
        advice = "in a clone: cd web/editor && npm ci && npm run build; or install Weft again"
        yield Check("warn", "editor", f"not built: there is no page in {built.folder}", advice)
    else:
        yield Check("ok", "editor", str(built.folder))


def port(settings: Settings) -> Iterator[Check]:
    """Whether the server's port is free, or a server of ours has it."""
    from weft_web.serve import listen

    here = running(settings.data_dir)
    if here is not None:
        yield from _answers(here.url)
        return
    try:
        sockets: list[socket.socket] = listen(settings.host, settings.port)
    except InputError as error:
        yield Check("fail", "port", str(error), "or stop what has it")
        return
    for one in sockets:
        one.close()
    yield Check("ok", "port", f"{settings.port} of {settings.host} is free")


def _answers(url: str) -> Iterator[Check]:
    from urllib.error import HTTPError
    from urllib.request import ProxyHandler, build_opener

    try:
        # Not through a proxy of the environment: the server is on this machine.
        with build_opener(ProxyHandler({})).open(f"{url}/healthz", timeout=10) as answer:
            said = json.load(answer)
    except HTTPError as error:
        with error:
            said = json.load(error)
    except OSError as error:
        advice = "look into its log; restart it"
        yield Check("fail", "server", f"{url} does not answer: {error}", advice)
        return
    status = str(said.get("status"))
    state: State = "ok" if status in ("ok", "starting") else "warn"
    yield Check(state, "server", f"{url} is running: {status}")
