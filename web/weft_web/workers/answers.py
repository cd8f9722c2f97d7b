"""Questions that go to every worker, and their answers put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Answers = Sequence[dict[str, Any]]


def _freed(answers: Answers) -> dict[str, Any]:
    return {"freed": sum(one["freed"] for one in answers)}


def _cache(answers: Answers) -> dict[str, Any]:
    """Each worker has memory of its own; the disk is everybody's."""
    whole: dict[str, Any] = {}
    for tier in ("device", "host"):
        parts = [one[tier] for one in answers if one.get(tier) is not None]
        sums = {key: sum(part[key] for part in parts) for key in ("values", "bytes", "budget")}
        whole[tier] = sums if parts else None
    return {**whole, "disk": answers[0].get("disk")}


def _system(answers: Answers) -> dict[str, Any]:
    """Every device once, as the worker that uses it sees it."""
    devices: dict[str, dict[str, Any]] = {}
    for one in answers:
        for device in one["devices"]:
            if device.get("used") or device["name"] not in devices:
                devices[device["name"]] = device
    memory = dict(answers[0]["memory"])
    if "resident" in memory:
        memory["resident"] = sum(one["memory"].get("resident", 0) for one in answers)
    return {**answers[0], "devices": list(devices.values()), "memory": memory}


TOGETHER: dict[str, Callable[[Answers], dict[str, Any]]] = {
    "clear_cache": _freed,
    "cache": _cache,
    "system": _system,
}
