"""Every hook a plugin may implement, on one page.

A plugin is a distribution with an entry point in the group `weft` that names a module holding
functions marked `@weft.hookimpl`. That module is imported only to make the plugin's catalogue;
keep it free of heavy imports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pluggy

hookspec = pluggy.HookspecMarker("weft")
hookimpl = pluggy.HookimplMarker("weft")


@hookspec
def weft_node_modules() -> Iterable[str]:  # type: ignore[empty-body]
    """The names of the modules that declare nodes.

    They are imported to make the catalogue, and again only by an engine that is about to run one
    of their nodes.
    """


@hookspec
def weft_model_folders() -> Iterable[str]:  # type: ignore[empty-body]
    """Folders with models that the plugin ships, as `package:folder/inside/it`.

    Their sub-folders have the usual names: checkpoints, vae, loras and so on.
    """


@dataclass(frozen=True, slots=True)
class WebAssets:
    """Files that a plugin brings for the editor in the browser.

    folder: where they are, as `package:folder/inside/it`. They are served as they are, at an
    address that changes with their content.
    widgets: the ES module of each widget, as a path in the folder, by the name that
    `Widget("acme/colour")` gives.
    """

    folder: str
    widgets: Mapping[str, str] = field(default_factory=dict)


@hookspec(firstresult=True)
def weft_web_assets() -> WebAssets | None:
    """What the plugin brings for the editor: widgets for the inputs of its nodes.

    It is data: a server reads the files, and imports nothing of the plugin.
    """


@hookspec
def weft_warm_up() -> Iterable[str]:  # type: ignore[empty-body]
    """Functions, as `module:name`, that import ahead what nodes import late and slowly.

    A server calls them, without arguments, in the process that it forks its workers from, while
    there is nothing to do. They touch no device and start no thread. One that fails costs nothing
    but the time it would have saved.
    """


@hookspec
def weft_describe_model(path: Path) -> Mapping[str, str] | None:
    """What a model file, or a folder of one, is: {"family": name, "title": for people}.

    {"error": why} where the file is unusable, and None where the plugin does not know it. Reads
    headers only; the file may be anything.
    """
