"""Plugins: found by their entry points, described as data, and no failure of one hurts another."""

import importlib.metadata
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.helpers import flow, use
from core.plugin_zoo import IMPORTS, NODES, PLUGIN, Zoo, probes
from weft import Cache, Engine, PluginError, Registry, cache_dir, catalogues, packaged_folder


def test_a_plugin_is_found_and_its_node_runs(zoo: Zoo) -> None:
    zoo.add("acme")
    registry = Registry.installed()
    assert "acme_nodes" not in sys.modules
    assert not any(name.startswith("acme") for name in sys.modules)  # described, not imported
    spec = registry.get("acme:number.double")
    assert spec is not None
    assert (spec.help, spec.distribution) == ("Twice the number.", "acme")
    assert registry.versions["acme"] == "1.0"
    with Engine(registry=registry, device="cpu", cache=Cache()) as engine:
        workflow = flow({"n": use("acme:number.double", number=4)}, requires={"acme": ">=1"})
        assert engine.run(workflow, ["n"])["n.value"] == 8


def test_a_plugin_that_leaves_a_process_behind_does_not_hold_anyone_up(zoo: Zoo) -> None:
    """A child that inherits the pipes must not keep the reader waiting."""
    child = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{}'])\n"
    zoo.add("acme-child", nodes=child.replace("{}", "import time; time.sleep(60)") + NODES)
    start = time.perf_counter()
    assert Registry.installed().get("acme-child:number.double") is not None
    assert time.perf_counter() - start < 30


def test_a_plugin_that_leaves_a_thread_behind_is_described_all_the_same(zoo: Zoo) -> None:
    thread = "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()\n"
    zoo.add("acme-thread", nodes=thread + NODES)
    assert Registry.installed().get("acme-thread:number.double") is not None


def test_a_duplicate_id_names_both_distributions(zoo: Zoo) -> None:
    zoo.add("acme-one", namespace="acme")
    zoo.add("acme-two", namespace="acme")
    registry = Registry.installed()
    assert set(registry.failed) == {"acme-two"}
    assert "acme-one" in registry.failed["acme-two"]
    assert "acme-two" in registry.failed["acme-two"]
    spec = registry.get("acme:number.double")
    assert spec is not None
    assert spec.distribution == "acme-one"


def test_one_distribution_may_hold_two_plugins(zoo: Zoo) -> None:
    code = zoo.add("acme", points="acme = acme.plugin\nacme-more = acme.other\n")
    (code / "other.py").write_text(PLUGIN.replace("{package}.nodes", "acme.more"))
    (code / "more.py").write_text(NODES.replace("{namespace}:number", "acme:more"))
    registry = Registry.installed()
    assert registry.failed == {}
    assert [one.id for one in registry.specs()] == ["acme:more.double", "acme:number.double"]


def test_a_catalogue_is_made_once(zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> None:
    zoo.add("acme-once")
    probed = probes(monkeypatch)
    first = Registry.installed().get("acme-once:number.double")
    second = Registry.installed().get("acme-once:number.double")
    assert probed == ["acme-once"]
    assert first == second


@pytest.mark.parametrize("trouble", ["raises", "hangs"])
def test_a_failure_is_remembered_too(
    zoo: Zoo, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """A plugin that hangs costs its limit once, not at every start."""
    monkeypatch.setattr(catalogues, "IMPORT_LIMIT", 2.0)
    name = f"trouble-{trouble}-again"
    zoo.add(name, nodes=IMPORTS[trouble])
    probed = probes(monkeypatch)
    first = Registry.installed().failed
    second = Registry.installed().failed
    assert probed == [name]
    assert first == second
    # Whatever is installed may be what it lacked: then it is asked again.
    time.sleep(0.01)
    zoo.add("acme-cure")
    assert set(Registry.installed().failed) == {name}
    assert probed.count(name) == 2


def test_an_edited_plugin_is_described_again(zoo: Zoo) -> None:
    code = zoo.add("acme-edit")
    before = Registry.installed().get("acme-edit:number.double")
    (code / "nodes.py").write_text(
        NODES.replace("{namespace}", "acme-edit").replace("Twice the number.", "Two of them.")
    )
    after = Registry.installed().get("acme-edit:number.double")
    assert before is not None
    assert after is not None
    assert after.help == "Two of them."
    assert after.code != before.code


def test_an_edit_of_a_helper_invalidates_who_imports_it_and_nobody_else(zoo: Zoo) -> None:
    """
    nodes ── helper        more (does not import it)
    """
    both = PLUGIN.replace('["{package}.nodes"]', '["{package}.nodes", "{package}.more"]')
    code = zoo.add("acme-help", nodes="from . import helper\n" + NODES, plugin=both)
    (code / "helper.py").write_text("FACTOR = 2\n")
    (code / "more.py").write_text(NODES.replace("{namespace}:number", "acme-help:more"))

    def codes() -> list[str]:
        registry = Registry.installed()
        assert registry.failed == {}
        return [one.code for one in registry.specs()]

    more, number = codes()
    (code / "helper.py").write_text("FACTOR = 3\n")
    more_after, number_after = codes()
    assert more_after == more
    assert number_after != number


@pytest.mark.parametrize("rubbish", ["", "{", "[]", '{"plugin": 1}', "\x00"])
def test_a_damaged_catalogue_is_made_again(zoo: Zoo, rubbish: str) -> None:
    zoo.add("acme-rot")
    Registry.installed()
    (path,) = (cache_dir() / "catalogue").glob("acme-rot-*.json")
    path.write_text(rubbish)
    assert Registry.installed().get("acme-rot:number.double") is not None
    path.unlink()


def test_a_cache_folder_that_cannot_be_written_only_costs_time(
    zoo: Zoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WEFT_CACHE_DIR", str(tmp_path / "file" / "cache"))
    zoo.add("acme-poor")
    assert Registry.installed().get("acme-poor:number.double") is not None


def test_a_node_that_cannot_be_imported_any_more_fails_alone(zoo: Zoo) -> None:
    """The catalogue is there, the code breaks when it is about to run."""
    once = "import os\nif os.environ.get('WEFT_TEST_BREAK'): raise ValueError('no licence')\n"
    zoo.add("acme-late", nodes=once + NODES)
    zoo.add("acme-sound")
    registry = Registry.installed()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEFT_TEST_BREAK", "1")
        with Engine(registry=registry, device="cpu", cache=Cache()) as engine:
            workflow = flow(
                {
                    "late": use("acme-late:number.double", number=1),
                    "sound": use("acme-sound:number.double", number=2),
                }
            )
            outcome = engine.run(workflow, ["late", "sound"])
    assert outcome.values == {"sound.value": 4}
    (error,) = outcome.errors
    assert isinstance(error.__cause__, PluginError)
    assert "acme-late" in str(error)
    assert "no licence" in str(error)


def test_a_gap_in_the_migrations_is_found_when_the_plugin_is_described(zoo: Zoo) -> None:
    gap = NODES.replace('lane="inline"', "version=4") + (
        "\n@double.migrate(1)\ndef _(old):\n    return old\n"
    )
    zoo.add("trouble-gap", nodes=gap)
    assert "no migration from version [2, 3]" in Registry.installed().failed["trouble-gap"]


def test_the_built_in_nodes_come_in_by_the_same_door() -> None:
    """They are declared by an entry point, and the engine imports none of them."""
    points = importlib.metadata.entry_points(group="weft")
    assert any(point.module == "weft_nodes.plugin" for point in points)
    code = "import sys, weft.engine, weft.plan; print([n for n in sys.modules if 'weft_n' in n])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


WEB = (
    PLUGIN
    + """
@weft.hookimpl
def weft_web_assets():
    return weft.WebAssets({folder}, {widgets})
"""
)


def web_plugin(folder: str, **widgets: str) -> str:
    named = {name.replace("_", "/"): module for name, module in widgets.items()}
    return WEB.replace("{folder}", repr(folder)).replace("{widgets}", repr(named))


def test_what_a_plugin_brings_for_the_editor_is_data(zoo: Zoo) -> None:
    (zoo.folder / "acme_web/web").mkdir(parents=True)
    (zoo.folder / "acme_web/web/colour.js").write_text("export default {};")
    zoo.add("acme-web", plugin=web_plugin("acme_web:web", acme_colour="colour.js"))
    for _ in range(2):  # as it is made, and as it is read again
        registry = Registry.installed()
        assert registry.failed == {}
        web = registry.web["acme-web"]
        assert (web.folder, dict(web.widgets)) == ("acme_web:web", {"acme/colour": "colour.js"})
    assert packaged_folder(web.folder) == zoo.folder / "acme_web/web"
    assert not any(name.startswith("acme") for name in sys.modules)
    # Another plugin with a widget of that name is refused, and harms nobody.
    (zoo.folder / "acme_zwei/web").mkdir(parents=True)
    (zoo.folder / "acme_zwei/web/x.js").write_text("")
    zoo.add("acme-zwei", plugin=web_plugin("acme_zwei:web", acme_colour="x.js"))
    registry = Registry.installed()
    assert "'acme/colour' is brought by acme-web and by acme-zwei" in registry.failed["acme-zwei"]
    assert list(registry.web) == ["acme-web"]
    assert [one.id for one in registry.specs()] == ["acme-web:number.double"]


@pytest.mark.parametrize(
    ("folder", "name", "module", "said"),
    [
        ("trouble_web:nowhere", "acme_colour", "colour.js", "no folder"),
        ("trouble.web:web", "acme_colour", "colour.js", "no folder"),
        ("nobody:web", "acme_colour", "colour.js", "no folder"),
        ("trouble_web:web", "acme_colour", "other.js", "no module"),
        ("trouble_web:web", "acme_colour", "colour.css", "no module"),
        ("trouble_web:web", "acme_colour", "../nodes.js", "inside the folder"),
        ("trouble_web:web", "colour", "colour.js", "namespace/name"),
    ],
)
def test_what_it_does_not_bring_is_found_when_it_is_described(
    zoo: Zoo, folder: str, name: str, module: str, said: str
) -> None:
    (zoo.folder / "trouble_web/web").mkdir(parents=True)
    for file in ("colour.js", "colour.css"):
        (zoo.folder / "trouble_web/web" / file).write_text("")
    zoo.add("trouble-web", plugin=web_plugin(folder, **{name: module}))
    assert said in Registry.installed().failed["trouble-web"]
