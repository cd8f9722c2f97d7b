"""Checks of example workflows: valid, canonical, runnable; and of the migrations they rely on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from weft.plugin_check.children import ask
from weft.plugin_check.findings import Finding, counted, or_ok
from weft.plugin_check.review import JUNK, Review
from weft.spec import full_id, short_id

PATIENCE = 600.0  # seconds that one workflow may take
FOLDERS = ("workflows", "examples")  # of a project, beside its package


def example_files(review: Review) -> list[Path]:
    """The example workflows of the package and of the project's folders for them."""
    found = [path for path in review.files() if path.suffix == ".json"]
    if review.target.folder is not None:
        for name in FOLDERS:
            found += sorted((review.target.folder / name).rglob("*.json"))
    kept = (path for path in found if not JUNK & set(path.parts))
    return [path for path in dict.fromkeys(kept) if _is_workflow(path)]


def _is_workflow(path: Path) -> bool:
    data = _data(path)
    return isinstance(data, dict) and "weft" in data and isinstance(data.get("nodes"), dict)


def _data(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def check_examples(review: Review) -> list[Finding]:
    """Example workflows are valid and canonical, and run."""
    files = example_files(review)
    if not files and not review.specs:
        return [Finding("ok", "examples", "it has no nodes to show in a workflow")]
    if not files:
        advice = "Put one into PACKAGE/workflows/: it shows what the plugin is for."
        return [Finding("warn", "examples", "there is no example workflow", advice=advice)]
    return [finding for path in files for finding in _example(review, path)]


def _example(review: Review, path: Path) -> list[Finding]:
    where = review.target.shown(path)
    answer = ask("example", {"file": str(path)}, patience=PATIENCE)
    if not answer.lines:
        text = f"checking it failed: {answer.end}"
        return [Finding("fail", "examples", text, where, got=answer.said[-400:])]
    looked, *rest = answer.lines
    if looked["problems"]:
        return [Finding("fail", "examples", text, where) for text in looked["problems"]]
    found = []
    if not looked["canonical"]:
        advice = f"Run `weft format --write {where}`."
        found.append(
            Finding("fail", "examples", "it is not in its canonical form", where, advice=advice)
        )
    if looked["missing"]:
        text = f"it was not run: {looked['missing'][0]}"
        return [*found, Finding("skip", "examples", text, where)]
    if not rest:
        text = f"it does not run to its end: {answer.end}"
        return [*found, Finding("fail", "examples", text, where, got=answer.said[-400:])]
    if rest[0]["status"] != "done":
        errors = rest[0]["errors"] or [f"it ended as {rest[0]['status']}"]
        return [*found, *(Finding("fail", "examples", text, where) for text in errors)]
    text = f"{where} runs: {counted(looked['nodes'], 'node')} in {rest[0]['seconds']:.1f} s"
    return or_ok("examples", text, found)


def check_migrations(review: Review) -> list[Finding]:
    """Every older version of a node, in examples above all, can be brought up to date."""
    specs = {one.id: one for one in review.specs}
    seen: dict[str, dict[int, str]] = {}
    for path in example_files(review):
        for id, version in _versions(_data(path)):
            if id in specs:
                seen.setdefault(id, {}).setdefault(version, review.target.shown(path))
    found = []
    for id, spec in specs.items():
        have = set(review.node_facts[id]["migrations"])
        for version, file in sorted(seen.get(id, {}).items()):
            gaps = sorted(set(range(version, spec.version)) - have)
            if gaps:
                found.append(_gap(review, spec, gaps, f"{file} has version {version}", "fail"))
        if spec.version > 1 and not have and id not in seen:
            found.append(_gap(review, spec, [1], f"it is at version {spec.version}", "warn"))
    newer = sum(one.version > 1 for one in specs.values())
    shown = f"{counted(newer, 'node')} with older versions"
    return or_ok("migrations", shown, found)


def _gap(review: Review, spec: Any, gaps: list[int], why: str, level: Any) -> Finding:
    steps = ", ".join(map(str, gaps))
    text = f"{short_id(spec.id)} has no migration from version {steps}, and {why}"
    advice = f"Register one with `@{spec.attribute}.migrate({gaps[0]})`."
    return Finding(level, "migrations", text, review.where(spec), advice=advice)


def _versions(data: Any) -> Iterator[tuple[str, int]]:
    """The type and version of every node of a document, in subgraphs too."""
    graphs = [data, *(data.get("subgraphs") or {}).values()]
    for graph in graphs:
        for node in (graph.get("nodes") or {}).values() if isinstance(graph, dict) else ():
            if isinstance(node, dict) and isinstance(node.get("type"), str):
                version = node.get("version", 1)
                yield full_id(node["type"]), version if isinstance(version, int) else 1
