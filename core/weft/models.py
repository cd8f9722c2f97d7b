"""What model files are, as the installed plugins tell from their headers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import pluggy

from weft import hookspecs
from weft.discovery import PLUGINS, entries
from weft.guard import guarded_import


def describe_model(path: Path) -> dict[str, str]:
    """What a model is: {"family", "title"}, or {"error": why it is unusable}, or nothing.

    Imports the installed plugins' entry modules, not their nodes. The first plugin that knows the
    family wins; an error counts only where none does. An answer is remembered as long as the file
    stays the same.
    """
    try:
        stat = path.stat()
    except OSError as error:
        return {"error": error.strerror or str(error)}
    return dict(_described(str(path), (stat.st_size, stat.st_mtime_ns, stat.st_ino)))


@lru_cache(maxsize=4096)
def _described(path: str, stamp: tuple[int, int, int]) -> Mapping[str, str]:
    answers: list[Mapping[str, str]] = []
    for plugin, hooks in _plugins().list_name_plugin():
        ask = getattr(hooks, "weft_describe_model", None)
        if ask is None:
            continue
        try:
            said = ask(path=Path(path))
        except BaseException as error:  # a plugin's fault must not hide the other models
            if isinstance(error, KeyboardInterrupt):
                raise
            said = {"error": f"{plugin}: {type(error).__name__}: {error}"}
        if said is not None:
            answers.append(said)
    known = next((one for one in answers if "family" in one), None)
    return known or (answers[0] if answers else {})


@lru_cache(maxsize=1)
def _plugins() -> pluggy.PluginManager:
    from weft.registry import Registry

    # What failed, or stays out, is not imported here either: its import may never end.
    sound = Registry.installed().sound()
    manager = pluggy.PluginManager("weft")
    manager.add_hookspecs(hookspecs)
    for point in entries(PLUGINS):
        if sound.get(point.name) != point.distribution:
            continue
        try:
            with guarded_import(point.module, point.distribution):
                manager.register(import_module(point.module), point.name)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            logging.getLogger("weft").warning("plugin %s cannot be asked: %s", point.name, error)
    return manager
