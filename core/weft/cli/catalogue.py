"""`weft nodes`: the catalogue, or everything about one node."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import typer

from weft.cli.shell import columns, last_line, print_json, say
from weft.cli.values import expected
from weft.errors import InputError
from weft.registry import Registry
from weft.spec import InputSpec, NodeSpec, short_id


def show_nodes(type_id: str | None, *, as_json: bool, verbose: bool) -> int:
    """`weft nodes`. Raises InputError for an unknown type."""
    registry = Registry.installed()
    if type_id is not None:
        spec = _spec(registry, type_id)
        if as_json:
            print_json(spec.as_dict(), indent=2)
        else:
            typer.echo("\n".join(_one(spec, registry)))
        return 0
    if as_json:
        print_json(_everything(registry), indent=2)
    else:
        typer.echo("\n".join(_grouped(registry.specs())))
    for line in _failures(registry, verbose):
        say(line)
    return 0


def _spec(registry: Registry, type_id: str) -> NodeSpec:
    spec = registry.get(type_id)
    if spec is not None:
        return spec
    away = registry.missing(type_id)
    if away is not None:
        raise InputError(f"there is no node type {type_id!r}; {away}")
    guess = registry.suggest(type_id)
    hint = f" (did you mean {guess!r}?)" if guess else "; `weft nodes` lists them all"
    failed = ", ".join(registry.failed)
    lost = f"; these plugins failed to load: {failed}" if failed else ""
    raise InputError(f"there is no node type {type_id!r}{hint}{lost}")


def _everything(registry: Registry) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "nodes": [one.as_dict() for one in registry.specs()],
        "kinds": [asdict(one) for one in registry.kinds()],
        "plugins": registry.versions,
        "failed": registry.failed,
    }


def _grouped(specs: Iterable[NodeSpec]) -> Iterator[str]:
    groups: dict[str, list[NodeSpec]] = {}
    for spec in specs:
        groups.setdefault(spec.group, []).append(spec)
    for place, (group, members) in enumerate(sorted(groups.items())):
        if place:
            yield ""
        yield typer.style(group, bold=True)
        yield from columns(([short_id(one.id), _headline(one.help)] for one in members), "  ")
    if not groups:
        yield "no nodes are installed"


def _headline(text: str) -> str:
    return text.partition("\n")[0]


def _failures(registry: Registry, verbose: bool) -> Iterator[str]:
    """The failed plugins: the last line of each reason, or all of it."""
    if not registry.failed:
        return
    yield typer.style("\nplugins that failed to load", fg="red", bold=True)
    for plugin, reason in registry.failed.items():
        if verbose:
            yield f"  {plugin}:"
            yield from (f"    {line}" for line in reason.strip().splitlines())
        else:
            yield f"  {plugin}: {last_line(reason)}"
    if not verbose:
        yield "  `weft nodes --verbose` shows the whole reason"


def _one(spec: NodeSpec, registry: Registry) -> Iterator[str]:
    origin = f"{spec.distribution} {registry.versions.get(spec.distribution, '')}".strip()
    yield typer.style(short_id(spec.id), bold=True) + f"  version {spec.version}, from {origin}"
    helps = {f"{one.name}:" for one in spec.inputs}
    text = _without_inputs(spec.help, helps)
    if text:
        yield f"\n{text}"
    yield typer.style("\ninputs", bold=True)
    rows = [_input(one) for one in spec.inputs]
    if spec.extra is not None:
        rows.append(["any name", spec.extra, "", ""])
    yield from columns(rows, "  ") if rows else ["  none"]
    yield typer.style("\noutputs", bold=True)
    outputs = [[one.name, one.kind] for one in spec.outputs]
    yield from columns(outputs, "  ") if outputs else ["  none: it runs for its effect"]


def _without_inputs(text: str, names: set[str]) -> str:
    """The help without its lines on single inputs, which stand with the inputs."""
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.partition(" ")[0] in names:
            inside = True
        elif not (inside and line.startswith("  ")):
            inside = False
            kept.append(line)
    return "\n".join(kept).strip()


def _input(one: InputSpec) -> list[str]:
    limits = [] if _plain(one) else [expected(one)]
    default = "required" if one.required else f"= {json.dumps(one.default, ensure_ascii=False)}"
    return [one.name, one.kind, default, "; ".join([*limits, *filter(None, [one.help])])]


def _plain(one: InputSpec) -> bool:
    """Whether the kind says everything there is to say of the input's values."""
    told = {"enum", "minimum", "maxLength", "anyOf", "items", "x-folder", "x-path"}
    return not one.nullable and told.isdisjoint(one.schema)
