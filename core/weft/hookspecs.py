"""Every hook a plugin may implement, on one page.

A plugin is a distribution with an entry point in the group `weft` that names a module holding
functions marked `@weft.hookimpl`. That module is imported only to make the plugin's catalogue;
keep it free of heavy imports. A plugin's commands are entry points of a group of their own,
`weft.commands`, so that naming one imports no other.

Most hooks give data: names, and for each the place `module:attribute` of an object, which is
imported when it is used. A name is `namespace/name`, with the plugin's namespace; only Weft's own
have none. What a plugin offers under a name that is taken is refused, with all the rest of it.

Kinds need no hook: they come with the nodes that use them, and their class says how a value is
sized, moved, stored and shown (see `weft.kinds`).

Compatibility. A plugin built for an older minor version keeps working: hooks are not removed
within a major version, arguments are only added (a hook names those it wants), and one that is on
its way out is marked here with `warn_on_impl`, whose text says what to do instead.
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


@hookspec
def weft_samplers() -> Mapping[str, str]:  # type: ignore[empty-body]
    """Samplers: {"acme/heun": "acme.samplers:HEUN"}, each a `weft_nodes.SamplerInfo`.

    They join the choices of every node that samples. The code behind a sampler is part of the
    cache key of what it made.
    """


@hookspec
def weft_schedules() -> Mapping[str, str]:  # type: ignore[empty-body]
    """Schedules: {"acme/cosine": "acme.schedules:COSINE"}, each a `weft_nodes.ScheduleInfo`."""


@hookspec
def weft_guiders() -> Mapping[str, str]:  # type: ignore[empty-body]
    """Guiders: {"acme/rescaled": "acme.guiders:RESCALED"}, each a `weft_nodes.GuiderInfo`.

    They are choices of the nodes that sample with a positive and a negative prompt. A guider with
    inputs of its own is a node that returns a `weft_nodes.Guider`.
    """


@hookspec
def weft_model_families() -> Mapping[str, str]:  # type: ignore[empty-body]
    """Model families: {"acme/pixel": "acme.family:PIXEL"}, each a `weft_nodes.Family`.

    Asked in the order of their names, Weft's own first, which of them recognises a checkpoint.
    """


@hookspec
def weft_file_readers() -> Mapping[str, str]:  # type: ignore[empty-body]
    """Readers of model files by suffix: {".npz": "acme.npz:READER"}.

    Each is a `weft_nodes.FileReader`. Files with the suffix are listed among the models. A reader
    runs nothing that a file contains.
    """


@hookspec
def weft_event_listeners() -> Mapping[str, str]:  # type: ignore[empty-body]
    """Functions `(job: str, event: weft.Event) -> None` that hear of every event of every run.

    Called in the process that runs the engine (`weft run`, or a server's worker), in the thread
    where it happens, so they are quick. One that raises is dropped for the rest of the run. A run
    that turns out to be wrong while it is planned, or whose process dies, has no last event.
    """


@hookspec
def weft_cache_backends() -> Mapping[str, str]:  # type: ignore[empty-body]
    """Stores for the cache's last tier: {"acme/redis": "acme.redis:Store"}.

    Each is called with the folder of the cache and the budget in bytes, and gives a
    `weft.CacheBackend`. `backend` in the section [cache] of the config file chooses one.
    """


@hookspec
def weft_worker_pools() -> Mapping[str, str]:  # type: ignore[empty-body]
    """What runs a server's jobs: {"acme/cluster": "acme.cluster:Pool"}.

    Each is called with the server's `Settings` and gives a `weft_web.WorkerPool`.
    `weft serve --pool acme/cluster` chooses one.
    """


@hookspec
def weft_routes() -> Mapping[str, str]:  # type: ignore[empty-body]
    """Routes of the server: {"acme/status": "acme.server:ROUTES"}, each a list of `weft_web.Route`.

    A route's path is under `/ext/PLUGIN/api`, behind the token and all other checks of the server's
    own, and in its OpenAPI document. Models of queries and bodies derive from `weft_web.Request`,
    those of answers from `weft_web.Answer`. The server imports the module when it starts: it needs
    neither torch nor a model.
    """
