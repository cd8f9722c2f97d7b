"""How programs of the same person on the same machine find a running server."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

from weft import InputError, write_atomically
from weft_web.configuration import server_section
from weft_web.settings import Settings

FILE = "server.json"
DEFAULT_SERVER = "http://127.0.0.1:8320"


@dataclass(frozen=True, slots=True)
class Presence:
    """A running server: its address and process."""

    url: str
    pid: int


@contextmanager
def announced(data_dir: Path, url: str) -> Iterator[None]:
    """Meanwhile, let others find the server. The token is not in the file."""
    path = data_dir / FILE
    try:
        write_atomically(path, json.dumps({"url": url, "pid": os.getpid()}).encode())
    except InputError:
        yield  # on a full disk the server still serves
        return
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def running(data_dir: Path) -> Presence | None:
    """The server that runs with this data folder, as far as can be told."""
    try:
        data = json.loads((data_dir / FILE).read_text("utf-8"))
        found = Presence(str(data["url"]), int(data["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if is_locked(data_dir) else None


def is_locked(data_dir: Path) -> bool:
    """Whether a server has the data folder."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        return (data_dir / FILE).exists()
    try:
        with (data_dir / "server.lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def find(
    server: str | None = None, token: str | None = None, data_dir: Path | None = None
) -> tuple[str, str | None]:
    """The URL of a server and its token.

    What is not given is taken from WEFT_SERVER and WEFT_TOKEN, and else from the server that this
    person runs on this machine with the data folder. Raises InputError.
    """
    section = server_section()
    if data_dir is None:
        named = os.environ.get("WEFT_DATA_DIR")
        data_dir = Path(named) if named else section.data_dir or Settings().data_dir
    data_dir = data_dir.expanduser()
    here = running(data_dir)
    wanted = server or os.environ.get("WEFT_SERVER") or (here.url if here else DEFAULT_SERVER)
    base, in_url = split_server(wanted)
    token = token or in_url or os.environ.get("WEFT_TOKEN", "").strip()
    if not token and here is not None and base == here.url:
        token = _read(section.token_file) or own_token(data_dir)
    return base, token or None


def split_server(server: str) -> tuple[str, str | None]:
    """A server's base URL, and the token where the URL carries one. Raises InputError."""
    wrong = InputError(f"{server!r} is no server; expected a URL such as {DEFAULT_SERVER}")
    try:
        parts = urlsplit(server if "://" in server else f"http://{server}")
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not host or " " in host:
        raise wrong
    token = parse_qs(parts.query).get("token", [None])[0]
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", "")), token


def own_token(data_dir: Path) -> str | None:
    """The token that a server made for itself in this data folder, where this user may read it."""
    return _read(data_dir / "token")


def _read(path: Path | None) -> str | None:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return path.expanduser().read_text("ascii").strip() or None if path is not None else None
    return None
