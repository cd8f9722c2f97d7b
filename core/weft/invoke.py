"""Calling one node: the guard against in-place edits, and checks of what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from weft import clock
from weft.checks import Check, describe_value, input_checks, output_checks
from weft.devices import Device
from weft.errors import DeviceMemoryError, InPlaceEditError, NodeError, WrongOutputError
from weft.expansion import Expansion
from weft.guard import OWN, Guard, Warn
from weft.lanes import StepsWithoutGrad, no_grad
from weft.node import Node
from weft.spec import PRIMITIVES, NodeSpec, short_id
from weft.values import tensors

if TYPE_CHECKING:
    from weft.cache import Cache
    from weft.registry import Registry

T = TypeVar("T")
Outputs = tuple[Any, ...]


@dataclass(slots=True)
class Callee:
    """A node type ready to be called, with what is worked out once per type.

    foreign: whether it is a plugin's. chosen: the names of what plugins offer, by the input that
        may choose one: then a node of Weft's own runs a plugin's code.
    """

    node: Node[..., Any]
    spec: NodeSpec
    checks: tuple[Check | None, ...]
    arguments: dict[str, Check | None]
    positions: dict[str, int]
    guarded: bool
    foreign: bool
    chosen: dict[str, frozenset[str]]

    def stranger(self, id: str, arguments: Mapping[str, Any]) -> str | None:
        """The node's id, where a call of it runs a plugin's code; None where it does not."""
        if self.foreign:
            return id
        for name, theirs in self.chosen.items():
            value = arguments.get(name)
            if isinstance(value, str) and value in theirs:
                return id
        return None


class Callees:
    """The node types an engine has called so far."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[int, Callee] = {}

    def of(self, spec: NodeSpec) -> Callee:
        """The callee of a spec; imports the node the first time. Raises PluginError."""
        found = self._known.get(id(spec))
        if found is None:
            node = self._registry.load(spec)
            found = self._known[id(spec)] = Callee(
                node,
                spec,
                output_checks(node),
                input_checks(node),
                {one.name: index for index, one in enumerate(spec.outputs)},
                spec.extra is not None or any(one.kind not in PRIMITIVES for one in spec.inputs),
                spec.distribution != OWN,
                self._chosen(spec),
            )
        return found

    def _chosen(self, spec: NodeSpec) -> dict[str, frozenset[str]]:
        found = {}
        for one in spec.inputs:
            group = one.schema.get("x-offered")
            offers = self._registry.offers[group] if group is not None else {}
            theirs = {name for name, offer in offers.items() if offer.distribution != OWN}
            if theirs:
                found[one.name] = frozenset(theirs)
        return found


def call(
    callee: Callee,
    id: str,
    arguments: dict[str, Any],
    device: Device,
    cache: Cache,
    warn: Warn,
) -> tuple[Outputs | Expansion, float]:
    """Call a plain node on this thread. Returns its outputs and the seconds it took.

    warn: told what it changed that belongs to the whole process.

    Where the device refuses an allocation, the cache leaves the device and the node is tried once
    more. Raises NodeError.
    """
    return with_room(
        lambda: _attempt(callee, id, arguments, device, warn), id, callee.spec, device, cache
    )


def with_room(work: Callable[[], T], id: str, spec: NodeSpec, device: Device, cache: Cache) -> T:
    """Do work for a node; once more, where the device refused it memory, after making room.

    Raises DeviceMemoryError where it is refused again.
    """
    try:
        return work()
    except Exception as error:
        if not device.is_out_of_memory(error):
            raise
        # The traceback holds the frames and so the tensors of the failed attempt: let it go first.
        error.__traceback__ = None
        first = str(error) or type(error).__name__
    make_room(device, cache)
    try:
        return work()
    except Exception as error:
        if not device.is_out_of_memory(error):
            raise
        raise out_of_memory(id, spec, device, first) from error


def make_room(device: Device, cache: Cache) -> None:
    """Empty the device tier and give the memory back."""
    import gc

    cache.free_device()
    gc.collect()
    device.release()


def out_of_memory(id: str, spec: NodeSpec, device: Device, first: str) -> DeviceMemoryError:
    """The error for a device that has no room even when the cache is empty."""
    return DeviceMemoryError(
        id,
        short_id(spec.id),
        f"{device.name} has no room, even after the cache left it and a second try: {first}. "
        "Smaller pictures, a smaller batch or a smaller model need less",
    )


def _attempt(
    callee: Callee, id: str, arguments: dict[str, Any], device: Device, warn: Warn
) -> tuple[Outputs | Expansion, float]:
    before = versions(arguments) if callee.guarded else None
    start = clock.seconds()
    with no_grad(), Guard(callee.stranger(id, arguments), warn):
        result = callee.node.function(**arguments)
        if callee.spec.lane == "device":
            # Else its seconds, and its faults, would be those of whoever waits for it later.
            device.finish()
    seconds = clock.seconds() - start
    return finish(callee, id, arguments, before, result), seconds


async def call_async(
    callee: Callee,
    id: str,
    arguments: dict[str, Any],
    device: Device,
    cache: Cache,
    warn: Warn,
) -> tuple[Outputs | Expansion, float]:
    """Call an async node on the event loop. As `call` otherwise."""
    before = versions(arguments) if callee.guarded else None
    start = clock.seconds()
    first: str | None = None
    while True:
        try:
            with Guard(callee.stranger(id, arguments), warn, alone=False):
                result = await StepsWithoutGrad(callee.node.function(**arguments))
            break
        except Exception as error:
            if not device.is_out_of_memory(error):
                raise
            if first is not None:
                raise out_of_memory(id, callee.spec, device, first) from error
            error.__traceback__ = None
            first = str(error) or type(error).__name__
        make_room(device, cache)
    return finish(callee, id, arguments, before, result), clock.seconds() - start


def versions(arguments: Mapping[str, Any]) -> list[tuple[str, Any, int]]:
    """Every tensor among the arguments with its version counter."""
    return [
        (name + path, tensor, tensor._version)
        for name, value in arguments.items()
        for path, tensor in tensors(value)
    ]


def finish(
    callee: Callee,
    id: str,
    arguments: Mapping[str, Any],
    before: list[tuple[str, Any, int]] | None,
    result: Any,
) -> Outputs | Expansion:
    """Check that inputs are unchanged and outputs as declared; give the outputs as a tuple."""
    spec = callee.spec
    for name, tensor, version in before or ():
        if tensor._version != version:
            raise InPlaceEditError(
                id,
                short_id(spec.id),
                f"it changed its input {name!r} in place; a node must leave its inputs as they "
                "are: work on a clone",
            )
    if isinstance(result, Expansion):
        return result
    if not spec.outputs:
        if result is not None:
            raise _wrong(id, spec, "", "nothing", result)
        return ()
    if spec.named_outputs:
        if not isinstance(result, tuple) or len(result) != len(spec.outputs):
            raise _wrong(id, spec, "", f"a tuple of {len(spec.outputs)} outputs", result)
        outputs = tuple(result)
    else:
        outputs = (result,)
    for index, check in enumerate(callee.checks):
        expected = check(outputs[index]) if check is not None else None
        if expected is not None:
            raise _wrong(id, spec, f" {spec.outputs[index].name!r}", expected, outputs[index])
    return outputs


def check_argument(callee: Callee, id: str, name: str, value: Any) -> None:
    """Check a value whose kind was not known before the run. Raises NodeError."""
    check = callee.arguments.get(name)
    expected = check(value) if check is not None else None
    if expected is not None:
        raise NodeError(
            id,
            short_id(callee.spec.id),
            f"input {name!r}: expected {expected}, got {describe_value(value)}",
        )


def _wrong(id: str, spec: NodeSpec, which: str, expected: str, got: Any) -> WrongOutputError:
    return WrongOutputError(
        id,
        short_id(spec.id),
        f"it returned the wrong thing: for output{which} expected {expected}, "
        f"got {describe_value(got)}",
    )
