"""`weft run --dry-run`: what would run, what is cached, and why."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from weft.backends import make_backend
from weft.cache import GIB, Cache
from weft.cli.run import Options, checked_graph, memory_of
from weft.cli.shell import columns, print_json
from weft.config import Config
from weft.engine import Engine
from weft.files import ModelFolders
from weft.spec import short_id

if TYPE_CHECKING:
    from weft.devices import Device
    from weft.graph import Graph
    from weft.plan import Plan
    from weft.registry import Registry
    from weft.workflow import Workflow

COLOURS = {"run": "yellow", "cached": "green", "unneeded": "bright_black"}


def dry_run(options: Options, workflow: Workflow, registry: Registry, models: ModelFolders) -> None:
    """Print the plan. Nothing runs, and no node is imported but to ask it what it needs."""
    device = _device(options.device)
    with Engine(registry=registry, device=device, cache=_cache(options), models=models) as engine:
        graph = checked_graph(engine, workflow, options.file)
        plan = engine.plan(workflow, memory=memory_of(options.file))
    if options.json:
        print_json(_data(plan, graph, device.name))
    else:
        typer.echo("\n".join(_lines(plan, graph)))


def _device(name: str) -> Device:
    """The device a run would take. Told without torch, whose import takes longer than the plan."""
    from weft import devices

    if not devices.has_driver():
        return devices.choose_device(name)
    if name == "auto":
        name = "cuda:0" if _torch_knows_cuda() else "cpu"
    if not devices.NAME.fullmatch(name):
        return devices.choose_device(name)
    return devices.CpuDevice() if name == "cpu" else devices.CudaDevice(name)


def _torch_knows_cuda() -> bool:
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0") in ("", "-1"):
        return False
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    version = Path(spec.origin).with_name("version.py")
    return not re.search(r"^cuda\b.*= None$", version.read_text("utf-8"), re.MULTILINE)


def _cache(options: Options) -> Cache:
    """Only what is on disk counts: a new process has nothing in memory."""
    kept = Config.load().cache
    return Cache(
        backend=make_backend(kept.backend, int(kept.disk * GIB)) if options.cache else None
    )


def _data(plan: Plan, graph: Graph, device: str) -> dict[str, object]:
    steps = plan.as_dict()
    return {
        "event": "planned",
        "run": plan.count("run"),
        "cached": plan.count("cached"),
        "unneeded": plan.count("unneeded"),
        "device": device,
        "nodes": {
            id: {"type": short_id(graph.nodes[id].spec.id), **step} for id, step in steps.items()
        },
    }


def _lines(plan: Plan, graph: Graph) -> list[str]:
    steps = plan.steps.items()
    rows = [(id, short_id(graph.nodes[id].spec.id), one.state, one.reason) for id, one in steps]
    lines = list(columns([("NODE", "TYPE", "STATE", "WHY"), *rows]))
    colours = [None, *(COLOURS[one.state] for _, one in steps)]
    run, cached, unneeded = (plan.count(one) for one in ("run", "cached", "unneeded"))
    total = f"{run} to run, {cached} cached, {unneeded} not needed"
    styled = [typer.style(one, fg=colour) for one, colour in zip(lines, colours, strict=True)]
    return [*styled, total]
