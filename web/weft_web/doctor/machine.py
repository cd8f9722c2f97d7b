"""Checks of the machine: Python, packages, torch, folders, SQLite, limits, the clock."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from weft_web.doctor.check import Check
from weft_web.settings import GIB

SOUND_SQLITE = (3, 51, 3)
MIN_PYTHON = (3, 11)
MIN_FILES = 1024
LITTLE = GIB  # bytes free in a folder, below which there is a warning
TORCH_LIMIT = 180.0
SHARED_FILES = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs")

TORCH = """
import json, torch
found = [torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count())]
print(json.dumps({"version": torch.__version__, "devices": found, "cuda": torch.version.cuda}))
"""


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


def folder(name: str, path: Path) -> Iterator[Check]:
    """Whether a folder can be written, and has room."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)  # as the server makes it
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


def clock(*written: Path) -> Iterator[Check]:
    """Whether the clock can be right: it is not behind files that were written already."""
    now = time.time()
    known = (Path(__file__), *written)
    newest = max((one.stat().st_mtime for one in known if one.exists()), default=0.0)
    found = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(now))
    if newest > now + 60:
        yield Check(
            "warn", "clock", f"{found}, which is behind its own files", "set the clock: NTP does it"
        )
    else:
        yield Check("ok", "clock", found)
