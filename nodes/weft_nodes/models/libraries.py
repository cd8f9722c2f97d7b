"""The model classes that Weft borrows, imported late and at the least cost.

Importing this module is cheap; calling its functions costs seconds, once. Two things make that
once shorter, by about a third: the garbage collector rests, which otherwise walks every new module
again and again, and transformers reads its few thousand files for names once instead of twice.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Read by huggingface_hub as it is imported. Weft reads local files only: without this, a missing
# one is looked for on the network, with retries that take minutes.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

log = logging.getLogger(__name__)
_importing = threading.RLock()


def unet_class() -> Any:
    """diffusers' U-Net with cross-attention."""
    with _quick_import():
        from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    return UNet2DConditionModel


def vae_class() -> Any:
    """diffusers' autoencoder with a Gaussian posterior."""
    with _quick_import():
        from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    return AutoencoderKL


def clip_text_classes() -> tuple[Any, Any]:
    """transformers' CLIP text encoder, and its config."""
    with _quick_import():
        from transformers.models.clip.configuration_clip import CLIPTextConfig
        from transformers.models.clip.modeling_clip import CLIPTextModel

    return CLIPTextModel, CLIPTextConfig


def single_file_utils() -> Any:
    """diffusers' converters of checkpoint layouts; a private module."""
    with _quick_import():
        from diffusers.loaders import single_file_utils as module

    return module


def warm_up() -> None:
    """Import all of it now."""
    unet_class()
    vae_class()
    clip_text_classes()
    single_file_utils()


@contextmanager
def importing() -> Iterator[None]:
    """One thread at a time, and without a torchvision that cannot be imported.

    For every import of a library that looks for torchvision, or that changes what others see while
    it is imported: half an import of one thread would mislead another's for good, as transformers
    remembers what failed.
    """
    with _importing:
        hide_broken_torchvision()
        yield


@contextmanager
def _quick_import() -> Iterator[None]:
    with importing():
        collecting = gc.isenabled()
        gc.disable()
        try:
            if "transformers.models" not in sys.modules:
                _share_index()
            yield
        finally:
            if collecting:
                gc.enable()


def hide_broken_torchvision() -> None:
    """Have transformers go without a torchvision that cannot be imported.

    It takes an installed one for one that works, and fails with it. A torchvision built for CUDA
    beside a torch built for the CPU is such a one. Nothing here needs it. To be called before
    transformers is imported; anyone who imports torchvision later is told that it is not there.
    """
    if "torchvision" in sys.modules:
        if sys.modules["torchvision"] is None:
            return  # hidden already
    elif importlib.util.find_spec("torchvision") is None:
        return
    try:
        importlib.import_module("torchvision")  # waits where another thread is at it
    except Exception as error:  # whatever a library raises that was built for another
        log.info("torchvision does not fit this torch and is left out: %s", error)
        sys.modules["torchvision"] = None  # type: ignore[assignment]


def _share_index() -> None:
    """Makes the package `transformers.models` from the index that `transformers` already has.

    Its own __init__ does the same, after reading every file below it once more.
    """
    try:
        import transformers
        from transformers.utils.import_utils import _LazyModule

        spec = importlib.util.find_spec("transformers.models")
        if spec is None or spec.origin is None:
            return
        module = _LazyModule(spec.name, spec.origin, models_index(), module_spec=spec)
    except Exception as error:  # an unknown version of a private function: then the slow way
        log.debug("transformers.models is imported the slow way: %s", error)
        return
    sys.modules[spec.name] = module
    transformers.models = module


def models_index() -> dict[frozenset[str], dict[str, set[str]]]:
    """What `transformers.models` holds, by the packages that each part needs."""
    import transformers
    from transformers.utils.import_utils import define_import_structure

    folder = Path(transformers.__file__).parent / "models"
    whole = define_import_structure(folder, prefix="models")  # remembered by transformers
    return {
        needs: {
            name.removeprefix("models."): objects
            for name, objects in modules.items()
            if name.startswith("models.")
        }
        for needs, modules in whole.items()
    }
