"""A server that has only hostile things to tell: of its nodes, models, plugins, jobs and files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from editor.browser import until
from editor.hostile import COUNT, IN_FILES, MANY, names, png, texts, whole
from web.live import LiveServer, live
from web.stand_in import Bytes, StandIn
from weft import InputSpec, NodeSpec, OutputSpec, Registry
from weft.kinds import Kind
from weft.plugins import Catalogue
from weft_web.api import templates
from weft_web.workers.pool import Assignment, Ended, Sink

PAGE = b"<script>opener.weftRan = 1</script>"
HELD = 10  # jobs that run or wait for as long as the server does


@dataclass
class Hostile(StandIn):
    """A pool whose jobs make hostile things and then fail with hostile words."""

    async def run(self, assignment: Assignment, sink: Sink) -> Ended:
        """Do so; where jobs are held, run as the others do."""
        if self.hold:
            showing = asyncio.create_task(_show(sink))
            try:
                return await super().run(assignment, sink)
            finally:
                showing.cancel()
        number = len(self.ran)
        self.ran.append(assignment)
        (node,) = assignment.workflow["nodes"]
        item = {"name": texts("output")[number], "mime": "image/png", "width": 8, "height": 8}
        item |= {key: texts("item")[number] for key in ("text", "kind", "note")}
        await sink.output(node, item, Bytes(png()))
        await sink.output(node, {"text": texts("said")[number]}, None)
        await sink.output(node, item | {"mime": texts("mime")[number]}, Bytes(png()))
        error, trace = texts("error")[number], texts("trace")[number]
        failed = {"event": "node_failed", "node": node, "type": error}
        sink.event(failed | {"error": error, "traceback": trace})
        return Ended("failed", 0.001, error, {node: {"state": "failed", "seconds": 0.0}})

    async def ask(self, question: str, data: Mapping[str, Any], seconds: float = 60.0) -> Any:
        """Answer; a plan has a hostile reason for every node."""
        if question != "plan":
            return await super().ask(question, data, seconds)
        ids = zip(data["workflow"]["nodes"], [*texts("reason"), *texts("reason")], strict=False)
        return {"nodes": {id: {"action": "run", "reason": why, "where": None} for id, why in ids}}


async def _show(sink: Sink) -> None:
    """Send previews that say that they are pages."""
    while True:
        sink.preview("text0", "text/html", PAGE)
        await asyncio.sleep(1)


def pool() -> Hostile:
    models = [
        {"folder": "checkpoints", "name": name, "title": title, "family": family, "error": error}
        for name, title, family, error in zip(
            texts("model"), texts("modeltitle"), texts("family"), texts("modelerror"), strict=True
        )
    ]
    devices = [
        {"name": name, "title": title}
        for name, title in zip(texts("device"), texts("devicetitle"), strict=True)
    ]
    versions = dict(zip(texts("package"), texts("packageversion"), strict=True))
    return Hostile(
        answers={
            "models": {"models": models},
            "choices": {"choices": texts("choice")},
            "system": {"devices": devices, "versions": versions, "memory": {}},
            "cache": {},
        }
    )


def registry() -> Registry:
    """The installed nodes, and a plugin in which every text is hostile, and plugins that failed."""
    made = Registry.installed()
    of = zip(names("nodegroup"), names("nodename"), texts("nodetitle"), texts("help"), strict=True)
    specs = [
        NodeSpec(f"evil:{group}.{name}", 1, (), (), title, help, distribution=made_by)
        for (group, name, title, help), made_by in zip(of, texts("distribution"), strict=True)
    ]
    sockets = zip(texts("specinput"), texts("kind"), texts("inputhelp"), strict=True)
    inputs = [InputSpec(name, kind, help=help, required=False) for name, kind, help in sockets]
    outputs = [
        OutputSpec(name, kind)
        for name, kind in zip(texts("specoutput"), texts("kind"), strict=True)
    ]
    fields = [
        InputSpec(
            "chosen", "str", {"type": "string", "enum": texts("enum")}, False, whole("default")
        ),
        InputSpec("asked", "str", {"type": "string", "x-choices": True, "x-widget": "choices"}),
        *(
            InputSpec(f"drawn{number}", "str", {"type": "string", "x-widget": widget})
            for number, widget in enumerate(texts("widget")[:MANY])
        ),
    ]
    for name, given, back in (("sockets", inputs, outputs), ("fields", fields, [])):
        spec = NodeSpec(f"evil:all.{name}", 1, tuple(given), tuple(back), name, whole("spechelp"))
        specs.append(spec)
    kinds = [
        Kind(id, f"red;background:url(//evil.invalid/{id})", id, help=id)  # type: ignore[arg-type]
        for id in texts("kind")
    ]
    plugin = Catalogue("evil", "evil-nodes", "1", tuple(specs), tuple(kinds))
    made.add_catalogue(plugin)
    for name, distribution, version, error in zip(
        texts("plugin"), texts("plugindist"), texts("pluginversion"), texts("pluginerror"),
        strict=True,
    ):  # fmt: skip
        made.add_catalogue(Catalogue(name, distribution, version, error=error))
    return made


def shipped(folder: Path) -> None:
    """Templates."""
    folder.mkdir()
    of = zip(names("template", 100, IN_FILES), texts("templatetitle"), texts("about"), strict=True)
    for name, title, about in of:
        data = {"weft": 1, "view": {"title": title, "description": about}}
        (folder / f"{name}.json").write_text(json.dumps(data), "utf-8")


def model_files(folder: Path) -> None:
    """Files whose names are hostile, for what is chosen from a folder."""
    for kind in ("checkpoints", "loras", "vae"):
        (folder / kind).mkdir(parents=True)
    for name in names("file", 120, IN_FILES):
        (folder / "checkpoints" / f"{name}.safetensors").write_bytes(b"")


def fill(server: LiveServer, jobs: Hostile) -> None:
    """Jobs, uploads and saved workflows."""
    labels = texts("label", 200)
    for number, node in enumerate(names("jobnode")):
        _submit(server, node, labels[number])
    until(lambda: server.get("/api/jobs?limit=1").json["counts"].get("failed") == COUNT)
    jobs.hold = True
    for number in range(HELD):
        _submit(server, names("heldnode")[number], texts("heldlabel", 200)[number])
    for number, name in enumerate(names("upload", 200, IN_FILES)):
        content = png((b"tEXt", b"n\0%d" % number))
        answer = server.request("PUT", f"/api/uploads/{quote(name, safe='')}", raw=content)
        assert answer.status == 201, (name, answer.body)
    for name in names("saved", 120, IN_FILES):
        save(server, name, {"weft": 1}, 0)
    for revision, message in enumerate(texts("message", 500)):
        save(server, "revised", {"weft": 1, "view": {"of": revision}}, revision, message)


def _submit(server: LiveServer, node: str, label: str) -> str:
    workflow = {"weft": 1, "nodes": {node: {"type": "primitive.text", "values": {"value": label}}}}
    asked = {"workflow": workflow, "targets": [node], "label": label}
    answer = server.post("/api/jobs", asked)
    assert answer.status == 202, answer.body
    return str(answer.json["id"])


def save(
    server: LiveServer, name: str, workflow: dict[str, Any], revision: int, message: str = ""
) -> None:
    asked = {"workflow": workflow, "revision": revision, "message": message or None}
    answer = server.put(f"/api/workflows/{quote(name, safe='')}", asked)
    assert answer.status in (200, 201), answer.body


@contextmanager
def hostile_server(folder: Path) -> Iterator[LiveServer]:
    """The server, with all of that in it."""
    made = pool()
    shipped(folder / "templates")
    model_files(folder / "models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(templates, "SHIPPED", folder / "templates")
        with live(folder, made, registry=registry(), models=(folder / "models",)) as server:
            fill(server, made)
            yield server
