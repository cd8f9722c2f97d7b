"""Builds a network from a file that was recognised, within bounds, and puts it in its place."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from weft import InputError
from weft_upscale.kinds import UpscaleModel
from weft_upscale.libraries import spandrel
from weft_upscale.recognise import first_words, recognise

Precision = Literal["auto", "float32", "float16", "bfloat16"]
MOST_SCALE = 16
SPARE = 1 << 26  # numbers that building may need beside a network's weights
CHANNELS = (1, 3, 4)


def load(
    path: Path,
    device: str = "cpu",
    precision: Precision = "auto",
    check_cancelled: Callable[[], None] = lambda: None,
) -> UpscaleModel:
    """An upscaler from a safetensors file.

    precision: "auto" is float16 on an accelerator where the model can do with it, else float32.

    Raises InputError where the file is unusable, or no upscaler, or cannot compute like that.
    """
    from safetensors.torch import load_file

    architecture, header = recognise(path)
    check_cancelled()
    count = sum(math.prod(entry.shape) for entry in header.tensors.values())
    try:
        state = load_file(path)
        bounds = _Bounded(4 * count + SPARE, 500 * len(state) + 100_000)
        with warnings.catch_warnings(), fixed_random("cpu"), bounds:
            # What libraries say to each other about their future means nothing to people.
            warnings.simplefilter("ignore")
            found = spandrel().MAIN_REGISTRY.load(state)
    except Exception as error:  # what libraries raise for tensors that do not fit together
        raise InputError(
            f"{path}: looks like {architecture.name}, but no such network can be made of it: "
            f"{first_words(error)}"
        ) from error
    check_cancelled()
    _check(found, path)
    dtype = _dtype(found, device, precision, path)
    found.model.eval().requires_grad_(False)
    found.model.to(device, getattr(torch, dtype))
    needs = found.size_requirements
    return UpscaleModel(
        found,
        found.architecture.name,
        found.scale,
        found.input_channels,
        needs.minimum,
        needs.multiple_of,
        found.tiling.name.lower(),
        device,
        dtype,
        (found.model,),
    )


def _check(found: Any, path: Path) -> None:
    """Refuse what is no upscaler of pictures, although spandrel reads it."""
    what = f"{path}: expected an upscaler, got {found.architecture.name}"
    if not isinstance(found, spandrel().ImageModelDescriptor):
        raise InputError(f"{what}, which needs a mask")
    if found.purpose not in ("SR", "Restoration"):
        raise InputError(f"{what}, a model for {found.purpose}")
    given, made = found.input_channels, found.output_channels
    if given != made or given not in CHANNELS:
        raise InputError(f"{what} from {given} to {made} channels; known: 1, 3 and 4, both alike")
    if not 1 <= found.scale <= MOST_SCALE:
        raise InputError(f"{what} of scale {found.scale}; known: 1 to {MOST_SCALE}")
    for name, value in found.model.named_parameters():
        if not bool(torch.isfinite(value).all()):
            raise InputError(f"{path}: {name} holds values that are not finite")


def _dtype(found: Any, device: str, precision: str, path: Path) -> str:
    if precision == "auto":
        return "float16" if device != "cpu" and found.supports_half else "float32"
    able = {
        "float32": True,
        "float16": found.supports_half,
        "bfloat16": found.supports_bfloat16,
    }
    if not able.get(precision, False):
        known = ", ".join(name for name, can in able.items() if can)
        raise InputError(
            f"{path}: {found.architecture.name} computes in {known}, got precision {precision}"
        )
    return precision


class _Bounded(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Refuses to allocate more, or do more, than building a network of a file's size can need.

    A file of strange shapes may ask for far larger networks than it has weights for.
    """

    def __init__(self, numbers: int, operations: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.numbers, self.operations, self.most = numbers, operations, numbers

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        self.operations -= 1
        shapes = [tuple(one.shape) for one in args if isinstance(one, Tensor)]
        if not shapes:  # makes a tensor: its size is a list of numbers, or one of them
            sizes = args[0] if args and isinstance(args[0], (list, tuple)) else args
            whole = [one for one in sizes if isinstance(one, int)]
            size = math.prod(whole) if sizes is not args else max(whole, default=0)
            self.numbers -= size
        else:
            size = _broadcast(shapes)
        if min(self.numbers, self.operations) < 0 or size > self.most:
            raise ValueError("its shapes ask for a far larger network than the file holds")
        return func(*args, **(kwargs or {}))


def _broadcast(shapes: list[tuple[int, ...]]) -> int:
    try:
        return math.prod(torch.broadcast_shapes(*shapes))  # type: ignore[no-untyped-call]
    except RuntimeError:
        return 0  # no operation that broadcasts


@contextmanager
def fixed_random(device: str) -> Iterator[None]:
    """Random numbers of torch's own are the same each time inside, and untouched outside."""
    cuda = [torch.device(device)] if device.startswith("cuda") else []
    with torch.random.fork_rng(devices=cuda):
        torch.default_generator.manual_seed(0)
        if cuda:
            with torch.cuda.device(cuda[0]):
                torch.cuda.manual_seed(0)
        yield
