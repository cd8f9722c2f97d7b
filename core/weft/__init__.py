"""Weft: a plugin-based node graph engine for generation workflows.

Everything public is here. What needs pydantic or networkx is imported on first use, so that a
plugin's declarations load quickly; torch is imported only when a tensor is needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from weft import _environment as _environment
from weft.constraints import Advanced, Choices, Range, Seed, Slider, Text, Widget
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
from weft.hookspecs import WebAssets, hookimpl
from weft.kinds import Image, Kind, Mask, Moves, Shows, Stores, Tensor, Weighs, kind
from weft.node import Node, node
from weft.offers import Offer, find_offer, offered, offering
from weft.spec import InputSpec, NodeSpec, OutputSpec

if TYPE_CHECKING:
    from weft.build import Builder, Handle
    from weft.cache import Cache, CacheBackend
    from weft.cli.run_line import RunCommand, RunLine
    from weft.cli.view import RunView
    from weft.config import Config
    from weft.confine import confined, open_new
    from weft.devices import Device, choose_device, device_is_lost
    from weft.disk import pack_value, unpack_value
    from weft.documents import parse_json
    from weft.engine import Engine, Job, Outcome, default_cache, run
    from weft.events import (
        Event,
        EventLog,
        Finished,
        NodeFailed,
        NodeFinished,
        NodePreview,
        NodeProgress,
        NodeStarted,
        NodeWarning,
        Output,
        Planned,
        Queued,
        Started,
    )
    from weft.files import (
        ModelFolders,
        cache_dir,
        file_identity,
        packaged_folder,
        plugin_data_dir,
        write_atomically,
    )
    from weft.graph import Graph
    from weft.literals import literal_problem
    from weft.lock import Lock
    from weft.machine import describe_system
    from weft.migrate import outdated, up_to_date
    from weft.models import describe_model
    from weft.named_files import file_problems
    from weft.plan import Memory, Plan
    from weft.plugin_list import PluginReport, plugin_reports
    from weft.plugin_state import Absence, safe_mode
    from weft.registry import Registry
    from weft.workflow import Link, NodeDocument, SubgraphDocument, Workflow

_LAZY = {
    "Absence": "weft.plugin_state",
    "Builder": "weft.build",
    "Cache": "weft.cache",
    "CacheBackend": "weft.cache",
    "Config": "weft.config",
    "Device": "weft.devices",
    "Engine": "weft.engine",
    "Event": "weft.events",
    "EventLog": "weft.events",
    "Finished": "weft.events",
    "Graph": "weft.graph",
    "Handle": "weft.build",
    "Job": "weft.engine",
    "Link": "weft.workflow",
    "Lock": "weft.lock",
    "Memory": "weft.plan",
    "ModelFolders": "weft.files",
    "NodeDocument": "weft.workflow",
    "NodeFailed": "weft.events",
    "NodeFinished": "weft.events",
    "NodePreview": "weft.events",
    "NodeProgress": "weft.events",
    "NodeStarted": "weft.events",
    "NodeWarning": "weft.events",
    "Outcome": "weft.engine",
    "Output": "weft.events",
    "Plan": "weft.plan",
    "Planned": "weft.events",
    "PluginReport": "weft.plugin_list",
    "Queued": "weft.events",
    "Registry": "weft.registry",
    "RunCommand": "weft.cli.run_line",
    "RunLine": "weft.cli.run_line",
    "RunView": "weft.cli.view",
    "Started": "weft.events",
    "SubgraphDocument": "weft.workflow",
    "Workflow": "weft.workflow",
    "cache_dir": "weft.files",
    "confined": "weft.confine",
    "choose_device": "weft.devices",
    "device_is_lost": "weft.devices",
    "default_cache": "weft.engine",
    "describe_model": "weft.models",
    "describe_system": "weft.machine",
    "file_identity": "weft.files",
    "unpack_value": "weft.disk",
    "up_to_date": "weft.migrate",
    "outdated": "weft.migrate",
    "file_problems": "weft.named_files",
    "literal_problem": "weft.literals",
    "open_new": "weft.confine",
    "pack_value": "weft.disk",
    "packaged_folder": "weft.files",
    "plugin_data_dir": "weft.files",
    "parse_json": "weft.documents",
    "plugin_reports": "weft.plugin_list",
    "run": "weft.engine",
    "safe_mode": "weft.plugin_state",
    "write_atomically": "weft.files",
}

__version__ = "0.1.0"
__all__ = [
    "Absence",
    "Advanced",
    "Builder",
    "Cache",
    "CacheBackend",
    "Call",
    "Cancelled",
    "Choices",
    "Config",
    "Context",
    "Device",
    "DeviceMemoryError",
    "DuplicateNodeError",
    "Engine",
    "Event",
    "EventLog",
    "Expansion",
    "Finished",
    "Gather",
    "Graph",
    "Handle",
    "Image",
    "InPlaceEditError",
    "InputError",
    "InputSpec",
    "Job",
    "Kind",
    "Link",
    "Lock",
    "Mask",
    "Memory",
    "ModelFolders",
    "Moves",
    "Node",
    "NodeDocument",
    "NodeError",
    "NodeFailed",
    "NodeFinished",
    "NodePreview",
    "NodeProgress",
    "NodeSpec",
    "NodeStarted",
    "NodeWarning",
    "Offer",
    "Outcome",
    "Output",
    "OutputSpec",
    "Plan",
    "Planned",
    "PluginError",
    "PluginReport",
    "Problem",
    "Queued",
    "Range",
    "Registry",
    "RunCommand",
    "RunLine",
    "RunView",
    "Seed",
    "Shows",
    "Slider",
    "SpecError",
    "Started",
    "Stores",
    "Subgraph",
    "SubgraphDocument",
    "Tensor",
    "Text",
    "WebAssets",
    "WeftError",
    "Weighs",
    "Widget",
    "Workflow",
    "WorkflowError",
    "WrongOutputError",
    "__version__",
    "cache_dir",
    "choose_device",
    "confined",
    "default_cache",
    "describe_model",
    "describe_system",
    "device_is_lost",
    "file_identity",
    "file_problems",
    "find_offer",
    "hookimpl",
    "kind",
    "literal_problem",
    "node",
    "offered",
    "offering",
    "open_new",
    "outdated",
    "pack_value",
    "packaged_folder",
    "parse_json",
    "plugin_data_dir",
    "plugin_reports",
    "run",
    "safe_mode",
    "unpack_value",
    "up_to_date",
    "write_atomically",
]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'weft' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
