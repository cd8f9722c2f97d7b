"""Large files are digested beside the event loop, so that other runs go on."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Annotated

import pytest

from weft import Cache, Choices, Engine, Job, ModelFolders, Registry, Workflow, node


@node("test:file.pick", lane="inline")
def pick(file: Annotated[str, Choices.files("checkpoints")]) -> str:
    return file


@node("test:text.give", lane="inline")
def give(text: str = "other") -> str:
    return text


def test_a_large_file_holds_up_no_other_run_and_can_be_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "checkpoints"
    place.mkdir()
    (place / "large.safetensors").write_bytes(b"0" * 100)
    reading, go_on = threading.Event(), threading.Event()

    def slowly(path: Path) -> str:
        reading.set()
        go_on.wait(60)
        return "digest"

    monkeypatch.setattr("weft.keys.LARGE", 100)
    monkeypatch.setattr("weft.engine.file_identity", slowly)
    slow = Workflow.from_data(
        {"nodes": {"a": {"type": "test:file.pick", "values": {"file": "large.safetensors"}}}}
    )
    other = Workflow.from_data({"nodes": {"a": {"type": "test:text.give"}}})

    async def main(engine: Engine) -> None:
        first, second = Job(), Job()
        runs = [
            asyncio.create_task(engine.run_async(slow, ["a"], job=one)) for one in (first, second)
        ]
        assert await asyncio.to_thread(reading.wait, 60)
        outcome = await engine.run_async(other, ["a.value"])
        assert outcome.values["a.value"] == "other"
        first.cancel()
        assert (await runs[0]).status == "cancelled"
        go_on.set()
        assert (await runs[1]).status == "done"

    models = ModelFolders.default([tmp_path], ())
    with Engine(
        registry=Registry([pick, give]), device="cpu", cache=Cache(), models=models
    ) as engine:
        try:
            asyncio.run(main(engine))
        finally:
            go_on.set()
