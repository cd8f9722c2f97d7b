"""The server itself over HTTP: health, catalogue, devices, models, plugins, pages; and what does
not belong to any route."""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from web.live import LiveServer, live, settings_for, texts
from web.stand_in import StandIn
from weft import Absence, InputError, Registry
from weft.plugins import Catalogue
from weft_web.api import keys
from weft_web.api.app import create_app
from weft_web.settings import Settings
from weft_web.workers.pool import AskError


@pytest.fixture(scope="module")
def pool() -> StandIn:
    return StandIn()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, pool: StandIn) -> Iterator[LiveServer]:
    models = tmp_path_factory.mktemp("models")
    (models / "checkpoints").mkdir()
    (models / "checkpoints" / "my.safetensors").write_bytes(b"")
    with live(tmp_path_factory.mktemp("data"), pool, models=(models,)) as server:
        yield server


@pytest.mark.parametrize(
    ("state", "status", "word"),
    [("ready", 200, "ok"), ("starting", 200, "starting"), ("dead", 503, "failing"),
     ("stopped", 503, "failing")],
)  # fmt: skip
def test_health_is_public_and_says_whether_jobs_can_run(
    server: LiveServer, pool: StandIn, state: Any, status: int, word: str
) -> None:
    pool.state = state
    answer = server.request("GET", "/healthz", signed_in=False)
    pool.state = "ready"
    assert (answer.status, answer.json) == (
        status,
        {"status": word, "workers": {"worker-0": state}},
    )


def test_the_catalogue_is_that_of_the_command_line(server: LiveServer) -> None:
    answer = server.get("/api/nodes")
    assert answer.status == 200
    registry = Registry.installed()
    assert [one["id"] for one in answer.json["nodes"]] == [one.id for one in registry.specs()]
    assert [one["id"] for one in answer.json["kinds"]] == [one.id for one in registry.kinds()]
    packed = server.get("/api/nodes", **{"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == answer.body
    tag = answer.headers["ETag"]
    assert tag == f'"{answer.json["digest"]}"'
    again = server.get("/api/nodes", **{"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    assert server.get("/api/nodes", **{"If-None-Match": '"old"'}).status == 200


def test_one_node_is_described(server: LiveServer) -> None:
    for name in ("image.load", "weft:image.load", "weft%3Aimage.load"):
        found = server.get(f"/api/nodes/{name}").json
        assert found["id"] == "weft:image.load"
        assert found["inputs"][0]["name"] == "path"
    refused = server.get("/api/nodes/image.lod")
    assert (refused.status, refused.code) == (404, "not_found")
    assert "image.load" in refused.json["error"]["message"]


def test_choices_come_from_where_they_are(server: LiveServer, pool: StandIn) -> None:
    def choices(type: str, input: str) -> Any:
        return server.get(f"/api/nodes/{type}/choices/{input}").json

    files = choices("model.load_checkpoint", "file")["choices"]
    assert "my.safetensors" in files
    assert choices("image.load", "path") == {"choices": []}
    specs = Registry.installed().specs()
    listed = [
        (spec.id, one) for spec in specs for one in spec.inputs if "enum" in one.schema
    ]  # fmt: skip
    type, one = listed[0]
    assert choices(type, one.name) == {"choices": [str(value) for value in one.schema["enum"]]}
    asked = [(spec.id, one) for spec in specs for one in spec.inputs if "x-choices" in one.schema]
    for type, one in asked[:1]:
        pool.answers["choices"] = {"choices": ["a", "b"]}
        assert choices(type, one.name) == {"choices": ["a", "b"]}
    for wrong in ("nothing/choices/x", "image.load/choices/x", "primitive.text/choices/value"):
        assert server.get(f"/api/nodes/{wrong}").status == 404


def test_the_machine_is_described_also_without_a_worker(server: LiveServer, pool: StandIn) -> None:
    pool.answers["system"] = {
        "devices": [{"name": "cpu"}], "memory": {"total": 1}, "versions": {"torch": "9"},
    }  # fmt: skip
    pool.answers["cache"] = {"host": {"bytes": 1}}
    found = server.get("/api/system").json
    assert found["devices"] == [{"name": "cpu"}]
    assert found["cache"] == {"host": {"bytes": 1}}
    assert found["versions"]["torch"] == "9"
    assert found["workers"][0]["name"] == "worker-0"
    assert found["disk"]["free"] > 0
    assert found["uptime"] >= 0
    assert set(found["queue"]) >= {"queued", "running", "done"}
    pool.answers["system"] = AskError("busy")
    assert server.get("/api/system").json["devices"] == []


def test_a_file_name_that_is_no_text_is_still_listed(server: LiveServer) -> None:
    folder = server.settings.models[0] / "checkpoints"
    name = os.fsdecode(b"caf\xe9.safetensors")
    try:
        (folder / name).write_bytes(b"")
    except OSError:
        pytest.skip("this file system takes only text for names")
    answer = server.get("/api/nodes/model.load_checkpoint/choices/file")
    (folder / name).unlink()
    assert answer.status == 200
    assert name in answer.json["choices"]


def test_questions_are_passed_on_to_a_worker(server: LiveServer, pool: StandIn) -> None:
    pool.answers["models"] = {
        "models": [
            {"folder": "vae", "name": "x.safetensors", "bytes": 1, "family": "sd1", "error": None}
        ]
    }
    assert server.get("/api/models").json["models"][0]["family"] == "sd1"
    pool.answers["clear_cache"] = {"freed": 12}
    assert server.post("/api/cache/clear", {"tier": "disk"}).json == {"freed": 12}
    assert pool.asked[-1] == ("clear_cache", {"tier": "disk"})
    assert server.post("/api/cache/clear", {}).json == {"freed": 12}
    assert pool.asked[-1] == ("clear_cache", {})
    assert server.post("/api/cache/clear", {"tier": "attic"}).status == 422
    pool.answers["models"] = AskError("no worker is ready")
    refused = server.get("/api/models")
    assert (refused.status, refused.code) == (503, "unanswered")
    assert int(refused.headers["Retry-After"]) > 0


def test_plugins_are_listed_with_why_one_failed(tmp_path: Path) -> None:
    registry = Registry.installed()
    registry.add_catalogue(Catalogue("bad", "acme-nodes", "1.0", error="it ended with status 1"))
    out = Absence("it is disabled", "`weft plugin enable out` brings it back")
    registry.add_catalogue(Catalogue("out", "acme-out", "2.0", absent=out))
    with live(tmp_path, StandIn(), registry=registry) as server:
        listed = {one["name"]: one for one in server.get("/api/plugins").json["plugins"]}
    good, bad = listed["weft"], listed["bad"]
    assert (good["name"], good["state"], good["error"]) == ("weft", "ok", None)
    assert good["nodes"] == sum(one.distribution == "weft" for one in registry.specs())
    assert (bad["name"], bad["distribution"], bad["state"]) == ("bad", "acme-nodes", "failed")
    assert "status 1" in bad["error"]
    assert good["contributes"]["nodes"] == good["nodes"] > 0
    assert good["seconds"] > 0
    assert (listed["out"]["state"], listed["out"]["error"]) == ("disabled", str(out))


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/nowhere", 404, "not_found"),
        ("GET", "/api//jobs", 404, "not_found"),
        ("PATCH", "/api/jobs", 405, "method_not_allowed"),
        ("PUT", "/api/jobs", 405, "method_not_allowed"),
        ("OPTIONS", "/api/jobs", 405, "method_not_allowed"),
        ("OPTIONS", "/api/events", 405, "method_not_allowed"),
        ("GET", "/api/system?x=1", 422, "invalid"),
        ("DELETE", "/api/workflows/x?revision=1", 422, "invalid"),
    ],
)
def test_what_is_no_route_is_refused_as_all_is(
    server: LiveServer, method: str, path: str, status: int, code: str
) -> None:
    answer = server.request(method, path)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["Content-Type"].startswith("application/json")
    if status == 405:
        assert "GET" in answer.headers["Allow"]


def test_every_get_has_a_head(server: LiveServer) -> None:
    for path in ("/healthz", "/", "/api/jobs", "/api/nodes", "/api/openapi.json", "/api/system"):
        got, head = server.get(path), server.request("HEAD", path)
        assert (head.status, head.body) == (got.status, b"")
        assert head.headers["Content-Type"] == got.headers["Content-Type"]


def test_a_fault_tells_nothing_of_the_inside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pool = StandIn(answers={"models": RuntimeError("secret path /etc")})
    with live(tmp_path, pool) as server:
        answer = server.get("/api/models")
        assert (answer.status, answer.code) == (500, "internal")
        assert b"secret" not in answer.body
        number = answer.json["error"]["message"].rpartition(" ")[2]
        assert any(number in one.getMessage() for one in caplog.records)
        assert server.get("/healthz").status == 200


@pytest.mark.parametrize(
    "nonsense", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nA: \x00\r\n\r\n", b"\x16\x03\x01" * 9]
)
def test_nonsense_does_not_fill_the_log(
    server: LiveServer, caplog: pytest.LogCaptureFixture, nonsense: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        line.sendall(nonsense + b"\r\n\r\n")
        assert b" 400 " in line.recv(100)
    assert server.get("/healthz").status == 200
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []


def test_a_folder_has_one_server(tmp_path: Path) -> None:
    with live(tmp_path, StandIn()) as server:
        with pytest.raises(InputError), live(tmp_path, StandIn()):
            pass
        assert server.get("/healthz").status == 200


def test_a_server_that_others_can_reach_needs_a_token_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="refusing to listen"):
        create_app(Settings(host="0.0.0.0", data_dir=tmp_path))


def test_the_server_imports_no_tensor_library(tmp_path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from web.live import live, texts
from web.stand_in import StandIn
with live(Path({str(tmp_path)!r}), StandIn()) as server:
    job = server.submit("x")
    server.wait(job)
    for path in ("/api/nodes", "/api/system", "/api/openapi.json", "/api/plugins"):
        assert server.get(path).status == 200
    assert server.post("/api/validate", texts()).json["valid"]
heavy = {{"torch", "diffusers", "transformers", "numpy"}} & sys.modules.keys()
nodes = [one for one in sys.modules if one.startswith("weft_nodes.nodes")]
print(sorted(heavy), nodes)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"
    assert settings_for(tmp_path).token


def test_every_answer_is_marked_as_what_it_is(server: LiveServer) -> None:
    for path in ("/healthz", "/", "/api/jobs", "/nowhere", "/api/nodes"):
        headers = server.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert server.app is not None
    assert server.app[keys.HUB].clients == 0
    assert json.loads(server.post("/api/validate", texts()).body)["valid"]
