"""Saving pictures: names, formats, what a file carries, and what is left where it fails."""

from __future__ import annotations

import json
import os
import threading
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from PIL import Image as Pillow

from core.test_confine import LINKS, PAYLOADS
from nodes.pictures import Recorder, picture, saved
from weft import Builder, Context, Engine, InputError, Workflow, __version__
from weft_nodes.images import store
from weft_nodes.nodes import image_files


def test_what_is_recorded_is_what_is_there(tmp_path: Path) -> None:
    (item,) = saved(tmp_path, picture(), prefix="made/weft")
    content = Path(item["path"]).read_bytes()
    assert item == {
        "path": str(tmp_path / "made/weft_00001.png"),
        "sha256": sha256(content).hexdigest(),
        "width": 6,
        "height": 4,
        "bytes": len(content),
        "mime": "image/png",
    }


def test_names_count_on_and_never_overwrite(tmp_path: Path) -> None:
    first = saved(tmp_path, picture(batch=2))
    (tmp_path / "weft_00007.jpg").write_bytes(b"somebody's own")
    (tmp_path / "weft_new_00040.png").write_bytes(b"of another prefix")
    second = saved(tmp_path, picture())
    names = [Path(item["path"]).name for item in first + second]
    assert names == ["weft_00001.png", "weft_00002.png", "weft_00008.png"]
    assert (tmp_path / "weft_00007.jpg").read_bytes() == b"somebody's own"


@pytest.mark.parametrize("hard_links", [True, False])
def test_runs_at_once_take_different_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    if not hard_links:  # such as on a memory stick
        monkeypatch.setattr(os, "link", refuse)
    paths: list[Path] = []

    def work(number: int) -> None:
        for _ in range(10):
            paths.append(store.save_numbered(tmp_path, "weft", ".png", b"%d" % number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(set(paths)) == 40
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert sorted(int(path.read_bytes()) for path in paths) == sorted([0, 1, 2, 3] * 10)


@pytest.mark.parametrize(
    "prefix",
    [
        *("", "/", "/etc/weft", "../weft", "a/../../weft", "a/", "..", ".", ".hidden", "a/.b"),
        *("a\\b", "..\\weft", "C:\\weft", "C:weft", "//host/share", "con", "a/NUL.txt", "a ."),
        *("a\0b", "a\nb", "x" * 241, "a:b", "~\x7f"),
    ],
)
def test_a_prefix_stays_in_the_folder(tmp_path: Path, prefix: str) -> None:
    folder = tmp_path / "output"
    with pytest.raises(InputError, match="cannot be used"):
        saved(folder, picture(), prefix=prefix)
    assert list(tmp_path.rglob("*.png")) == []


def test_no_name_from_outside_leads_out(tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("canary")
    (tmp_path / "output").mkdir()
    (tmp_path / "output/out").symlink_to(tmp_path)
    for prefix in (one for one in PAYLOADS if one == "out/canary" or one not in LINKS):
        with pytest.raises(InputError):
            store.save_numbered(tmp_path / "output", prefix, ".png", b"content")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["canary", "output"]
    assert [one.name for one in (tmp_path / "output").iterdir()] == ["out"]


def test_a_link_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "output/out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="through a link"):
        saved(tmp_path / "output", picture(), prefix="out/weft")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("prefix", ["weft", "a/b/weft", "bild ü", "a.b", "seed 7 (best)"])
def test_ordinary_prefixes_work(tmp_path: Path, prefix: str) -> None:
    (item,) = saved(tmp_path, picture(), prefix=prefix)
    assert item["path"] == f"{tmp_path}/{prefix}_00001.png"


def test_nothing_is_left_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        saved(tmp_path, picture())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("a file")
    with pytest.raises(InputError, match="cannot be made"):
        saved(tmp_path / "output", picture())


def test_a_picture_that_was_not_computed_is_no_picture(tmp_path: Path) -> None:
    image = picture(batch=2)
    image[1, 0, 0, 0] = float("nan")
    with pytest.raises(InputError, match="picture 1 of the batch holds 1 of 72 values"):
        saved(tmp_path, image)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("format", "magic"), [("png", b"\x89PNG"), ("jpeg", b"\xff\xd8\xff"), ("webp", b"RIFF")]
)
def test_formats(tmp_path: Path, format: str, magic: bytes) -> None:
    image = torch.full((1, 16, 16, 3), 0.5)
    once, again = (saved(tmp_path, image, format=format)[0] for _ in range(2))
    assert Path(once["path"]).read_bytes().startswith(magic)
    assert once["mime"] == f"image/{format}"
    assert once["sha256"] == again["sha256"]
    loaded, _ = image_files.load(once["path"], Context.null())
    assert (loaded - image).abs().max() < 0.02


def test_grey_and_transparent_pictures(tmp_path: Path) -> None:
    (grey,) = saved(tmp_path, picture()[..., :1])
    (clear,) = saved(tmp_path, torch.cat([picture(), picture()[..., :1]], dim=-1))
    with Pillow.open(grey["path"]) as one, Pillow.open(clear["path"]) as other:
        assert (one.mode, other.mode) == ("L", "RGBA")
    with pytest.raises(InputError, match="jpeg has no transparency"):
        saved(tmp_path, torch.zeros(1, 2, 2, 4), format="jpeg")
    with pytest.raises(InputError, match="1, 3 or 4 channels"):
        saved(tmp_path, torch.zeros(1, 2, 2, 2))


def test_a_png_carries_its_workflow_and_nothing_that_changes(tmp_path: Path) -> None:
    source = saved(tmp_path, picture())[0]["path"]
    flow = Builder()
    loaded = flow.add("image.load", id="load", path=source)
    flow.add("image.save", id="save", image=loaded.image, prefix="größe")
    flow.parameter("picture", "load.path")
    flow.parameter("name", "save.prefix")
    workflow = flow.workflow()
    with Engine(device="cpu", output_dir=tmp_path / "out") as engine:
        made = [
            engine.run(workflow, parameters={"name": "hör"}).check().outputs["save"][0]
            for _ in range(2)
        ]
    assert made[0]["sha256"] == made[1]["sha256"]
    assert made[0]["path"] != made[1]["path"]
    carried = Workflow.load(made[0]["path"])
    ran = workflow.with_parameters({"name": "hör"})
    # Whoever opens it elsewhere is told what it needs.
    assert carried == ran.model_copy(update={"requires": {"weft": f">={__version__}"}})
    with Pillow.open(made[0]["path"]) as opened:
        texts = opened.info
    assert texts["weft"] == carried.dumps()
    assert json.loads(texts["weft-parameters"]) == {"picture": source, "name": "hör"}
    assert b"tIME" not in Path(made[0]["path"]).read_bytes()


def test_a_large_workflow_comes_back_from_its_picture(tmp_path: Path) -> None:
    flow = Builder()
    for number in range(20_000):
        flow.add("primitive.int", id=f"node {number}", value=number)
    context = Recorder(tmp_path, flow.workflow().data())
    image_files.save(picture(), context)
    assert Workflow.load(context.items[0]["path"]) == flow.workflow()


def test_previews_are_small_and_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEPT_PREVIEWS", 3)
    context = Recorder(tmp_path)
    items = context.items
    image_files.preview(torch.zeros(1, 10, 2048, 3), context)
    for level in range(4):
        image_files.preview(torch.full((1, 2, 2, 3), level / 4), context)
    assert [item["width"] for item in items] == [1024, 2, 2, 2, 2]
    assert all(item["preview"] for item in items)
    kept = sorted((tmp_path / ".previews").iterdir())
    assert len(kept) == 3
    assert Path(items[-1]["path"]) in kept
