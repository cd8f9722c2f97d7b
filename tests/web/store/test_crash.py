"""D1 for the store: `kill -9` at every commit point and at random; nothing promised is lost."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from web.store.helpers import FULL, check_files, opened, snapshot, start_child
from weft_web.store import failpoints

# Each of these differs from the others in more than the statement that is committed.
SOME = (
    "open.before_commit",
    "submit.before_commit",
    "submit.after_commit",
    "finish.before_commit",
    "finish.after_commit",
    "blob.before_fsync",
    "blob.after_rename",
    "checkpoint.before",
    "close.after_commit",
)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What a client sees after each step if nothing happens; last, after the close."""
    folder = tmp_path_factory.mktemp("undisturbed")
    child = start_child("crash_child", folder)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    return [*map(json.loads, out.splitlines()), seen(folder)]


def seen(folder: Path) -> Any:
    async def main() -> Any:
        async with opened(folder, "after", clean=False) as store:
            return json.loads(json.dumps(await snapshot(store)))

    return asyncio.run(main())


@pytest.mark.parametrize("passage", [1, 2] if FULL else [1])
@pytest.mark.parametrize("label", failpoints.LABELS if FULL else SOME)
def test_d1_a_kill_at_a_commit_point(
    tmp_path: Path, undisturbed: list[Any], label: str, passage: int
) -> None:
    place = {"WEFT_FAILPOINT": f"{label}:{passage}"}
    child = start_child("crash_child", tmp_path, environment=place)
    out, err = child.communicate(timeout=120)
    if passage > 1 and child.returncode == 0:
        return  # it is passed only once
    assert child.returncode == -signal.SIGKILL, err
    told = [json.loads(line) for line in out.splitlines() if line.endswith("}")]
    assert told == undisturbed[: len(told)]
    left = seen(tmp_path)
    check_files(tmp_path)
    if label == "open.before_commit":
        return
    before, after = undisturbed[max(0, len(told) - 1)], undisturbed[len(told)]
    if label.endswith(".before_commit") or label.startswith("blob."):
        assert left == before
    elif label.endswith(".after_commit"):
        assert left == after
    else:
        assert left in (before, after)
    assert not list((tmp_path / "blobs").glob(".tmp-*"))


def test_every_label_is_a_place() -> None:
    with pytest.raises(ValueError, match="names no place"):
        failpoints._parsed("nowhere")
    assert failpoints._parsed("submit.after_commit:3") == ("submit.after_commit", 3)
    assert not failpoints.armed


def test_d1_kills_at_random_moments(tmp_path: Path) -> None:
    chance = random.Random(1)
    queued: set[str] = set()
    done: dict[str, str] = {}
    for round in itertools.count():
        if (round >= (40 if FULL else 3) and len(done) > 10) or round == 60:
            break
        with start_child("load_child", tmp_path, f"boot{round}") as child:
            assert child.stdout is not None
            assert child.stderr is not None
            first = child.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.6))
            child.kill()
            # Not by `communicate`, which does not know what `readline` has read ahead.
            out, err = child.stdout.read(), child.stderr.read()
        assert child.returncode == -signal.SIGKILL, err
        for line in (first + out).splitlines(keepends=True):
            words = line.split()
            if not line.endswith("\n"):
                continue
            if words[0] == "queued":
                queued.add(words[1])
            else:
                assert words[1] not in done  # nothing is done twice
                done[words[1]] = words[2]
    check_files(tmp_path)
    assert len(queued) > 10
    assert len(done) > 10  # on a slow machine only after more rounds

    async def main() -> None:
        async with opened(tmp_path) as store:
            recovery = await store.recover(1_000_000)
            assert recovery.unclean_starts_recent >= 1
            rows: dict[str, str] = {}
            before = None
            while True:
                page, before = await store.jobs(None, 1000, before)
                rows |= {row.id: row.state for row in page}
                if before is None:
                    break
            assert queued <= set(rows)
            assert set(rows.values()) <= {"queued", "done"}
            outputs = await store.outputs(list(rows))
            for id, sha in done.items():
                assert rows[id] == "done"
                assert [one.sha256 for one in outputs[id]] == [sha]
            for id, state in rows.items():
                events = [one.event for one in await store.events(0, id, 1000)]
                assert events.count("queued") == 1
                assert events.count("finished") == len(outputs[id]) == (state == "done")

    asyncio.run(main())
