"""Bringing nodes of older versions up to date, version by version."""

from __future__ import annotations

from typing import Any

from weft.errors import Problem
from weft.flatten import FlatNode
from weft.node import Migration, Node
from weft.spec import short_id
from weft.workflow import Link


def _step(migration: Migration, inputs: dict[str, Any]) -> dict[str, Any]:
    """One migration. An input that it popped is gone, as in `{**old, "new": old.pop("old")}`."""
    old = dict(inputs)
    new = dict(migration(old))
    for name in inputs.keys() - old.keys():
        if name in new and new[name] is inputs[name]:
            del new[name]
    return new


def migrated(node: FlatNode, current: Node[..., Any], version: int) -> Problem | None:
    """Migrate a flat node in place, or say why it cannot be."""
    inputs: dict[str, Any] = {**node.values, **node.links}
    target = current.spec.version
    for step in range(version, target):
        migration = current.migrations.get(step)
        if migration is None:
            return Problem(
                f"{node.path}.version",
                f"{short_id(current.spec.id)} cannot be brought from version {step} to {step + 1}",
                expected=f"version {target}",
                got=str(version),
            )
        try:
            inputs = _step(migration, inputs)
        except Exception as error:
            return Problem(
                f"{node.path}.version",
                f"the migration of {short_id(current.spec.id)} from version {step} failed: "
                f"{type(error).__name__}: {error}",
            )
    node.values = {name: one for name, one in inputs.items() if not isinstance(one, Link)}
    node.links = {name: one for name, one in inputs.items() if isinstance(one, Link)}
    return None
