"""Weft: a plugin-based node graph engine for generation workflows.

Everything public is here. What needs pydantic or networkx is imported on first use, so that a
plugin's declarations load quickly; torch is imported only when a tensor is needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from weft.constraints import Choices, Range, Seed, Slider, Text
from weft.context import Context
from weft.errors import (
    Cancelled,
    DeviceMemoryError,
    DuplicateNodeError,
    InPlaceEditError,
    InputError,
    NodeError,
    PluginError,
    Problem,
    SpecError,
    WeftError,
    WorkflowError,
    WrongOutputError,
)
from weft.expansion import Call, Expansion, Gather, Subgraph
from weft.hookspecs import hookimpl
from weft.kinds import Image, Kind, Mask, Tensor, kind
from weft.node import Node, node
from weft.spec import InputSpec, NodeSpec, OutputSpec

if TYPE_CHECKING:
    from weft.build import Builder, Handle
    from weft.cache import Cache
    from weft.devices import Device
    from weft.engine import Engine, Outcome, run
    from weft.events import Event
    from weft.files import ModelFolders, file_identity, write_atomically
    from weft.graph import Graph
    from weft.plan import Plan
    from weft.registry import Registry
    from weft.workflow import Link, NodeDocument, SubgraphDocument, Workflow

_LAZY = {
    "Builder": "weft.build",
    "Cache": "weft.cache",
    "Device": "weft.devices",
    "Engine": "weft.engine",
    "Event": "weft.events",
    "Graph": "weft.graph",
    "Handle": "weft.build",
    "Link": "weft.workflow",
    "ModelFolders": "weft.files",
    "NodeDocument": "weft.workflow",
    "Outcome": "weft.engine",
    "Plan": "weft.plan",
    "Registry": "weft.registry",
    "SubgraphDocument": "weft.workflow",
    "Workflow": "weft.workflow",
    "file_identity": "weft.files",
    "run": "weft.engine",
    "write_atomically": "weft.files",
}

__version__ = "0.1.0"
__all__ = [
    "Builder",
    "Cache",
    "Call",
    "Cancelled",
    "Choices",
    "Context",
    "Device",
    "DeviceMemoryError",
    "DuplicateNodeError",
    "Engine",
    "Event",
    "Expansion",
    "Gather",
    "Graph",
    "Handle",
    "Image",
    "InPlaceEditError",
    "InputError",
    "InputSpec",
    "Kind",
    "Link",
    "Mask",
    "ModelFolders",
    "Node",
    "NodeDocument",
    "NodeError",
    "NodeSpec",
    "Outcome",
    "OutputSpec",
    "Plan",
    "PluginError",
    "Problem",
    "Range",
    "Registry",
    "Seed",
    "Slider",
    "SpecError",
    "Subgraph",
    "SubgraphDocument",
    "Tensor",
    "Text",
    "WeftError",
    "Workflow",
    "WorkflowError",
    "WrongOutputError",
    "file_identity",
    "hookimpl",
    "kind",
    "node",
    "run",
    "write_atomically",
]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'weft' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
