"""What a server is told at its start. Nothing else in the package reads the environment."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import BaseModel, ConfigDict, Field

from weft import InputError

KIB, MIB, GIB = 1024, 1024**2, 1024**3
LOOPBACK = ("127.0.0.1", "::1", "localhost")
TOKEN_BYTES = 32
MIN_TOKEN = 32  # characters; 24 random bytes in base64


class Limits(BaseModel):
    """What one server takes. Everything from outside is bounded before it is read or decoded."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    body: int = 16 * MIB  # bytes of a JSON request
    nodes: int = 20_000  # of one workflow, all subgraphs counted once
    depth: int = 64  # of nested JSON
    queue: int = 10_000  # jobs that wait
    upload: int = 256 * MIB  # bytes of one file
    uploads: int = 8 * GIB  # bytes of all files
    pixels: int = 64_000_000  # of an image that the server itself decodes
    submits_per_second: Annotated[float, Field(gt=0)] = 2000.0  # sustained, per client address
    submit_burst: Annotated[int, Field(ge=1)] = 4000
    clients: int = 256  # event streams open at once
    client_bytes: int = 4 * MIB  # waiting to be read by one client; more, and it is dropped
    message: int = 1 * MIB  # bytes of a WebSocket message from a client


class Settings(BaseModel):
    """One server's settings.

    data_dir: the database, outputs, uploads, and the token's file.
    hosts: names besides the loopback ones that a request's Host may have.
    webhook_hosts: hosts, or `host:port`, that a webhook may call although they are not public.
    token: what opens every route; made and kept in `data_dir/token` where none is given.
    pool: what runs the jobs: "local", or a worker pool that a plugin offers.
    devices: one worker process each: "auto", "cpu", "cuda:0".
    slots: jobs that one worker runs at once.
    grace_s: seconds between asking a job to stop and killing its worker.
    attempts: runs of a job whose worker died, before it is quarantined.
    plugin_crashes: jobs during whose nodes of one plugin a worker may die, before the plugin stays
        out until the server starts again; 0 for any number.
    heartbeat_s: seconds between a worker's signs of life; after five without one it counts as dead.
    silent_s: seconds without a sign of life after which a worker is killed.
    worker_jobs, worker_bytes: a worker is replaced, once it is idle, after that many jobs, or when
        it holds that much memory; None never.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8320
    hosts: tuple[str, ...] = ()
    webhook_hosts: tuple[str, ...] = ()
    data_dir: Path = Path(platformdirs.user_data_dir("weft", False)) / "server"
    token: str | None = None
    pool: str = "local"
    devices: tuple[str, ...] = ("auto",)
    slots: Annotated[int, Field(ge=1, le=256)] = 8
    models: tuple[Path, ...] = ()
    grace_s: float = 2.0
    attempts: Annotated[int, Field(ge=1)] = 3
    plugin_crashes: Annotated[int, Field(ge=0)] = 3
    heartbeat_s: Annotated[float, Field(gt=0)] = 1.0
    silent_s: Annotated[float, Field(gt=0)] = 30.0
    worker_jobs: Annotated[int, Field(ge=1)] | None = None
    worker_bytes: Annotated[int, Field(ge=1)] | None = None
    keep_days: float | None = None  # finished jobs older than this are deleted; None keeps them
    limits: Limits = Limits()

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK

    def checked(self) -> Settings:
        """The settings with a token. Raises InputError where they would leave the server open.

        A server that other machines can reach needs a token that a person chose to set: one that
        was made up and printed in a log nobody reads protects nothing.
        """
        if self.token is not None:
            if len(self.token) < MIN_TOKEN:
                raise InputError(
                    f"the token has {len(self.token)} characters; expected at least {MIN_TOKEN}, "
                    "such as `python -c 'import secrets; print(secrets.token_urlsafe(32))'` prints"
                )
            if not all("!" <= one <= "~" for one in self.token):
                raise InputError("the token has a character that is no printable ASCII, or a space")
            return self
        if not self.loopback:
            raise InputError(
                f"refusing to listen on {self.host}, which other machines can reach, without a "
                "token of your own: set WEFT_TOKEN to at least 32 random characters, or listen on "
                "127.0.0.1"
            )
        return self.model_copy(update={"token": kept_token(self.data_dir)})


def kept_token(data_dir: Path) -> str:
    """The token in `data_dir/token`, made at the first start; only its owner may read the file."""
    path = data_dir / "token"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            known = path.read_text("ascii").strip()
            if len(known) >= MIN_TOKEN:
                return known
        token = secrets.token_urlsafe(TOKEN_BYTES)
        temporary = data_dir / f".tmp-token-{secrets.token_hex(6)}"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(token + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be used: {error}") from error
    return token
