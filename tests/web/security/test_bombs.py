"""Nothing that is sent takes much memory or time to refuse, or to open (S5)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from web.security.bombs import pictures, texts
from weft_web.errors import ApiError
from weft_web.security.bodies import MAX_MEMORY, check_nodes, memory, parse
from weft_web.security.images import CHEAP, _cost, thumbnail
from weft_web.settings import MIB, Limits

BOMBS = Path(__file__).parent / "bombs.py"
LIMITS = Limits()


def open_all(folder: Path, kind: str, bombs: Iterable[tuple[str, bytes, str]]) -> int:
    """Open the bombs in another process. The most memory any took."""
    expected: dict[str, tuple[str, str]] = {}
    for number, (name, content, became) in enumerate(bombs):
        file = f"{number:02}"
        expected[file] = (name, became)
        (folder / file).write_bytes(content)
    done = subprocess.run(
        [sys.executable, str(BOMBS), str(folder), kind],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {file: (expected[file][0], became) for file, became, *_ in rows} == expected
    # Generous: a busy machine is no failure, but a file that takes a minute is.
    assert max(seconds for *_, seconds in rows) < 30
    return max(int(taken) for _, _, taken, _ in rows)


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@linux_only
def test_25_pictures_are_opened_or_refused_in_bounded_memory(tmp_path: Path) -> None:
    bombs = list(pictures())
    assert len(bombs) == 25
    assert open_all(tmp_path, "pictures", bombs) <= 64 * MIB


@linux_only
def test_30_texts_are_read_or_refused_in_bounded_memory(tmp_path: Path) -> None:
    bombs = list(texts(LIMITS.body))
    assert len(bombs) == 30
    assert open_all(tmp_path, "texts", bombs) <= 96 * MIB


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


# What Pillow writes in each form.
MODES = {
    "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
    "JPEG": ["1", "L", "RGB", "CMYK"],
    "WEBP": ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"],
    "GIF": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
}


@pytest.mark.parametrize(
    ("form", "mode"), [(form, mode) for form, modes in MODES.items() for mode in modes]
)
def test_a_thumbnail_is_a_small_webp(tmp_path: Path, form: str, mode: str) -> None:
    path = tmp_path / "picture"
    source = Image.new("RGB", (300, 150), (200, 60, 20))
    image = Image.new("I;16", (300, 150), 40_000) if mode == "I;16" else source.convert(mode)
    image.save(path, form)
    with opened(thumbnail(path, 64, LIMITS)) as small:
        assert (small.format, small.size) == ("WEBP", (64, 32))
        red, _, blue = small.convert("RGB").getpixel((30, 15))  # type: ignore[misc]
        if mode == "I;16" and form == "PNG":
            assert abs(red - 40_000 // 257) < 8
        elif mode not in ("1", "L", "LA", "I;16"):
            assert red > 120 > blue


def test_transparency_orientation_and_the_first_frame_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "picture"
    Image.new("RGBA", (80, 40), (0, 0, 0, 0)).save(path, "PNG")
    with opened(thumbnail(path, 64, LIMITS)) as small:
        assert small.mode == "RGBA"
        assert small.getpixel((5, 5))[3] == 0  # type: ignore[index]
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (80, 40)).save(path, "JPEG", exif=exif)
    with opened(thumbnail(path, 64, LIMITS)) as small:
        assert small.size == (32, 64)
        assert "exif" not in small.info
    frames = [Image.new("RGB", (64, 64), color) for color in ("red", "blue")]
    for form in ("GIF", "WEBP", "MPO"):  # MPO: a JPEG with further pictures in it
        frames[0].save(path, form, save_all=True, append_images=frames[1:], duration=100)
        with opened(thumbnail(path, 64, LIMITS)) as small:
            red, _, blue = small.convert("RGB").getpixel((9, 9))  # type: ignore[misc]
            assert red > 200 > 50 > blue


def test_a_large_picture_is_opened_in_a_process_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "large"
    Image.new("RGB", (3000, 2500), "red").save(path, "PNG")
    assert _cost(path, LIMITS.pixels) > CHEAP
    with opened(thumbnail(path, 128, LIMITS)) as small:
        assert small.size == (128, 107)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ApiError, match="truncated") as refusal:
        thumbnail(path, 128, LIMITS)
    assert refusal.value.status == 422
    assert str(tmp_path) not in refusal.value.message


def test_damaged_pictures_are_refused_and_nothing_else_happens(tmp_path: Path) -> None:
    random = Random(7)
    path = tmp_path / "picture"
    source = Image.effect_noise((24, 18), 80).convert("RGB")
    became = {True: 0, False: 0}
    for form in ("PNG", "JPEG", "WEBP", "GIF"):
        source.save(path, form)
        whole = path.read_bytes()
        for _ in range(100):
            damaged = bytearray(whole)
            for _ in range(random.choice((1, 2, 8))):
                damaged[random.randrange(len(damaged))] = random.randrange(256)
            if random.random() < 0.3:
                del damaged[random.randrange(len(damaged)) :]
            path.write_bytes(damaged)
            try:
                opened(thumbnail(path, 64, LIMITS)).close()
            except ApiError as error:
                became[error.status == 422] += 1
    assert became[True] > 100
    assert became[False] == 0


def test_a_limit_of_pixels_is_the_settings(tmp_path: Path) -> None:
    Image.new("RGB", (100, 101)).save(tmp_path / "a", "PNG")
    thumbnail(tmp_path / "a", 64, Limits(pixels=10_100))
    with pytest.raises(ApiError, match="100 by 101"):
        thumbnail(tmp_path / "a", 64, Limits(pixels=10_099))
    with pytest.raises(ApiError):
        thumbnail(tmp_path / "none", 64, LIMITS)


def workflow(nodes: int) -> dict[str, object]:
    """A workflow of ordinary nodes."""
    one = {
        "type": "weft:image.resize",
        "version": 2,
        "title": "A title, of some length",
        "values": {"width": 512, "height": 512, "how": "lanczos", "text": "a cat, on a mat, best"},
        "links": {"image": "node_123.image", "mask": "node_124.mask"},
    }
    view = {f"node_{number}": {"x": number * 1.5, "y": number * 2.25} for number in range(nodes)}
    return {"weft": 1, "nodes": {f"node_{n}": one for n in range(nodes)}, "view": {"nodes": view}}


def test_a_workflow_of_20_000_nodes_is_read() -> None:
    raw = json.dumps({"workflow": workflow(20_000)}).encode()
    assert memory(raw) < MAX_MEMORY
    check_nodes(parse(raw, LIMITS)["workflow"], LIMITS)


def test_nodes_are_counted_in_subgraphs_too() -> None:
    document = workflow(6)
    inner = {"c": workflow(1)}
    document["subgraphs"] = {
        "a": workflow(3),
        "b": {**workflow(1), "subgraphs": inner},
    }
    check_nodes(document, Limits(nodes=11))
    with pytest.raises(ApiError, match="11 nodes") as refusal:
        check_nodes(document, Limits(nodes=10))
    assert refusal.value.status == 413
    odds: list[object] = [None, [], {"nodes": 3}, {"subgraphs": [1]}, {"subgraphs": {"a": 1}}]
    for odd in odds:
        check_nodes(odd, LIMITS)
