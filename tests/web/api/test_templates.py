"""The workflows that ship are offered to begin from, each with a title and a picture."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image

from core.test_confine import PAYLOADS
from web.live import LiveServer, live
from web.stand_in import StandIn
from weft import Workflow

FOLDER = Path(__file__).parent.parent.parent.parent / "workflows"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live(tmp_path_factory.mktemp("templates"), StandIn()) as server:
        yield server


def test_all_that_ship_are_listed_the_simplest_first(server: LiveServer) -> None:
    found = server.get("/api/templates").json["templates"]
    assert found[0]["name"] == "text-to-image"
    assert sorted(one["name"] for one in found) == NAMES
    for one in found:
        assert one["title"] != one["name"]
        assert one["description"].endswith(".")
        assert "prompt" in one["parameters"]
    assert len({one["title"] for one in found}) == len(found)


@pytest.mark.parametrize("name", NAMES)
def test_one_is_read_as_it_ships(server: LiveServer, name: str) -> None:
    answer = server.get(f"/api/templates/{name}")
    text = (FOLDER / f"{name}.json").read_text("utf-8")
    assert Workflow.from_data(answer.json["workflow"]).dumps() == text
    assert answer.json["nodes"] == len(answer.json["workflow"]["nodes"])


@pytest.mark.parametrize("name", NAMES)
def test_its_picture_is_small(server: LiveServer, name: str) -> None:
    url = server.get(f"/api/templates/{name}").json["thumbnail"]
    answer = server.get(url)
    assert answer.headers["Content-Type"] == "image/webp"
    assert len(answer.body) <= 8192
    with Image.open(BytesIO(answer.body)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (256, 192))
    again = server.get(url, **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")


def test_no_name_leads_out_of_the_folder(server: LiveServer) -> None:
    for name in [*PAYLOADS, "nothing", "text-to-image.json", "../pyproject"]:
        part = quote(name.encode("utf-8", "surrogatepass"), safe="")
        for path in (part, f"{part}/thumbnail"):
            assert server.get(f"/api/templates/{path}").status in (400, 404), name


def test_a_file_that_is_no_workflow_is_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "good.json").write_text('{"weft": 1}')
    (tmp_path / "bad.json").write_text('{"weft": 2}')
    (tmp_path / "worse.json").write_bytes(b"\xff")
    monkeypatch.setattr("weft_web.api.templates.SHIPPED", tmp_path)
    with live(tmp_path, StandIn()) as server:
        (only,) = server.get("/api/templates").json["templates"]
        assert (only["name"], only["title"], only["thumbnail"]) == ("good", "good", None)
        assert server.get("/api/templates/bad").status == 404
        assert server.get("/api/templates/good/thumbnail").status == 404
        (tmp_path / "bad.json").write_text('{"weft": 1, "view": {"title": "Mended"}}')
        assert server.get("/api/templates/bad").json["title"] == "Mended"
