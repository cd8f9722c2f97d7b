"""Every check, in order, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import typer

from weft import InputError, cache_dir
from weft_web.configuration import ServeOptions, server_section, settings_of, use_config
from weft_web.doctor import machine, server
from weft_web.doctor.check import Check, State
from weft_web.settings import Settings

COLOURS: dict[State, str] = {"ok": "green", "warn": "yellow", "fail": "red"}


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
    yield machine.python()
    yield from _kept("packages", machine.packages)
    yield from _kept("torch", machine.torch)
    yield from _kept("config file", server.config_file)
    try:
        settings = settings_of(ServeOptions(data_dir=data_dir), server_section())
    except InputError as error:
        yield Check("fail", "settings", str(error), "correct the config file")
        settings = Settings() if data_dir is None else Settings(data_dir=data_dir)
    yield from _kept("cache folder", lambda: machine.folder("cache folder", cache_dir()))
    yield from _kept("data folder", lambda: machine.folder("data folder", settings.data_dir))
    yield from _kept("token", lambda: server.token(settings))
    yield from _kept("SQLite", machine.sqlite)
    yield from _kept("database", lambda: server.database(settings.data_dir / server.DATABASE))
    yield from _kept("plugins", server.plugins)
    yield from _kept("models", server.models)
    yield from _kept("editor", server.editor)
    yield from _kept("port", lambda: server.port(settings))
    yield from _kept("open files", machine.open_files)
    yield from _kept("clock", lambda: machine.clock(settings.data_dir / server.DATABASE))


def _kept(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from look()
    except Exception as error:
        yield Check("fail", name, f"could not be looked at: {type(error).__name__}: {error}")
