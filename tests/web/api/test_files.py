"""Outputs and uploads over HTTP: whole or in parts, by content, under names that are free."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from web.live import Answer, LiveServer, live
from web.stand_in import StandIn
from weft_web.api.intake import Intake
from weft_web.settings import Limits
from weft_web.store.store import Store


def png(colour: int = 200, size: tuple[int, int] = (40, 20)) -> bytes:
    target = BytesIO()
    Image.new("RGB", size, (colour, 10, 10)).save(target, "PNG")
    return target.getvalue()


PICTURE = png()
PAGE = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    made = (
        ({"name": "folder/weft-1.png", "mime": "image/png", "width": 40, "height": 20}, PICTURE),
        ({"name": "page.html", "mime": "text/html"}, PAGE),
    )
    with live(tmp_path_factory.mktemp("files"), StandIn(made=made)) as server:
        yield server


@pytest.fixture(scope="module")
def outputs(server: LiveServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.wait(server.submit())["outputs"]
    return found


def put(server: LiveServer, name: str, data: bytes, **headers: str) -> Answer:
    return server.request("PUT", f"/api/uploads/{name}", raw=data, headers=headers)


def test_an_output_is_fetched_by_its_content(
    server: LiveServer, outputs: list[dict[str, Any]]
) -> None:
    one = outputs[1]
    assert (one["width"], one["height"], one["bytes"]) == (40, 20, len(PICTURE))
    assert one["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    assert one["url"] == f"/api/outputs/{one['sha256']}?name=weft-1.png"
    answer = server.get(one["url"])
    assert (answer.status, answer.body) == (200, PICTURE)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith('inline; filename="weft-1.png"')
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "immutable" in answer.headers["Cache-Control"]
    assert server.get(f"/api/outputs/{one['sha256']}").body == PICTURE
    head = server.request("HEAD", one["url"])
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(PICTURE))


def test_an_output_is_fetched_in_parts_and_not_twice(
    server: LiveServer, outputs: list[dict[str, Any]]
) -> None:
    url = outputs[1]["url"]
    part = server.get(url, Range="bytes=1-3")
    assert (part.status, part.body) == (206, PICTURE[1:4])
    assert part.headers["Content-Range"] == f"bytes 1-3/{len(PICTURE)}"
    assert server.get(url, Range="bytes=-5").body == PICTURE[-5:]
    beyond = server.get(url, Range=f"bytes={len(PICTURE)}-")
    assert beyond.status == 416
    assert beyond.headers["Content-Range"] == f"bytes */{len(PICTURE)}"
    tag = part.headers["ETag"]
    again = server.get(url, **{"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    assert server.get(url, **{"If-None-Match": '"other"'}).status == 200


def test_what_a_browser_could_run_is_only_saved(
    server: LiveServer, outputs: list[dict[str, Any]]
) -> None:
    one = outputs[2]
    assert one["thumbnail"] is None
    for url in (one["url"], f"/api/outputs/{one['sha256']}?name=x.html"):
        answer = server.get(url)
        assert answer.body == PAGE
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert server.get(f"/api/outputs/{one['sha256']}/thumbnail").status == 422


def test_a_thumbnail_is_small_and_not_made_twice(
    server: LiveServer, outputs: list[dict[str, Any]]
) -> None:
    url = outputs[1]["thumbnail"]
    answer = server.get(f"{url}?size=16")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/webp")
    with Image.open(BytesIO(answer.body)) as picture:
        assert picture.size == (40, 20)
    again = server.get(f"{url}?size=16", **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    gone = server.get(f"/api/outputs/{'0' * 64}/thumbnail", **{"If-None-Match": "*"})
    assert gone.status == 404
    for wrong in ("0", "15", "1025", "x"):
        assert server.get(f"{url}?size={wrong}").status == 422


@pytest.mark.parametrize("name", ["f" * 63, "F" * 64, "..", "%2e%2e", "x" * 64, "0" * 64])
@pytest.mark.parametrize("suffix", ["", "/thumbnail"])
def test_an_output_nobody_made_is_not_found(server: LiveServer, name: str, suffix: str) -> None:
    assert server.get(f"/api/outputs/{name}{suffix}").status == 404


def test_an_upload_is_kept_shown_and_deleted(server: LiveServer) -> None:
    answer = put(server, "a%20cat.png", PICTURE)
    assert answer.status == 201
    upload = answer.json
    assert (upload["name"], upload["mime"], upload["bytes"]) == (
        "a cat.png", "image/png", len(PICTURE),
    )  # fmt: skip
    assert upload["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    assert upload["url"] == "/api/uploads/a%20cat.png"
    assert upload in server.get("/api/uploads").json["uploads"]
    fetched = server.get(upload["url"])
    assert (fetched.status, fetched.body) == (200, PICTURE)
    assert fetched.headers["Content-Type"] == "image/png"
    assert server.get(upload["url"], Range="bytes=0-0").body == PICTURE[:1]
    assert server.get(upload["thumbnail"]).status == 200
    folder = server.settings.data_dir / "uploads"
    assert (folder / "a cat.png").read_bytes() == PICTURE
    choices = server.get("/api/nodes/image.load/choices/path").json["choices"]
    assert "a cat.png" in choices
    assert server.delete(upload["url"]).json == {"deleted": 1}
    assert not (folder / "a cat.png").exists()
    for method, path in [("GET", ""), ("DELETE", ""), ("GET", "/thumbnail")]:
        assert server.request(method, upload["url"] + path).status == 404


def test_the_same_content_is_the_same_upload_and_another_gets_a_number(
    server: LiveServer,
) -> None:
    assert put(server, "dog.png", png(1)).status == 201
    again = put(server, "dog.png", png(1))
    assert (again.status, again.json["name"]) == (200, "dog.png")
    other = put(server, "dog.png", png(2))
    assert (other.status, other.json["name"]) == (201, "dog-2.png")
    assert put(server, "dog.png", png(2)).json["name"] == "dog-2.png"
    assert server.get("/api/uploads/dog.png").body == png(1)


def test_many_at_once_each_get_a_name_of_their_own(server: LiveServer) -> None:
    pictures = [png(colour) for colour in range(6)]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda one: put(server, "herd.png", one), pictures))
    names = [one.json["name"] for one in answers]
    assert len(set(names)) == 6
    for name, picture in zip(names, pictures, strict=True):
        assert server.get(f"/api/uploads/{name}").body == picture


@pytest.mark.parametrize(
    ("name", "kept"), [("page.html", "page.html.png"), ("plain", "plain.png"), ("x.JPG", "x.JPG")]
)
def test_a_name_ends_as_a_picture_does(server: LiveServer, name: str, kept: str) -> None:
    assert put(server, name, png(77)).json["name"] == kept


def test_a_video_is_taken_too(server: LiveServer) -> None:
    film = bytes([0, 0, 0, 32]) + b"ftypisom" + bytes(40)
    assert put(server, "film.mp4", film).json["name"] == "film.mp4"
    assert put(server, "clip.png", film + b"2").json["name"] == "clip.png.mp4"
    assert server.get("/api/uploads/film.mp4").body == film


@pytest.mark.parametrize(
    "data",
    [PAGE, b"", b"GIF", b"PK\x03\x04", b"<svg/>", b"\x80\x04pickle", b"RIFF0000WAVE" + b"0" * 99],
)
def test_what_is_no_picture_is_refused(server: LiveServer, data: bytes) -> None:
    answer = put(server, "x.png", data, **{"Content-Type": "image/png"})
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fx.png", "%2e%2e", "..%5cx.png", "%2fetc%2fx.png", "a%2fb.png", ".hidden.png",
        ".tmp-x.png", "con.png", "c:x.png", "x.png%00", "x%0a.png", "%20", "a" * 200 + "%2f..",
        "x.png.",
    ],
)  # fmt: skip
def test_a_name_that_is_none_is_refused(server: LiveServer, name: str) -> None:
    before = server.get("/api/uploads").json
    assert put(server, name, PICTURE).status in (404, 422)
    for method in ("GET", "DELETE"):
        assert server.request(method, f"/api/uploads/{name}").status == 404
    assert server.get("/api/uploads").json == before
    outside = {one.name for one in server.settings.data_dir.parent.iterdir()}
    assert outside == {"server"}


def form(*files: tuple[str, bytes], field: str = "file") -> tuple[bytes, str]:
    body = b""
    for name, data in files:
        head = f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
        body += head.encode() + data + b"\r\n"
    return body + b"--b--\r\n", "multipart/form-data; boundary=b"


def test_a_form_uploads_several(server: LiveServer) -> None:
    body, kind = form(("one.png", png(11)), ("folder/two.png", png(12)))
    answer = server.request("POST", "/api/uploads", raw=body, headers={"Content-Type": kind})
    assert answer.status == 201
    assert [one["name"] for one in answer.json["uploads"]] == ["one.png", "two.png"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 415),
        (b"", "multipart/form-data", 400),
        (b"", "multipart/form-data; boundary=b", 400),
        (b"nonsense", "multipart/form-data; boundary=b", 400),
        (b"--b--\r\n", "multipart/form-data; boundary=b", 422),
        (form(("x.png", PAGE))[0], "multipart/form-data; boundary=b", 415),
        (form(("..", PICTURE))[0], "multipart/form-data; boundary=b", 422),
        (
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n',
            "multipart/form-data; boundary=b", 422,
        ),
        (form(("x.png", PICTURE))[0][:-30], "multipart/form-data; boundary=b", 400),
    ],
)  # fmt: skip
def test_a_form_that_is_none_is_refused(
    server: LiveServer, body: bytes, kind: str, status: int
) -> None:
    answer = server.request("POST", "/api/uploads", raw=body, headers={"Content-Type": kind})
    assert answer.status == status, answer.body
    assert json.loads(answer.body)["error"]["message"]


def test_uploads_are_bounded_one_by_one_and_together(tmp_path: Path) -> None:
    limits = Limits(upload=5000, uploads=8000)
    with live(tmp_path, StandIn(), limits=limits) as server:
        answer = put(server, "large.png", PICTURE + b"0" * 5000)
        assert (answer.status, answer.code) == (413, "too_large")

        def unannounced() -> Iterator[bytes]:
            yield PICTURE + b"0" * 3000
            yield b"0" * 3000

        sent: Any = unannounced()
        answer = server.request("PUT", "/api/uploads/large.png", raw=sent)
        assert answer.status == 413
        assert put(server, "a.png", PICTURE + b"a" * 4500).status == 201
        answer = put(server, "b.png", PICTURE + b"b" * 4500)
        assert (answer.status, answer.code) == (507, "quota")
        assert put(server, "c.png", PICTURE).status == 201
        assert sorted(one.name for one in (server.settings.data_dir / "uploads").iterdir()) == [
            "a.png",
            "c.png",
        ]


def test_uploads_at_once_are_bounded_together(tmp_path: Path) -> None:
    with live(tmp_path, StandIn(), limits=Limits(uploads=8000)) as server:

        def slow() -> Iterator[bytes]:
            yield PICTURE + b"0" * 3000
            assert put(server, "quick.png", PICTURE + b"q" * 4500).status == 201
            yield b"0" * 1000

        sent: Any = slow()
        answer = server.request("PUT", "/api/uploads/slow.png", raw=sent)
        assert (answer.status, answer.code) == (507, "quota")


def test_an_upload_whose_name_grew_is_there_like_any_other(server: LiveServer) -> None:
    row = put(server, "n" * 200, PICTURE).json
    assert row["name"] == "n" * 200 + ".png"
    assert server.get(row["url"]).body == PICTURE
    assert server.get(row["thumbnail"]).status == 200
    assert server.delete(row["url"]).status == 200


def test_an_upload_that_is_cancelled_late_has_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield PICTURE

    async def main() -> None:
        store = await Store.open(tmp_path, boot="boot")
        add = store.uploads.add

        async def cancelled(*given: Any, **more: Any) -> Any:
            await add(*given, **more)
            raise asyncio.CancelledError

        monkeypatch.setattr(store.uploads, "add", cancelled)
        intake = Intake(tmp_path / "uploads", store, Limits())
        intake.prepare()
        try:
            with pytest.raises(asyncio.CancelledError):
                await intake.receive("a.png", chunks())
            for one in await store.uploads.list():
                assert intake.path(one.name).read_bytes() == PICTURE
        finally:
            await store.close()

    asyncio.run(main())


def test_what_a_crash_left_is_cleaned_up_or_adopted(tmp_path: Path) -> None:
    folder = tmp_path / "server" / "uploads"
    folder.mkdir(parents=True)
    (folder / ".tmp-123").write_bytes(b"half")
    (folder / "same.png").write_bytes(PICTURE)
    (folder / "other.png").write_bytes(b"something else")
    with live(tmp_path, StandIn()) as server:
        assert not (folder / ".tmp-123").exists()
        assert put(server, "same.png", PICTURE).json["name"] == "same.png"
        assert put(server, "other.png", PICTURE).json["name"] == "other-2.png"
        assert (folder / "other.png").read_bytes() == b"something else"
        assert server.get("/api/uploads/other.png").status == 404
