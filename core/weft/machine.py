"""What a process computes on: its device, its memory, the versions of what it uses."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from weft.devices import Device

LIBRARIES = ("weft", "torch", "diffusers", "transformers", "safetensors", "numpy", "pillow")


def describe_system(device: Device) -> dict[str, Any]:
    """{"devices": [...], "memory": {...}, "versions": {...}}, as JSON data; bytes throughout."""
    return {"devices": _devices(device), "memory": _memory(), "versions": _versions()}


def _devices(device: Device) -> list[dict[str, Any]]:
    if not device.name.startswith("cuda"):
        return [
            {"name": device.name, "title": platform.processor() or platform.machine(), "used": True}
        ]
    import torch

    found = []
    for index in range(torch.cuda.device_count()):
        name = f"cuda:{index}"
        about = torch.cuda.get_device_properties(index)
        one: dict[str, Any] = {"name": name, "title": about.name, "total": about.total_memory}
        one["used"] = name == device.name
        if one["used"]:  # asking another device would take memory on it
            one["free"] = torch.cuda.mem_get_info(index)[0]
            one["allocated"] = torch.cuda.memory_allocated(index)
            one["reserved"] = torch.cuda.memory_reserved(index)
        found.append(one)
    return found


def _memory() -> dict[str, int]:
    found: dict[str, int] = {}
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        found["total"] = os.sysconf("SC_PHYS_PAGES") * page
        found["available"] = os.sysconf("SC_AVPHYS_PAGES") * page
        lines = Path("/proc/meminfo").read_text().splitlines()
        known = {name: rest.split()[0] for name, _, rest in (one.partition(":") for one in lines)}
        found["available"] = int(known["MemAvailable"]) * 1024
        found["resident"] = int(Path("/proc/self/statm").read_text().split()[1]) * page
    except (AttributeError, OSError, ValueError, KeyError, IndexError):
        return found  # not every system tells
    return found


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    torch = sys.modules.get("torch")
    cuda = getattr(getattr(torch, "version", None), "cuda", None)
    if cuda:
        found["cuda"] = str(cuda)
    return found
