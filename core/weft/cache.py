"""The cache: values by content key in three tiers, device, host and disk.

Values are kept by reference and never copied unless they move to another tier. Tensors stay on
the device they were made on until the device's budget is spent; then they move to host memory,
and from there, if they are not on disk, they go.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from weft.disk import DiskTier
from weft.tiers import Entry, MemoryTier
from weft.values import SMALL, Measure, measure, moved

log = logging.getLogger("weft.cache")
Tier = Literal["device", "host", "disk"]
GIB = 1024**3
# What is quicker to make again than to read is not worth a file.
WORTH_STORING = 0.05


@runtime_checkable
class CacheBackend(Protocol):
    """What keeps values when memory does not: the cache's last tier. Called from any thread.

    It never fails a run: what cannot be kept is not, and what cannot be read is a miss. Keys are
    hexadecimal digests; a value under a key never changes. `weft.pack_value` makes bytes of a
    value, `weft.unpack_value` a value of bytes.

    budget: most bytes that it keeps.
    """

    budget: int

    def where(self, keys: list[str]) -> set[str]:
        """Which of the keys it keeps."""
        ...

    def get(self, key: str, device: str) -> tuple[Any, float] | None:
        """A value, and the seconds it took to make; None where it is not kept.

        device: where tensors that were on a device belong. Raises what the device raises where it
        has no room.
        """
        ...

    def put(self, key: str, value: Any, seconds: float) -> bool:
        """Keep a value; False where that cannot be."""
        ...

    def usage(self) -> tuple[int, int]:
        """How many values it keeps, and their bytes."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...

    def close(self) -> None:
        """Let go of files and connections. The last call."""
        ...


class Cache:
    """Values by key. Safe to use from any thread.

    host, device, disk: budgets in bytes; a device budget of None means that device memory is
        host memory. Without a `folder` there is no disk tier.
    backend: keeps the last tier, in place of files in `folder`.
    """

    def __init__(
        self,
        *,
        host: int = 2 * GIB,
        device: int | None = None,
        disk: int = 4 * GIB,
        folder: Path | None = None,
        backend: CacheBackend | None = None,
    ) -> None:
        self._lock = threading.RLock()
        self.host = MemoryTier(host)
        self.device = MemoryTier(device) if device is not None else self.host
        if backend is None and folder is not None and disk > 0:
            backend = DiskTier(folder, disk)
        self.disk = backend

    def where(self, key: str) -> Tier | None:
        """The memory tier that holds a key. The disk is asked in bulk, by `on_disk`."""
        if key in self.host:
            return "host"
        if key in self.device:
            return "device"
        return None

    def is_away(self, key: str) -> bool:
        """Whether a value has left its device for host memory: to get it takes time, and room."""
        if self.device is self.host:
            return False
        with self._lock:
            entry = self.host.peek(key)
        return entry is not None and entry.measure.place is not None

    def on_disk(self, keys: list[str]) -> set[str]:
        """Which of the keys the disk tier holds."""
        return self.disk.where(keys) if self.disk is not None else set()

    def get(self, key: str, device: str) -> tuple[Any, Tier] | None:
        """A value and the tier it came from. From disk it is read anew, which takes time.

        Raises what the device raises where it has no room for the value, which then stays.
        """
        with self._lock:
            entry = self.device.get(key)
            if entry is not None:
                return entry.value, "host" if self.device is self.host else "device"
            entry = self.host.get(key)
        if entry is not None:
            return self._back_on_device(key, entry), "host"
        if self.disk is None:
            return None
        found = self.disk.get(key, device)
        if found is None:
            return None
        value, seconds = found
        self.put(key, value, seconds)
        return value, "disk"

    def put(self, key: str, value: Any, seconds: float, size: Measure | None = None) -> None:
        """Keep a value in memory; `seconds` is what it took to make."""
        size = size or measure(value)
        entry = Entry(value, size, seconds)
        with self._lock:
            tier = self.device if size.device else self.host
            evicted = tier.put(key, entry)
            if tier is not self.host:
                self._demote(evicted)

    def store(self, key: str, value: Any, seconds: float) -> bool:
        """Keep a value on disk too, where it is worth a file and can be stored."""
        return self.disk is not None and self.disk.put(key, value, seconds)

    def free_device(self) -> int:
        """Move everything off the device, after a refused allocation. Returns the bytes freed."""
        with self._lock:
            held = self.device.bytes if self.device is not self.host else self.host.bytes
            evicted = self.device.shrink(0)
            if self.device is not self.host:
                self._demote(evicted)
        return held

    def clear(self, *, disk: bool = True) -> None:
        """Forget every value."""
        with self._lock:
            self.host.shrink(-1)
            self.device.shrink(-1)
        if disk and self.disk is not None:
            self.disk.clear()

    def clear_tier(self, tier: Tier | None = None) -> int:
        """Forget the values of one tier, or of all. Returns the bytes that were held there."""
        held = 0
        with self._lock:
            memory = {"host": self.host, "device": self.device}
            for one in {
                id(kept): kept for name, kept in memory.items() if tier in (None, name)
            }.values():
                held += one.bytes
                one.shrink(-1)
        if tier in (None, "disk") and self.disk is not None:
            held += self.disk.usage()[1]
            self.disk.clear()
        return held

    def report(self) -> dict[str, dict[str, int] | None]:
        """For each tier its values, bytes and budget; None for a tier that there is not.

        Where a device shares host memory, it has no tier of its own.
        """
        with self._lock:
            host = {"values": len(self.host), "bytes": self.host.bytes, "budget": self.host.budget}
            device = None
            if self.device is not self.host:
                one = self.device
                device = {"values": len(one), "bytes": one.bytes, "budget": one.budget}
        disk = None
        if self.disk is not None:
            values, held = self.disk.usage()
            disk = {"values": values, "bytes": held, "budget": self.disk.budget}
        return {"device": device, "host": host, "disk": disk}

    def close(self) -> None:
        """Close the disk tier."""
        if self.disk is not None:
            self.disk.close()

    def _demote(self, evicted: list[tuple[str, Entry]]) -> None:
        for key, entry in evicted:
            # What is opaque (a model) cannot be moved without touching who still uses it.
            if entry.measure.movable:
                try:
                    value = moved(entry.value, "cpu")
                except Exception as error:  # no room, or the device is lost: it can be made again
                    log.warning("a cached value was dropped on its way to host memory: %s", error)
                    continue
                place = entry.measure.place
                size = Measure(host=entry.measure.bytes, place=place)
                self.host.put(key, Entry(value, size, entry.seconds))

    def _back_on_device(self, key: str, entry: Entry) -> Any:
        place = entry.measure.place
        if place is None:
            return entry.value
        # Not under the lock: other threads need not wait for the copy.
        value = moved(entry.value, place)
        with self._lock:
            self.host.remove(key)
            self.put(key, value, entry.seconds)
        return value


__all__ = ["SMALL", "WORTH_STORING", "Cache", "CacheBackend", "Tier"]
