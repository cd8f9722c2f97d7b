"""The built-in nodes: the first plugin of Weft, with no privilege.

What a plugin needs that extends diffusion is here, and imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from weft_nodes.kinds import (
    Conditioning,
    Guider,
    Latent,
    LatentFormat,
    Model,
    ModelCall,
    Noise,
    Sampler,
    Sigmas,
    TextEncoder,
    Vae,
)

if TYPE_CHECKING:
    from weft_nodes.models.components import Placement
    from weft_nodes.models.families.family import Family
    from weft_nodes.models.libraries import importing
    from weft_nodes.models.readers import FileReader
    from weft_nodes.models.safetensors_file import Header, TensorEntry
    from weft_nodes.models.source import Folder, SingleFile, Source, Stored
    from weft_nodes.sampling.evaluate import Evaluate, NoiseSource, Steps
    from weft_nodes.sampling.guiders import BasicGuider, CfgGuider, GuiderInfo
    from weft_nodes.sampling.options import Option
    from weft_nodes.sampling.runs import sample_latent
    from weft_nodes.sampling.samplers import SamplerInfo
    from weft_nodes.sampling.schedules import ScheduleInfo

_LAZY = {
    "BasicGuider": "weft_nodes.sampling.guiders",
    "CfgGuider": "weft_nodes.sampling.guiders",
    "Evaluate": "weft_nodes.sampling.evaluate",
    "Family": "weft_nodes.models.families.family",
    "FileReader": "weft_nodes.models.readers",
    "Folder": "weft_nodes.models.source",
    "GuiderInfo": "weft_nodes.sampling.guiders",
    "Header": "weft_nodes.models.safetensors_file",
    "NoiseSource": "weft_nodes.sampling.evaluate",
    "Option": "weft_nodes.sampling.options",
    "Placement": "weft_nodes.models.components",
    "SamplerInfo": "weft_nodes.sampling.samplers",
    "ScheduleInfo": "weft_nodes.sampling.schedules",
    "SingleFile": "weft_nodes.models.source",
    "Source": "weft_nodes.models.source",
    "Steps": "weft_nodes.sampling.evaluate",
    "Stored": "weft_nodes.models.source",
    "TensorEntry": "weft_nodes.models.safetensors_file",
    "importing": "weft_nodes.models.libraries",
    "sample_latent": "weft_nodes.sampling.runs",
}

__all__ = [
    "BasicGuider",
    "CfgGuider",
    "Conditioning",
    "Evaluate",
    "Family",
    "FileReader",
    "Folder",
    "Guider",
    "GuiderInfo",
    "Header",
    "Latent",
    "LatentFormat",
    "Model",
    "ModelCall",
    "Noise",
    "NoiseSource",
    "Option",
    "Placement",
    "Sampler",
    "SamplerInfo",
    "ScheduleInfo",
    "Sigmas",
    "SingleFile",
    "Source",
    "Steps",
    "Stored",
    "TensorEntry",
    "TextEncoder",
    "Vae",
    "importing",
    "sample_latent",
]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'weft_nodes' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
