"""What plugins bring for the editor is served as it is, and nothing else of them."""

from __future__ import annotations

import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hatchling.builders.wheel import WheelBuilder

from core.test_confine import PAYLOADS
from web.live import LiveServer, live
from web.stand_in import StandIn
from weft import Registry, WebAssets
from weft.plugins import build_catalogue

ROOT = Path(__file__).parent.parent.parent.parent
EXAMPLE = ROOT / "plugins/weft-example"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A package with web assets, which must not be imported."""
    folder = tmp_path_factory.mktemp("site")
    package = folder / "acme_web"
    (package / "web/deeper").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('it was imported')")
    (package / "web/a.js").write_text("export default 1;")
    (package / "web/page.html").write_text("<script>alert(1)</script>")
    (package / "web/code.wasm").write_bytes(b"\0asm")
    (package / "web/secret.py").write_text("secret")
    (package / "web/.hidden.js").write_text("secret")
    (package / "web/deeper/b.mjs").write_text("export default 2;")
    (package / "web/picture.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (package / "outside.js").write_text("secret")
    (package / "web/link.js").symlink_to(package / "outside.js")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield package


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, package: Path) -> Iterator[LiveServer]:
    registry = Registry.installed()
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))["project"]
    ((plugin, module),) = project["entry-points"]["weft"].items()
    made = build_catalogue(plugin, module, project["name"], project["version"])
    assert made.error is None, made.error
    registry.add_catalogue(made)
    registry.web["acme"] = WebAssets("acme_web:web", {"acme/a": "a.js", "acme/b": "deeper/b.mjs"})
    registry.plugins["acme"] = "acme-web"
    registry.web["gone"] = WebAssets("nobody_has_this:web", {"gone/x": "x.js"})
    registry.plugins["gone"] = "gone"
    with live(tmp_path_factory.mktemp("ext"), StandIn(), registry=registry) as server:
        yield server
    assert "acme_web" not in sys.modules


def base(server: LiveServer, plugin: str = "acme") -> str:
    found = server.get("/api/widgets").json["widgets"]
    (url,) = (one["url"] for one in found if one["plugin"] == plugin)
    return str(url)


def test_the_widgets_are_listed_with_their_modules(server: LiveServer) -> None:
    found = server.get("/api/widgets").json["widgets"]
    assert [(one["plugin"], one["distribution"]) for one in found] == [
        ("acme", "acme-web"), ("example", "weft-example"),
    ]  # fmt: skip
    for one in found:
        assert one["url"].startswith(f"/ext/{one['plugin']}/")
        for address in one["widgets"].values():
            answer = server.get(address)
            assert answer.status == 200
            assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert set(found[0]["widgets"]) == {"acme/a", "acme/b"}


def test_the_example_is_served_as_it_is(server: LiveServer) -> None:
    schema = server.get("/api/nodes/example:image.curve").json["inputs"][1]["schema"]
    assert schema["x-widget"] == "example/curve"
    for path in (EXAMPLE / "weft_example/web").iterdir():
        answer = server.get(base(server, "example") + path.name)
        assert answer.body == path.read_bytes()
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        # A picture or a script that is opened by itself runs nothing.
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_its_wheel_carries_them(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(EXAMPLE)).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(wheel).namelist()
    assert {"weft_example/web/curve.js", "weft_example/web/curve.css"} <= set(names)
    assert not any("tests" in name for name in names)


def test_nothing_without_the_token(server: LiveServer) -> None:
    for path in ("/api/widgets", base(server) + "a.js"):
        assert server.request("GET", path, signed_in=False).status == 401


@pytest.mark.parametrize(
    "name",
    [
        "page.html", "code.wasm", "secret.py", ".hidden.js", "link.js", "nothing.js", "deeper",
        "../outside.js", "..%2foutside.js", "%2e%2e/outside.js", "deeper/../../outside.js",
        "deeper%2f..%2f..%2foutside.js", "", "/etc/passwd",
    ],
)  # fmt: skip
def test_nothing_but_what_a_page_may_load(server: LiveServer, name: str) -> None:
    assert server.get(base(server) + name).status in (400, 404)


def test_no_name_leads_out_of_the_folder(server: LiveServer) -> None:
    for name in PAYLOADS:
        part = quote(name.encode("utf-8", "surrogatepass"), safe="")
        for path in (base(server) + part, f"/ext/{part}/x/a.js", f"/ext/acme/{part}/a.js"):
            answer = server.get(path)
            assert answer.status in (400, 404), path


def test_another_version_has_another_address(server: LiveServer, package: Path) -> None:
    before = base(server)
    assert server.get(before + "a.js").status == 200
    (package / "web/a.js").write_text("export default 'new';")
    after = base(server)
    assert after != before
    assert server.get(before + "a.js").status == 404
    assert server.get(after + "a.js").body == b"export default 'new';"
    # What is not served changes nothing.
    (package / "web/secret.py").write_text("another secret")
    assert base(server) == after


def test_too_much_is_not_offered(
    server: LiveServer, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = base(server)
    monkeypatch.setattr("weft_web.api.extensions.MOST_FILES", 2)
    assert "acme" not in [one["plugin"] for one in server.get("/api/widgets").json["widgets"]]
    assert server.get(url + "a.js").status == 404
