"""Loading pictures from files of every sort."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy
import pytest
import torch
from PIL import Image as Pillow

from nodes.pictures import picture, saved
from weft import Builder, Context, Engine, InputError, NodeError
from weft_nodes.nodes import image_files


def test_a_picture_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    (item,) = saved(tmp_path, picture())
    image, mask = image_files.load(item["path"], Context.null())
    assert torch.equal(image, picture())
    assert torch.equal(mask, torch.ones(1, 4, 6))


def test_loading_turns_a_picture_upright(tmp_path: Path) -> None:
    pixels = numpy.zeros((2, 3, 3), numpy.uint8)
    pixels[0, 0] = 255
    exif = Pillow.Exif()
    exif[0x0112] = 6  # the camera was turned: show it a quarter turn clockwise
    Pillow.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    image, _ = image_files.load(str(tmp_path / "turned.png"), Context.null())
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
    _, mask = image_files.load(str(path), Context.null())
    assert mask.tolist() == [[[1.0, 0.0]]]


def test_sixteen_bits_keep_their_levels(tmp_path: Path) -> None:
    levels = numpy.array([[0, 1, 32768, 65535]], numpy.uint16)
    Pillow.fromarray(levels).save(tmp_path / "deep.png")
    image, _ = image_files.load(str(tmp_path / "deep.png"), Context.null())
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
        image_files.load(str(path), Context.null())
    assert "input.png" in str(caught.value)


@pytest.mark.parametrize("path", ["", ".", "nothing.png", "\0", "x" * 5000])
def test_a_missing_file_says_so(path: str) -> None:
    with pytest.raises(InputError, match="there is no file"):
        image_files.load(path, Context.null())


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


def test_a_node_error_names_the_node_and_the_file(tmp_path: Path) -> None:
    flow = Builder()
    (tmp_path / "mine.png").write_bytes(whole_png()[:3000])
    loaded = flow.add("image.load", id="mine", path=str(tmp_path / "mine.png"))
    flow.add("image.preview", image=loaded.image)
    with Engine(device="cpu") as engine, pytest.raises(NodeError, match=r"nodes\.mine .*mine\.png"):
        engine.run(flow.workflow()).check()


def test_a_painted_mask_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    levels = numpy.arange(256, dtype=numpy.uint8).reshape(16, 16)
    path = tmp_path / "mask.png"
    for mode in ("L", "RGB", "LA"):
        Pillow.fromarray(levels).convert(mode).save(path)
        mask = image_files.load_mask(str(path), Context.null())
        assert mask.shape == (1, 16, 16)
        assert torch.equal(mask[0], torch.from_numpy(levels) / 255)
    rest = image_files.load_mask(str(path), Context.null(), invert=True)
    assert torch.equal(rest, 1 - mask)


def test_a_mask_is_brightness_or_opacity(tmp_path: Path) -> None:
    pixels = numpy.array([[[255, 0, 0, 255], [0, 255, 0, 0], [255, 255, 255, 128]]], numpy.uint8)
    path = tmp_path / "picture.png"
    Pillow.fromarray(pixels).save(path)
    bright = image_files.load_mask(str(path), Context.null(), "brightness")
    assert bright[0, 0].tolist() == pytest.approx([0.299, 0.587, 1.0])
    opaque = image_files.load_mask(str(path), Context.null(), "opacity")
    assert opaque[0, 0].tolist() == pytest.approx([1, 0, 128 / 255])
    assert torch.equal(opaque, image_files.load(str(path), Context.null()).mask)
