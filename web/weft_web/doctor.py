"""`weft doctor`: what keeps an installation from working, and what to do about it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

import typer
from packaging.requirements import Requirement

from weft import Config, InputError, ModelFolders, Registry, cache_dir
from weft_web.configuration import ServeOptions, server_section, settings_of, use_config
from weft_web.presence import running
from weft_web.settings import GIB, MIN_TOKEN, Settings

State = Literal["ok", "warn", "fail"]
COLOURS: dict[State, str] = {"ok": "green", "warn": "yellow", "fail": "red"}
SOUND_SQLITE = (3, 51, 3)
MIN_PYTHON = (3, 11)
MIN_FILES = 1024
LITTLE = GIB  # bytes free in a folder, below which there is a warning
TORCH_LIMIT = 180.0
DATABASE = "weft.db"
SHARED_FILES = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs")

TORCH = """
import json, torch
found = [torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count())]
print(json.dumps({"version": torch.__version__, "devices": found, "cuda": torch.version.cuda}))
"""


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, and what to do about it."""

    state: State
    name: str
    found: str
    advice: str | None = None


def doctor(data_dir: Path | None, config: Path | None, *, as_json: bool) -> int:
    """Look at everything; 1 where something fails."""
    use_config(config)
    checks = []
    for one in examine(data_dir):
        checks.append(one)
        if not as_json:
            for line in _lines(one):
                typer.echo(line)
    failed = [one for one in checks if one.state == "fail"]
    if as_json:
        typer.echo(json.dumps({"ok": not failed, "checks": [asdict(one) for one in checks]}))
    return 1 if failed else 0


def _lines(check: Check) -> Iterator[str]:
    state = typer.style(f"{check.state:4}", fg=COLOURS[check.state], bold=True)
    yield f"{state}  {check.name}: {check.found}"
    if check.advice:
        yield f"      {check.advice}"


def examine(data_dir: Path | None = None) -> Iterator[Check]:
    """Every check, in order. A fault of one is its result, and the others go on."""
    yield python()
    yield from _kept("packages", packages)
    yield from _kept("torch", torch)
    yield from _kept("config file", config_file)
    try:
        settings = settings_of(ServeOptions(data_dir=data_dir), server_section())
    except InputError as error:
        yield Check("fail", "settings", str(error), "correct the config file")
        settings = Settings() if data_dir is None else Settings(data_dir=data_dir)
    yield from _kept("cache folder", lambda: folder("cache folder", cache_dir()))
    yield from _kept("data folder", lambda: folder("data folder", settings.data_dir))
    yield from _kept("token", lambda: token(settings))
    yield from _kept("SQLite", sqlite)
    yield from _kept("database", lambda: database(settings.data_dir / DATABASE))
    yield from _kept("plugins", plugins)
    yield from _kept("models", models)
    yield from _kept("port", lambda: port(settings))
    yield from _kept("open files", open_files)
    yield from _kept("clock", lambda: clock(settings.data_dir))


def _kept(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from look()
    except Exception as error:
        yield Check("fail", name, f"could not be looked at: {type(error).__name__}: {error}")


def python() -> Check:
    """Python's version."""
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < MIN_PYTHON:
        return Check("fail", "Python", found, "install Python 3.11 or newer")
    return Check("ok", "Python", found)


def packages() -> Iterator[Check]:
    """Whether what Weft requires is installed, in versions that it was made for."""
    wrong = []
    for line in requires("weft") or []:
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            there = version(wanted.name)
        except PackageNotFoundError:
            wrong.append(f"{wanted.name} is missing")
            continue
        if not wanted.specifier.contains(there, prereleases=True):
            wrong.append(f"{wanted.name} is {there}, expected {wanted.specifier}")
    if wrong:
        yield Check(
            "fail", "packages", "; ".join(wrong), "install Weft again: pip install --upgrade weft"
        )
    else:
        yield Check("ok", "packages", f"weft {version('weft')}, and all that it requires")


def torch() -> Iterator[Check]:
    """Whether torch can be imported, which a child process tries, and what devices it finds."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", TORCH],
            capture_output=True,
            text=True,
            timeout=TORCH_LIMIT,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        yield Check(
            "fail", "torch", f"its import took over {TORCH_LIMIT:.0f} s", "install it again"
        )
        return
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        yield Check("fail", "torch", f"cannot be imported: {said}", "install torch again")
        return
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    yield Check("ok", "torch", str(told["version"]))
    if told["devices"]:
        yield Check("ok", "devices", ", ".join(told["devices"]))
    elif Path("/proc/driver/nvidia").exists():
        yield Check(
            "warn",
            "devices",
            "there is an NVIDIA driver, but torch finds no device; workers use the processor",
            "this torch was built without CUDA: install one with it"
            if told["cuda"] is None
            else "the driver may be older than this torch needs, or the device is hidden",
        )
    else:
        yield Check("ok", "devices", f"no GPU; workers use the processor ({os.cpu_count()} cores)")


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


def folder(name: str, path: Path) -> Iterator[Check]:
    """Whether a folder can be written, and has room."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=".tmp-doctor-", dir=path) as file:
            file.write(b"can be written")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        yield Check(
            "fail",
            name,
            f"{path} cannot be written: {error.strerror or error}",
            "give this user the folder, or choose another",
        )
        return
    free = shutil.disk_usage(path).free
    found = f"{path}, {free / GIB:.1f} GiB free"
    if free < LITTLE:
        yield Check("warn", name, found, "make room: jobs wait while the disk is full")
    else:
        yield Check("ok", name, found)
    shared = _shared(path)
    if shared is not None:
        yield Check(
            "warn",
            name,
            f"{path} is on a network file system ({shared})",
            "keep it on a disk of this machine: SQLite's locks cannot be relied on over a network",
        )


def _shared(path: Path) -> str | None:
    """The type of the network file system that holds a path; None where it is local or unknown."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    except OSError:
        return None
    real = path.resolve()
    holding = [one for one in mounts if len(one) > 2 and real.is_relative_to(one[1])]
    kind = max(holding, key=lambda one: len(one[1]))[2] if holding else ""
    return kind if kind in SHARED_FILES else None


def token(settings: Settings) -> Iterator[Check]:
    """Whether nobody else can read the token."""
    if settings.token is not None:
        if len(settings.token) < MIN_TOKEN:
            advice = "python -c 'import secrets; print(secrets.token_urlsafe(32))' makes one"
            found = f"the one that was set has under {MIN_TOKEN} characters"
            yield Check("fail", "token", found, advice)
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


def sqlite() -> Iterator[Check]:
    """SQLite's version."""
    if sqlite3.sqlite_version_info < SOUND_SQLITE:
        yield Check(
            "warn",
            "SQLite",
            f"{sqlite3.sqlite_version}, in which two connections that write at once can, very "
            "rarely, damage a database (mended in 3.51.3)",
            "the server writes through one connection only, so it is not affected; do not write to "
            "its database with other programs while it runs",
        )
    else:
        yield Check("ok", "SQLite", sqlite3.sqlite_version)


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
    """Whether every installed plugin could be loaded."""
    registry = Registry.installed()
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


def open_files() -> Iterator[Check]:
    """Whether a process may open as many files as clients need."""
    try:
        import resource
    except ImportError:  # not on Windows, which has no such limit
        return
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < MIN_FILES:
        yield Check(
            "warn", "open files", f"at most {soft}", f"raise the limit: ulimit -n {MIN_FILES}"
        )
    else:
        yield Check("ok", "open files", f"at most {soft}")


def clock(data_dir: Path) -> Iterator[Check]:
    """Whether the clock can be right: it is not behind what was written already."""
    now = time.time()
    written = [Path(__file__), data_dir / DATABASE]
    newest = max((one.stat().st_mtime for one in written if one.exists()), default=0.0)
    found = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(now))
    if newest > now + 60:
        yield Check(
            "warn", "clock", f"{found}, which is behind its own files", "set the clock: NTP does it"
        )
    else:
        yield Check("ok", "clock", found)
