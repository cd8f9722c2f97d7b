"""From the command line, the environment and the config file to the server's settings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from weft import Config, InputError
from weft_web.settings import Limits, Settings

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


class ServerSection(BaseModel):
    """The section [server] of the config file. What the command line says goes first."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    host: str | None = None
    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    hosts: tuple[str, ...] = ()
    webhook_hosts: tuple[str, ...] = ()
    data_dir: Path | None = None
    token_file: Path | None = None
    pool: str | None = None
    workers: tuple[str, ...] = ()
    slots: Annotated[int, Field(ge=1, le=256)] | None = None
    grace_s: Annotated[float, Field(gt=0)] | None = None
    attempts: Annotated[int, Field(ge=1)] | None = None
    plugin_crashes: Annotated[int, Field(ge=0)] | None = None
    heartbeat_s: Annotated[float, Field(gt=0)] | None = None
    silent_s: Annotated[float, Field(gt=0)] | None = None
    worker_jobs: Annotated[int, Field(ge=1)] | None = None
    worker_bytes: Annotated[int, Field(ge=1)] | None = None
    keep_days: Annotated[float, Field(gt=0)] | None = None
    log: LogFormat = "text"
    log_level: LogLevel = "info"
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What the command line of `weft serve` says; None and [] where it says nothing."""

    host: str | None = None
    port: int | None = None
    data_dir: Path | None = None
    pool: str | None = None
    workers: Sequence[str] = ()
    slots: int | None = None
    models: Sequence[Path] = ()
    config: Path | None = None
    token_file: Path | None = None
    hosts: Sequence[str] = ()
    log: str | None = None
    log_level: str | None = None
    open_browser: bool = False
    pause: bool = False


def use_config(path: Path | None) -> None:
    """Read this config file from now on, here and in child processes. Raises InputError."""
    if path is None:
        return
    if not path.is_file():
        raise InputError(f"{path}: there is no such config file")
    os.environ["WEFT_CONFIG"] = str(path.absolute())


def server_section() -> ServerSection:
    """The config file's section [server]. Raises InputError."""
    return Config.load().section("server", ServerSection)


def settings_of(options: ServeOptions, section: ServerSection) -> Settings:
    """The server's settings, not checked yet. Raises InputError."""
    said = section.model_fields_set & Settings.model_fields.keys()
    given: dict[str, Any] = {name: getattr(section, name) for name in said}
    given["hosts"] = (*section.hosts, *options.hosts)
    given["models"] = tuple(one.absolute() for one in options.models)
    given["token"] = token_of(options.token_file or section.token_file)
    given["devices"] = tuple(_split(options.workers)) or section.workers or None
    given["data_dir"] = options.data_dir or section.data_dir
    for name in ("host", "port", "pool", "slots"):
        value = getattr(options, name)
        if value is not None:
            given[name] = value
    if given["data_dir"] is not None:
        given["data_dir"] = given["data_dir"].expanduser().absolute()
    return Settings(**{key: value for key, value in given.items() if value is not None})


def token_of(file: Path | None) -> str | None:
    """The token that a person chose: of a file, or else of WEFT_TOKEN. Raises InputError."""
    if file is None:
        return os.environ.get("WEFT_TOKEN", "").strip() or None
    try:
        token = file.expanduser().read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the token file {file} cannot be read: {error}") from error
    if not token:
        raise InputError(f"the token file {file} is empty")
    return token


def _split(texts: Sequence[str]) -> list[str]:
    return [part for text in texts for one in text.split(",") if (part := one.strip())]
