"""`weft cache`: what is kept where, and `weft cache clear`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import typer

from weft.backends import make_backend
from weft.cache import CacheBackend
from weft.cli.shell import bytes_text, columns, print_json
from weft.config import GIB, CacheBudgets, Config
from weft.disk import DiskTier
from weft.errors import InputError
from weft.files import cache_dir

# What else Weft keeps and can make again: name, and the pattern of its files in the cache folder.
KEPT = {
    "catalogues": "catalogue/*.json",
    "plans": "plans/*.json",
    "file digests": "digests.sqlite",
}


def show(*, as_json: bool) -> None:
    """`weft cache`: folder, tiers and budgets, and what else is kept."""
    data = _report(cache_dir())
    if as_json:
        print_json(data, indent=2)
        return
    disk = data["disk"]
    device = data["device"]["budget"]
    rows = [
        ["values on disk", f"{disk['values']} of {bytes_text(disk['bytes'])}", _place(disk)],
        ["budget on disk", bytes_text(disk["budget"]), "" if disk["budget"] else "no disk tier"],
        ["budget in memory", bytes_text(data["host"]["budget"]), "of one process"],
        [
            "budget on a device",
            "half of its memory" if device is None else bytes_text(device),
            "of one process",
        ],
    ]
    rows += [
        [name, f"{kept['files']} of {bytes_text(kept['bytes'])}", kept["path"]]
        for name, kept in data["kept"].items()
    ]
    typer.echo("\n".join(columns(rows)))


def _report(folder: Path) -> dict[str, Any]:
    budgets = Config.load().cache
    tier = _tier(budgets)
    try:
        count, held = tier.usage() if _is_made(tier) else (0, 0)
    finally:
        tier.close()
    return {
        "folder": str(folder),
        "disk": {
            "backend": budgets.backend,
            "values": count,
            "bytes": held,
            "budget": int(budgets.disk * GIB),
            "folder": str(tier.folder) if isinstance(tier, DiskTier) else None,
        },
        "host": {"budget": int(budgets.host * GIB)},
        "device": {"budget": None if budgets.device is None else int(budgets.device * GIB)},
        "kept": {name: _kept(folder, pattern) for name, pattern in KEPT.items()},
    }


def _place(disk: dict[str, Any]) -> str:
    return str(disk["folder"] or f"in {disk['backend']}")


def _tier(budgets: CacheBudgets) -> CacheBackend:
    made = make_backend(budgets.backend, max(1, int(budgets.disk * GIB)))
    assert made is not None
    return made


def _is_made(tier: CacheBackend) -> bool:
    """Whether there is anything to ask: to look must not make a folder."""
    return tier.folder.is_dir() if isinstance(tier, DiskTier) else True


def _kept(folder: Path, pattern: str) -> dict[str, Any]:
    sizes = [path.stat().st_size for path in folder.glob(pattern)]
    path = folder / pattern.partition("/*")[0]
    return {"files": len(sizes), "bytes": sum(sizes), "path": str(path)}


def clear(*, everything: bool) -> None:
    """`weft cache clear`: forget the values; and where wanted all else that can be made again."""
    folder = cache_dir()
    tier = _tier(Config.load().cache)
    try:
        count, held = tier.usage() if _is_made(tier) else (0, 0)
        if count:
            tier.clear()
    finally:
        tier.close()
    if everything:
        _remove_all(folder)
    typer.echo(f"cleared {count} values of {bytes_text(held)}" + (" and the rest" * everything))


def _remove_all(folder: Path) -> None:
    """Remove what Weft wrote, by name: the folder may be one that others use too."""
    try:
        for path in [*folder.glob("values-*"), folder / "catalogue", folder / "plans"]:
            if path.is_dir():
                shutil.rmtree(path)
        for path in folder.glob("digests.sqlite*"):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be cleared: {error}") from error
