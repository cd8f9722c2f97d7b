"""The image nodes: files of every sort, numbering, resizing, grids."""

from __future__ import annotations

import io
import json
import os
import struct
import threading
import zlib
from fractions import Fraction
from hashlib import sha256
from math import floor
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from PIL import Image as Pillow
from torch import Tensor

from weft import Builder, Context, Engine, InputError, NodeError, Workflow
from weft_nodes.images import store
from weft_nodes.nodes import image as images
from weft_nodes.nodes import image_files


def picture(height: int = 4, width: int = 6, batch: int = 1) -> Tensor:
    """Pixels that all differ, exactly on the 8-bit levels."""
    numbers = torch.arange(batch * height * width * 3) * 7 % 256
    return (numbers / 255).reshape(batch, height, width, 3)


def saved(folder: Path, image: Tensor, **more: Any) -> list[dict[str, Any]]:
    """What image.save records, saving by itself."""
    context = Recorder(output_dir=folder)
    image_files.save(image, context, **more)
    return context.items


class Recorder(Context):
    """A context with nothing behind it that keeps what a node gives out."""

    def __init__(self, output_dir: Path) -> None:
        super().__init__(output_dir=output_dir)
        self.items: list[dict[str, Any]] = []

    def output(self, item: dict[str, Any]) -> None:
        self.items.append(item)


# Loading


def test_a_picture_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    (item,) = saved(tmp_path, picture())
    image, mask = image_files.load(item["path"])
    assert torch.equal(image, picture())
    assert torch.equal(mask, torch.ones(1, 4, 6))


def test_loading_turns_a_picture_upright(tmp_path: Path) -> None:
    pixels = numpy.zeros((2, 3, 3), numpy.uint8)
    pixels[0, 0] = 255
    exif = Pillow.Exif()
    exif[0x0112] = 6  # the camera was turned: show it a quarter turn clockwise
    Pillow.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    image, _ = image_files.load(str(tmp_path / "turned.png"))
    assert image.shape == (1, 3, 2, 3)
    assert image[0, 0, 1].sum() == 3
    assert image.sum() == 3


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_opacity_becomes_the_mask(tmp_path: Path, mode: str) -> None:
    pixels = numpy.full((1, 2, 4), 255, numpy.uint8)
    pixels[0, 1] = (255, 255, 255, 0)
    whole = Pillow.fromarray(pixels, "RGBA")
    path = tmp_path / "picture.png"
    if mode == "P":
        indexed = Pillow.new("P", (2, 1))
        indexed.putpalette([255, 255, 255, 0, 0, 0])
        indexed.putpixel((1, 0), 1)
        indexed.save(path, transparency=1)
    else:
        whole.convert(mode).save(path)
    _, mask = image_files.load(str(path))
    assert mask.tolist() == [[[1.0, 0.0]]]


def test_sixteen_bits_keep_their_levels(tmp_path: Path) -> None:
    levels = numpy.array([[0, 1, 32768, 65535]], numpy.uint16)
    Pillow.fromarray(levels).save(tmp_path / "deep.png")
    image, _ = image_files.load(str(tmp_path / "deep.png"))
    assert image.shape == (1, 1, 4, 3)
    assert image[0, 0, :, 0].tolist() == pytest.approx([0, 1 / 65535, 32768 / 65535, 1])


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def whole_png() -> bytes:
    buffer = io.BytesIO()
    noise = numpy.random.default_rng(0).integers(0, 256, (64, 64, 3), numpy.uint8)
    Pillow.fromarray(noise).save(buffer, "PNG")
    return buffer.getvalue()


def float_tiff() -> bytes:
    buffer = io.BytesIO()
    Pillow.fromarray(numpy.zeros((2, 2), numpy.float32)).save(buffer, "TIFF")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no picture"),
        (b"hello there", "no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
        (whole_png()[:3000], "cannot be read"),
        (png_header(8193, 8192), "too large"),
        (png_header(10_000, 10_000), "too large"),
        (png_header(100_000, 100_000), "too large"),
        (float_tiff(), "32 bits"),
    ],
)
def test_a_file_that_is_no_good_says_so(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "input.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        image_files.load(str(path))
    assert "input.png" in str(caught.value)


@pytest.mark.parametrize("path", ["", ".", "nothing.png", "\0", "x" * 5000])
def test_a_missing_file_says_so(path: str) -> None:
    with pytest.raises(InputError, match="there is no file"):
        image_files.load(path)


def test_planning_never_reads_a_folder_that_a_path_names() -> None:
    flow = Builder()
    path = flow.add("primitive.text", value="/")
    empty = flow.add("image.load", path="")
    folder = flow.add("image.load", path=path.value)
    flow.add("image.preview", image=empty.image)
    flow.add("image.preview", image=folder.image)
    with Engine(device="cpu") as engine:
        assert engine.plan(flow.workflow()).count("run") == 5
        outcome = engine.run(flow.workflow())
    assert ["there is no file" in str(error) for error in outcome.errors] == [True, True]


def test_a_changed_file_is_loaded_again(tmp_path: Path) -> None:
    path = Path(saved(tmp_path, picture())[0]["path"])
    flow = Builder()
    flow.add("image.load", id="load", path=str(path))
    with Engine(device="cpu") as engine:
        before = engine.run(flow.workflow(), ["load.image"])["load.image"]
        path.write_bytes(Path(saved(tmp_path, 1 - picture())[0]["path"]).read_bytes())
        after = engine.run(flow.workflow(), ["load.image"])
        again = engine.run(flow.workflow(), ["load.image"])
    assert torch.equal(before, picture())
    assert torch.allclose(after["load.image"], 1 - picture())
    assert again.nodes["load"]["state"] == "cached"


# Saving


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
        *("a\0b", "a\nb", "x" * 201, "a:b", "~\x7f"),
    ],
)
def test_a_prefix_stays_in_the_folder(tmp_path: Path, prefix: str) -> None:
    folder = tmp_path / "output"
    with pytest.raises(InputError, match="no prefix"):
        saved(folder, picture(), prefix=prefix)
    assert list(tmp_path.rglob("*.png")) == []


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
    loaded, _ = image_files.load(once["path"])
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
    assert carried == workflow.with_parameters({"name": "hör"})
    with Pillow.open(made[0]["path"]) as opened:
        texts = opened.info
    assert texts["weft"] == carried.dumps()
    assert json.loads(texts["weft-parameters"]) == {"picture": source, "name": "hör"}
    assert b"tIME" not in Path(made[0]["path"]).read_bytes()


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


# Changing


SIZES = [(3, 5), (16, 7), (31, 40)]


@pytest.mark.parametrize("method", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("size", SIZES)
def test_resizing_agrees_with_pillow(method: Any, size: tuple[int, int]) -> None:
    """Both work in float32; the tolerance is the rounding of sums over at most 36 weights."""
    image = torch.rand(2, 16, 16, 3, generator=torch.Generator().manual_seed(0))
    result = images.resize(image, *size, method=method)
    assert result.shape == (2, size[1], size[0], 3)
    filter = Pillow.Resampling[method.upper()]
    plane = Pillow.fromarray(image[1, :, :, 2].numpy(), "F").resize(size, filter)
    assert numpy.abs(numpy.asarray(plane).clip(0, 1) - result[1, :, :, 2].numpy()).max() < 1e-5


@pytest.mark.parametrize("size", SIZES)
def test_nearest_takes_the_pixel_under_the_centre(size: tuple[int, int]) -> None:
    image = torch.rand(1, 16, 16, 3, generator=torch.Generator().manual_seed(0))
    result = images.resize(image, *size, method="nearest")
    rows, columns = (
        [floor((index + Fraction(1, 2)) * 16 / side) for index in range(side)]
        for side in reversed(size)
    )
    assert torch.equal(result, image[:, rows][:, :, columns])


def test_area_is_the_mean() -> None:
    image = picture(4, 4)
    result = images.resize(image, 2, 2, method="area")
    assert result[0, 0, 0].tolist() == pytest.approx(image[0, :2, :2].mean((0, 1)).tolist())


@pytest.mark.parametrize(
    ("fit", "shape"), [("stretch", (10, 10)), ("contain", (5, 10)), ("cover", (10, 10))]
)
def test_fitting(fit: Any, shape: tuple[int, int]) -> None:
    """A picture twice as wide as high, with a mark in each corner."""
    image = torch.zeros(1, 20, 40, 3)
    image[:, :, :4] = image[:, :, -4:] = 1
    result = images.resize(image, 10, 10, method="area", fit=fit)
    assert tuple(result.shape[1:3]) == shape
    # Only covering cuts the marks off.
    assert (result.sum() > 0) == (fit != "cover")


def test_batches_join_and_split() -> None:
    parts = images.split(picture(batch=3))
    assert [tuple(one.shape) for one in parts] == [(1, 4, 6, 3)] * 3
    assert torch.equal(images.batch(parts), picture(batch=3))
    assert images.size(picture(batch=3)) == (6, 4, 3)
    with pytest.raises(InputError, match="6 x 4, 8 x 4"):
        images.batch([picture(), picture(width=8)])
    with pytest.raises(InputError, match="empty"):
        images.batch([])


def test_a_strip_is_the_pictures_from_left_to_right() -> None:
    strip = images.strip(picture(batch=3))
    assert torch.equal(strip, torch.cat(list(picture(batch=3)), dim=1)[None])
    framed = images.strip([picture(), picture(2, 2)], gap=1, background="#ff0000")
    assert framed.shape == (1, 6, 15, 3)
    assert framed[0, 0, 0].tolist() == [1, 0, 0]


def test_a_grid_holds_every_picture_as_it_is() -> None:
    """
    0 1
    2
    """
    cells = picture(batch=3)
    grid = images.grid(cells, gap=2)
    assert grid.shape == (1, 2 * 4 + 3 * 2, 2 * 6 + 3 * 2, 3)
    assert torch.equal(grid[0, 2:6, 2:8], cells[0])
    assert torch.equal(grid[0, 2:6, 10:16], cells[1])
    assert torch.equal(grid[0, 8:12, 2:8], cells[2])
    assert torch.equal(grid[0, 8:12, 10:16], torch.ones(4, 6, 3))


@pytest.mark.parametrize("background", ["white", "#101018"])
def test_labels_are_whole_and_stand_out(background: str) -> None:
    """A label wider than its picture widens the cell instead of being cut."""
    cells = [torch.full((1, 16, 16, 3), 0.5)] * 3
    labels: list[str | int | float] = ["dpm_2_ancestral", 7, 0.25]
    grid = images.grid(cells, 3, labels, label_prefix="=", background=background, gap=4)
    assert grid.shape[2] > 3 * 100
    below = grid[0, 4 + 16 : -4]
    paper = below[-1, 0]
    assert (below - paper).abs().max() > 0.7
    # The edges of each cell are free of ink: no letter is cut.
    for edge in (below[0], below[-1], below[:, 0], below[:, -1]):
        assert torch.equal(edge, paper.expand_as(edge))


def test_a_grid_that_cannot_be_says_why() -> None:
    with pytest.raises(InputError, match="2 pictures need as many labels, got 1"):
        images.grid(picture(batch=2), labels=["one"])
    with pytest.raises(InputError, match="no colour"):
        images.grid(picture(), background="no such")
    with pytest.raises(InputError, match="empty"):
        images.grid([])
    with pytest.raises(InputError, match="empty"):
        images.strip([])


def test_a_node_error_names_the_node_and_the_file(tmp_path: Path) -> None:
    flow = Builder()
    (tmp_path / "mine.png").write_bytes(whole_png()[:3000])
    loaded = flow.add("image.load", id="mine", path=str(tmp_path / "mine.png"))
    flow.add("image.preview", image=loaded.image)
    with Engine(device="cpu") as engine, pytest.raises(NodeError, match=r"nodes\.mine .*mine\.png"):
        engine.run(flow.workflow()).check()
