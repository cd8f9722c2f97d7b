"""The picture beside a model file is its thumbnail: bounded, and of nothing but models."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from PIL import Image

from core.test_confine import PAYLOADS
from web.live import LiveServer, live
from web.stand_in import StandIn

SHIPPED = "starter-unet.safetensors"


def picture(path: Path, colour: str = "red", side: int = 300) -> None:
    Image.new("RGB", (side, side), colour).save(path)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    checkpoints = root / "checkpoints"
    (checkpoints / "sub").mkdir(parents=True)
    for name in ("a", "b.v2", "sub/c", "none", "both", "text"):
        (checkpoints / f"{name}.safetensors").write_bytes(b"")
    picture(checkpoints / "a.png")
    picture(checkpoints / "b.v2.preview.png")
    picture(checkpoints / "sub/c.jpg")
    picture(checkpoints / "both.png", "red")
    picture(checkpoints / "both.preview.png", "blue")
    (checkpoints / "text.png").write_text("no picture")
    picture(checkpoints / "lonely.png")  # beside no model
    picture(root / "outside.png")
    return root


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shelf: Path) -> Iterator[LiveServer]:
    names = ["a", "b.v2", "sub/c", "none", "both", "text"]
    found = [
        {"folder": "checkpoints", "name": f"{name}.safetensors", "family": "sd1",
         "title": "Stable Diffusion 1.x"}
        for name in names
    ]  # fmt: skip
    found.append({"folder": "checkpoints", "name": SHIPPED, "family": "sd1"})
    pool = StandIn(answers={"models": {"models": found}})
    with live(tmp_path_factory.mktemp("data"), pool, models=(shelf,)) as server:
        yield server


def address(name: str, folder: str = "checkpoints") -> str:
    return "/api/models/thumbnail?" + urlencode({"folder": folder, "name": name})


def test_the_list_says_which_models_have_one(server: LiveServer) -> None:
    found = {one["name"]: one for one in server.get("/api/models").json["models"]}
    with_picture = {name for name, one in found.items() if one["thumbnail"]}
    stems = ("a", "b.v2", "sub/c", "both", "text")
    assert with_picture == {SHIPPED, *(f"{name}.safetensors" for name in stems)}
    assert found["a.safetensors"]["title"] == "Stable Diffusion 1.x"
    for name in with_picture - {"text.safetensors"}:
        answer = server.get(found[name]["thumbnail"])
        assert answer.headers["Content-Type"] == "image/webp"
        with Image.open(BytesIO(answer.body)) as made:
            assert made.size == (256, 256)


def test_the_starter_model_has_a_small_one(server: LiveServer) -> None:
    path = Path(__file__).parents[3] / "nodes/weft_nodes/assets/models/checkpoints"
    assert (path / "starter-unet.webp").stat().st_size < 8192
    assert server.get(address(SHIPPED)).status == 200


def test_it_is_small_and_asked_for_once(server: LiveServer) -> None:
    answer = server.get(address("a.safetensors") + "&size=64")
    with Image.open(BytesIO(answer.body)) as made:
        assert made.size == (64, 64)
    again = server.get(
        address("a.safetensors") + "&size=64", **{"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status, again.body) == (304, b"")
    with Image.open(BytesIO(server.get(address("both.safetensors")).body)) as made:
        assert made.convert("RGB").getpixel((5, 5)) == pytest.approx((255, 0, 0), abs=4)


@pytest.mark.parametrize(
    ("name", "folder", "status"),
    [
        ("none.safetensors", "checkpoints", 404),
        ("lonely.safetensors", "checkpoints", 404),
        ("lonely.png", "checkpoints", 404),
        ("a.safetensors", "loras", 404),
        ("outside.safetensors", "..", 404),
        ("outside.safetensors", ".", 404),
        ("../outside.safetensors", "checkpoints", 404),
        ("text.safetensors", "checkpoints", 422),
        ("", "checkpoints", 422),
    ],
)
def test_of_nothing_but_models(server: LiveServer, name: str, folder: str, status: int) -> None:
    assert server.get(address(name, folder)).status == status


def test_no_name_leads_out_of_the_folder(server: LiveServer) -> None:
    for name in PAYLOADS:
        part = quote(name.encode("utf-8", "surrogatepass"), safe="")
        for query in (f"folder=checkpoints&name={part}", f"folder={part}&name=outside"):
            answer = server.get(f"/api/models/thumbnail?{query}")
            assert answer.status in (400, 404, 422), name
